//! `tieback run`, the built program, against targets that mean harm and against strangers at its
//! listener. Whatever they do, a run ends in time, in little memory, with the verdict that it owes;
//! it prints nothing that a terminal acts on and no secret, and leaves nothing behind without
//! saying so.

mod commands;
mod compressed;
mod cut;
mod framing;
mod heads;
mod json;
mod listener;
mod log;
mod memory;
mod printed;
mod redirects;
mod row;
mod signatures;
mod stream;
