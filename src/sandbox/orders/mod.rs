//! Orders: what was bought and paid, and what was paid back.

mod list;
mod make;
mod model;
mod refunds;

pub(crate) use list::{list, of_portal, one_of_portal};
pub(crate) use make::{Reason, make, paid, settle_fee};
pub(crate) use model::Order;
pub(crate) use refunds::{create as refund, list as list_refunds};
