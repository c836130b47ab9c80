//! The HTTP client: connections to one origin, with every way an exchange can go
//! wrong turned into a [`Failure`] that says what happened.
//!
//! Safety rules that hold for every request are kept here and nowhere else: the token goes to the
//! target's own origin only, redirects are followed only where they repeat the request within that
//! origin (307 and 308), bodies are read up to a limit, proxies are never used for loopback. So is
//! the target's rate limit.

mod base;
mod challenge;
mod client;
mod decode;
mod denial;
mod failure;
mod front;
pub mod json;
mod limit;
mod markup;
mod message;
mod pools;
pub mod reasons;
mod roots;
mod streaming;

pub use base::{BaseUrl, BaseUrlError, encode, is_loopback};
pub use challenge::Challenge;
pub use client::{Client, ClientOptions, Next};
pub use failure::{Failure, FailureKind, MAX_BODY};
pub use limit::RateLimitPolicy;
pub use message::{BadHeader, Request, Response, header};
pub use reqwest::header::HeaderMap;
pub use roots::{ExtraRoots, ExtraRootsError};
pub use streaming::Streaming;
