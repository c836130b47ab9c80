//! tieback.

pub mod cli;
pub mod event;
pub mod exit;
pub mod report;
pub mod sandbox;
pub mod scenario;
pub mod secret;
pub mod webhook;
