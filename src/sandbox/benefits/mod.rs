//! Benefits, and who has been granted them.

mod body;
mod create;
mod grants;
mod license_keys;
mod list;
mod model;
mod settle;
mod update;

pub(crate) use create::create;
pub(crate) use grants::{Grant, list as list_grants, list_of_benefit};
pub(crate) use license_keys::{activate, get as get_license_key, list as list_license_keys};
pub(crate) use license_keys::{deactivate, validate};
pub(crate) use list::{get, list};
pub(crate) use model::Benefit;
pub(crate) use settle::{customer_deleted, cycle, product_changed, settle, settle_soon};
pub(crate) use update::{delete, update};
