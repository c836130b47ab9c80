//! How the sandbox behaves.

use std::path::PathBuf;

use serde_json::Value;

use super::fault::Arming;
use super::http::{RateLimit, Token};
use super::webhooks::{OwnEndpoint, Retries};

/// How the sandbox behaves. The default keeps its state in memory, takes any token, limits nothing
/// and delivers webhooks at once.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The file that keeps the state; in memory where there is none.
    pub data: Option<PathBuf>,
    /// The tokens that work; any, where none is named.
    pub tokens: Vec<Token>,
    /// The host names that it answers to beside those of this machine.
    pub hosts: Vec<String>,
    /// How many requests are answered in a minute.
    pub rate_limit: Option<RateLimit>,
    /// What goes wrong from the start.
    pub faults: Vec<Arming>,
    /// Generated webhook secrets sign the legacy way, as before September 2026.
    pub legacy_secrets: bool,
    /// Webhook endpoints that are there from the start.
    pub endpoints: Vec<OwnEndpoint>,
    /// Records that are there from the start: lists of bodies by collection.
    pub seed: Option<Value>,
    /// When failed webhooks are tried again.
    pub retries: Retries,
}
