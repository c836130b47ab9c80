//! Checkouts: from the first request to what was bought.

mod body;
mod complete;
mod confirm;
mod control;
mod create;
mod links;
mod list;
mod model;
mod page;
mod update;

pub(crate) use complete::{complete, expire};
pub(crate) use confirm::confirm;
pub(crate) use control::{decline, pay};
pub(crate) use create::{create, secret};
pub(crate) use links::{CheckoutLink, create as create_link, delete as delete_link};
pub(crate) use links::{follow as follow_link, list as list_links, update as update_link};
pub(crate) use list::{get_client, list};
pub(crate) use model::Checkout;
pub(crate) use page::routes;
pub(crate) use update::{update, update_client};
