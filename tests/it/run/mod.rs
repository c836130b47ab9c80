//! `tieback run`, the built program, against servers that break in every way there is to break, and
//! against servers that are merely odd. It has to see every break, name it, and never cry wolf.

mod before;
mod blame;
mod connections;
mod cuts;
mod forgotten;
mod headers;
mod limits;
mod listener;
mod matrix;
mod options;
mod ownership;
mod panics;
mod production;
#[allow(dead_code)] // Shared with the tests of hostile targets, which use the rest of it.
pub(crate) mod program;
mod readers;
mod reports;
mod secrets;
#[allow(dead_code, unused_imports)] // The same.
pub(crate) mod server;
mod signals;
mod steps;
mod undo;
mod urls;
