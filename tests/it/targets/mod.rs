//! Targets as people have them: behind a gate, in a container, not up yet, with an endpoint of
//! their own.

mod containers;
mod endpoint;
mod environment;
mod headers;
mod waiting;
