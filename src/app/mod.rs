//! The app under test: starting it, running the programs of its app file, and finding where it
//! takes webhooks.
//!
//! `process` is the app as a process group of its own, `foreground` a program that takes this one's
//! place at the `terminal`, `exec` one program whose output is JSON; each is a `group`, which a
//! `guard` ends where this process cannot. `output` is what a program has printed last, `handler`
//! the search for the webhook handler.

mod exec;
mod foreground;
mod group;
#[cfg(unix)]
mod guard;
mod handler;
mod output;
mod process;
#[cfg(unix)]
mod terminal;

pub use exec::run as exec;
pub use foreground::{Foreground, exit_code};
pub use handler::{Found, find};
pub use process::{NotReady, Process};
