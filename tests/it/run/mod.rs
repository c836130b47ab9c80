//! `tieback run`, the built program, against servers that break in every way there is to break, and
//! against servers that are merely odd. It has to see every break, name it, and never cry wolf.

mod before;
mod blame;
mod connections;
mod cuts;
mod forgotten;
mod github;
mod headers;
mod limits;
mod listener;
mod matrix;
mod options;
mod ownership;
mod panics;
mod passed_between;
mod production;
mod readers;
mod reports;
mod secrets;
mod selection;
mod selling;
mod signals;
mod steps;
mod terminal;
mod times;
mod undo;
mod urls;
