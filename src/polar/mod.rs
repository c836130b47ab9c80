//! What is special about Polar as a target.

pub mod keys;
pub mod live;
