//! The app under test: starting it, running the programs of its app file, and finding where it
//! takes webhooks.
//!
//! `process` is the app as a process group of its own, `exec` one program whose output is JSON,
//! `output` what either has printed last, `handler` the search for the webhook handler.

mod exec;
mod handler;
mod output;
mod process;

pub use exec::run as exec;
pub use handler::{Found, find};
pub use process::{NotReady, Process};
