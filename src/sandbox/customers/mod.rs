//! Customers: the heart of the sandbox.

mod create;
mod delete;
mod export;
mod list;
mod model;
mod read;
mod state;
mod store;
mod update;
mod verify;

pub(crate) use create::{NewBuyer, add_buyer, create, organization_refused};
pub(crate) use delete::{delete, delete_external};
pub(crate) use list::list;
pub(crate) use model::{Customer, Kind};
pub(crate) use read::{
    get, get_external, payment_methods, payment_methods_external, state, state_external,
};
pub(crate) use state::{refresh_state, state_changes, state_of, store_state, user};
pub(crate) use store::{By, and_external, document, find, save, shown, with_email};
pub(crate) use update::{update, update_external};
pub(crate) use verify::verify;
