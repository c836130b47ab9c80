//! What is special about Polar as a target.

pub mod live;
