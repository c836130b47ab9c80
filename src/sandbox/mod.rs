//! The stateful sandbox.
