//! `tieback clean`, the built program, against an API that shares no code with it: what earlier runs left
//! goes, whatever else is there stays, and nothing is done that nobody asked for.

mod confirmation;
mod interruption;
mod lies;
mod output;
mod paging;
mod program;
mod refusals;
mod removal;
mod server;
mod whole;
