//! Calls to the API's own hosts that arrive in the sandbox: `tieback sandbox -- COMMAND`, and
//! `polar: intercept` in an app file.

mod apps;
mod beside;
mod other;
mod proxy;
#[cfg(target_os = "linux")]
mod runtimes;
