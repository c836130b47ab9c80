//! Calls to the API's own hosts that arrive in the sandbox: `tieback sandbox -- COMMAND`, and
//! `polar: intercept` in an app file.

mod app;
mod beside;
mod proxy;
