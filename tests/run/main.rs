//! `tieback run`, the built program, against servers that break in every way there is to break, and
//! against servers that are merely odd. It has to see every break, name it, and never cry wolf.

mod matrix;
mod program;
mod server;
