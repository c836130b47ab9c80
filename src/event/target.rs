//! What is tested, and where its webhooks are read.

use serde::Serialize;

use super::named::named;

/// The API under test.
#[derive(Debug, Clone, Serialize)]
pub struct Target {
    /// Where paths are appended, without a trailing slash.
    pub base_url: String,
    /// What sort of target it is.
    pub kind: TargetKind,
    /// Where webhooks are read.
    pub events: EventSource,
}

named! {
    /// What sort of target a base URL turned out to be.
    pub enum TargetKind {
        /// The sandbox inside this process.
        Embedded = "embedded",
        /// Something on this machine.
        Loopback = "loopback",
        /// A remote API that says it is a sandbox.
        Sandbox = "sandbox",
        /// A live Polar.
        Production = "production",
        /// Anything else.
        Other = "other",
    }
}

named! {
    /// Where webhooks are read, in reports and on the command line.
    #[derive(clap::ValueEnum)]
    pub enum EventSource {
        /// A webhook endpoint that points at a listener of this run
        Listener = "listener",
        /// The API's stream of server-sent events: real webhooks, and no tunnel
        Stream = "stream",
        /// The API's log of what it tried to send to an endpoint without a server; not signed
        Deliveries = "deliveries",
        /// Nowhere: event steps are skipped
        None = "none",
    }
}
