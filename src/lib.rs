//! tieback.

pub mod cli;
pub mod diagnose;
pub mod engine;
pub mod event;
pub mod evidence;
pub mod exit;
pub mod http;
pub mod plan;
pub mod polar;
pub mod printable;
pub mod report;
pub mod sandbox;
pub mod scenario;
pub mod secret;
pub mod variables;
pub mod webhook;
