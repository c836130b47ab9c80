//! Meters, and what customers have used and have left.

mod body;
mod customer_meters;
mod measure;
mod model;
mod write;

pub(crate) use customer_meters::{CustomerMeter, credit, list as list_customer_meters};
pub(crate) use customer_meters::{active, are_there, refresh, used};
pub(crate) use measure::quantities;
pub(crate) use model::Meter;
pub(crate) use write::{create, list, update};
