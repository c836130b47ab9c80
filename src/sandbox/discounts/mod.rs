//! Discounts, as checkouts take them.

mod body;
mod model;
mod write;

pub(crate) use model::Discount;
pub(crate) use write::{create, delete, list, update};
