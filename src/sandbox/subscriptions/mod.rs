//! Subscriptions: what gives access for as long as it runs.

mod cancel;
mod change;
mod create;
mod list;
mod model;
mod update;

pub(crate) use cancel::revoke_all_of;
pub(crate) use create::create;
pub(crate) use list::list;
pub(crate) use model::Subscription;
pub(crate) use update::{revoke, update};
