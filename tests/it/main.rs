//! All integration tests, in one binary: each folder is a suite that runs the built program, or the
//! library's servers, as users do.

mod app;
mod check;
mod ci;
mod clean;
mod format;
mod hostile;
mod init;
mod intercept;
mod page;
mod readme;
mod remote;
mod run;
mod sandbox;
mod schema;
mod shell;
mod sources;
mod structure;
mod support;
mod targets;
