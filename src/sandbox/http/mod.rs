//! What every request goes through, whatever it asks for: guards, authentication, the way in and
//! the shape of answers.

mod api_error;
mod auth;
mod call;
mod cors;
mod front;
mod html;
mod later;
mod limit;
mod path;
mod reply;

pub(crate) use api_error::ApiError;
pub(crate) use auth::Scope;
pub use auth::{Token, TokenError};
pub(crate) use call::{Call, Internal, without_nul};
pub(crate) use front::{VERSIONS, front, is_loopback_name};
pub(crate) use html::{error_page, escape, form, money, page, see_other};
pub(crate) use later::{DEFAULT_VERSION, add_later_fields};
pub(crate) use limit::Limiter;
pub use limit::{RateLimit, RateLimitError};
pub(crate) use path::{Path, path};
pub(crate) use reply::{
    created, empty, json_text, json_value, listed, listed_docs, passed_on, rendered,
    route_not_found,
};
