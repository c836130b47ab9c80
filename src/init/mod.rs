//! What the source of an app says about it: how it is started, where it takes webhooks, how a user
//! signs up, and what in it is seen to break. Reads a [`Tree`] that is handed in; pure.
//!
//! `code` reads a file without its comments, `part` finds calls and blocks in it, `pitfalls` holds
//! the provider's pitfalls to it; `stack` reads manifests, `routes` the routes, and `app` puts
//! together what an app file needs.

mod app;
mod code;
mod part;
mod pitfalls;
mod routes;
mod stack;
mod tree;

pub use app::{App, Known, Step, look};
pub use pitfalls::warnings;
pub use stack::{Auth, Framework};
pub use tree::{Seen, SourceFile, Tree};
