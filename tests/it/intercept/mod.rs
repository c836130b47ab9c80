//! Calls to the API's own hosts that arrive in the sandbox: `tieback sandbox -- COMMAND`, and
//! `polar: intercept` in an app file.

mod app;
mod beside;
mod examples;
#[cfg(target_os = "linux")]
mod other;
mod proxy;
#[cfg(target_os = "linux")]
mod runtimes;
