//! Members: the people behind a customer, an owner first.

mod add;
mod change;
mod model;
mod owner;
mod read;
mod store;

pub(crate) use add::{add, add_to, add_to_external};
pub(crate) use change::{delete, update};
pub(crate) use model::Member;
pub(crate) use owner::{Owner, delete_all_of, owner_of, sync_owner_email};
pub(crate) use read::{get, list};
pub(crate) use store::{Lookup, NewMember, owner_id, shown};
