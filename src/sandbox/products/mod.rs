//! Products, with their prices and the benefits they give.

mod attach;
mod body;
mod create;
mod list;
mod model;
mod update;

pub(crate) use attach::attach;
pub(crate) use create::create;
pub(crate) use list::list;
pub(crate) use model::{Amount, Interval, Price, Product};
pub(crate) use update::update;
