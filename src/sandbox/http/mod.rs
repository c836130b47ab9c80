//! What every request goes through, whatever it asks for: guards, authentication, the way in and
//! the shape of answers.

mod auth;
mod call;
mod cors;
mod front;
mod limit;
mod problem;
mod reply;

pub(crate) use auth::Scope;
pub use auth::{Token, TokenError};
pub(crate) use call::{Call, api, api_without_body, without_nul};
pub(crate) use front::{front, is_loopback_name};
pub(crate) use limit::Limiter;
pub use limit::{RateLimit, RateLimitError};
pub(crate) use problem::Problem;
pub(crate) use reply::{
    Row, created, empty, json_text, json_value, listed, passed_on, rendered, route_not_found,
};
