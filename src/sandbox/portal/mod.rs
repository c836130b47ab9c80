//! The customer portal: sessions, what a customer sees and may do with one, and a page for it.

mod customer;
mod page;
mod sessions;

pub(crate) use customer::{cancel, grants, me, meter, meters, revoke, subscription, subscriptions};
pub(crate) use page::routes;
pub(crate) use sessions::{create as create_session, open_session};
