//! Subscriptions: what gives access for as long as it runs.

mod cancel;
mod change;
mod create;
mod cycle;
mod list;
mod model;
mod update;

pub(crate) use cancel::{by_customer as cancel, revoke_all_of};
pub(crate) use create::{create, start};
pub(crate) use cycle::{charge, cycle, upgrade};
pub(crate) use list::{list, select};
pub(crate) use model::Subscription;
pub(crate) use update::{apply, read_update, revoke, update};
