//! What every suite runs the program with, and what it runs against.

pub mod app;
pub mod program;
pub mod refusing;
pub mod report_schema;
pub mod rows;
pub mod running;
pub mod server;
