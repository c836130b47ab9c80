//! What earlier runs left at a target, because they were killed or run with `--keep`: customers
//! that carry the mark of a run and webhook endpoints that have the name of one. `record` knows
//! them, `find` pages through everything there is, `remove` deletes one that is still what it was,
//! and `caller` sends, until the user interrupts.

mod caller;
mod find;
mod record;
mod remove;

pub use caller::Caller;
pub use find::{Found, Incomplete, find};
pub use record::{Kind, Leftover};
pub use remove::{Stays, remove};
