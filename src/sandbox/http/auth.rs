//! Bearer tokens and what they may do.

use std::str::FromStr;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::ApiError;
use crate::secret::Secret;

/// The scopes of which one is enough, in the order in which the real API names them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope(pub(crate) &'static [&'static str]);

impl Scope {
    pub(crate) const CUSTOMERS_READ: Self = Self(&["customers:read", "customers:write"]);
    pub(crate) const CUSTOMERS_WRITE: Self = Self(&["customers:write"]);
    pub(crate) const MEMBERS_READ: Self = Self(&["members:read", "members:write"]);
    pub(crate) const MEMBERS_WRITE: Self = Self(&["members:write"]);
    pub(crate) const WEBHOOKS_READ: Self = Self(&["webhooks:read", "webhooks:write"]);
    pub(crate) const WEBHOOKS_WRITE: Self = Self(&["webhooks:write"]);
    pub(crate) const ORGANIZATIONS_READ: Self =
        Self(&["organizations:read", "organizations:write"]);
    pub(crate) const EVENTS_READ: Self = Self(&["events:read", "events:write"]);
    pub(crate) const EVENTS_WRITE: Self = Self(&["events:write"]);

    pub(crate) const PRODUCTS_READ: Self = Self(&["products:read", "products:write"]);
    pub(crate) const PRODUCTS_WRITE: Self = Self(&["products:write"]);
    pub(crate) const BENEFITS_READ: Self = Self(&["benefits:read", "benefits:write"]);
    pub(crate) const BENEFITS_WRITE: Self = Self(&["benefits:write"]);
    pub(crate) const KEYS_READ: Self = Self(&["license_keys:read", "license_keys:write"]);
    pub(crate) const KEYS_WRITE: Self = Self(&["license_keys:write"]);
    pub(crate) const DISCOUNTS_READ: Self = Self(&["discounts:read", "discounts:write"]);
    pub(crate) const DISCOUNTS_WRITE: Self = Self(&["discounts:write"]);
    pub(crate) const METERS_READ: Self = Self(&["meters:read", "meters:write"]);
    pub(crate) const METERS_WRITE: Self = Self(&["meters:write"]);
    pub(crate) const CUSTOMER_METERS_READ: Self = Self(&["customer_meters:read"]);
    pub(crate) const SUBSCRIPTIONS_READ: Self =
        Self(&["subscriptions:read", "subscriptions:write"]);
    pub(crate) const SUBSCRIPTIONS_WRITE: Self = Self(&["subscriptions:write"]);
    pub(crate) const CHECKOUTS_READ: Self = Self(&["checkouts:read", "checkouts:write"]);
    pub(crate) const CHECKOUTS_WRITE: Self = Self(&["checkouts:write"]);
    pub(crate) const LINKS_READ: Self = Self(&["checkout_links:read", "checkout_links:write"]);
    pub(crate) const LINKS_WRITE: Self = Self(&["checkout_links:write"]);
    pub(crate) const ORDERS_READ: Self = Self(&["orders:read", "orders:write"]);
    pub(crate) const REFUNDS_READ: Self = Self(&["refunds:read", "refunds:write"]);
    pub(crate) const REFUNDS_WRITE: Self = Self(&["refunds:write"]);
    pub(crate) const SESSIONS_WRITE: Self = Self(&["customer_sessions:write"]);
    /// No token is needed.
    pub(crate) const OPEN: Self = Self(&[]);

    const KNOWN: [&str; 31] = [
        "customers:read",
        "customers:write",
        "members:read",
        "members:write",
        "webhooks:read",
        "webhooks:write",
        "organizations:read",
        "organizations:write",
        "events:read",
        "events:write",
        "products:read",
        "products:write",
        "benefits:read",
        "benefits:write",
        "license_keys:read",
        "license_keys:write",
        "discounts:read",
        "discounts:write",
        "meters:read",
        "meters:write",
        "customer_meters:read",
        "subscriptions:read",
        "subscriptions:write",
        "checkouts:read",
        "checkouts:write",
        "checkout_links:read",
        "checkout_links:write",
        "orders:read",
        "refunds:read",
        "refunds:write",
        "customer_sessions:write",
    ];
}

/// A token that works, and with which scopes; none means all.
#[derive(Debug, Clone)]
pub struct Token {
    value: Secret,
    scopes: Option<Vec<String>>,
}

/// Why a `TOKEN[=scope,scope]` cannot be read. The token itself is not shown.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Nothing stands before the `=`.
    #[error("a token is missing before the scopes")]
    Empty,
    /// A scope that the sandbox does not know.
    #[error("unknown scope `{0}`; known are {known}", known = Scope::KNOWN.join(", "))]
    UnknownScope(String),
}

impl Token {
    /// What a request has to carry.
    pub(crate) fn expose(&self) -> &str {
        self.value.expose()
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let (value, scopes) = match text.split_once('=') {
            Some((value, scopes)) => (value, Some(scopes)),
            None => (text, None),
        };
        if value.is_empty() {
            return Err(TokenError::Empty);
        }
        let scopes = scopes.map(|scopes| {
            scopes.split(',').map(|scope| scope.trim().to_owned()).collect::<Vec<_>>()
        });
        let unknown = scopes.iter().flatten().find(|scope| !Scope::KNOWN.contains(&scope.as_str()));
        match unknown {
            Some(scope) => Err(TokenError::UnknownScope(scope.clone())),
            None => Ok(Self { value: Secret::new(value), scopes }),
        }
    }
}

/// How the tokens of customers' sessions begin.
pub(super) const SESSION: &str = "polar_cst_";

/// Who is asking.
#[derive(Debug, Clone)]
pub(crate) enum Caller<'t> {
    /// No bearer token.
    Anonymous,
    /// The token of a customer's session, which opens the portal and nothing else.
    Customer,
    /// A token that works, and its scopes; none means all.
    Known(Option<&'t [String]>),
}

/// Reads the token. Where no tokens are named, every one works. An unknown one fails at once, on
/// the real API too, before anything else is looked at.
pub(crate) fn caller<'t>(tokens: &'t [Token], headers: &HeaderMap) -> Result<Caller<'t>, ApiError> {
    let Some(given) = bearer(headers) else { return Ok(Caller::Anonymous) };
    if given.starts_with(SESSION) {
        return Ok(Caller::Customer);
    }
    if tokens.is_empty() {
        return Ok(Caller::Known(None));
    }
    match tokens.iter().find(|token| token.expose() == given) {
        Some(token) => Ok(Caller::Known(token.scopes.as_deref())),
        None => Err(ApiError::InvalidToken),
    }
}

/// The bearer token of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (kind, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (kind.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

impl Caller<'_> {
    /// Whether one of the scopes is there.
    pub(crate) fn may(&self, scope: Scope) -> Result<(), ApiError> {
        match self {
            _ if scope.0.is_empty() => Ok(()),
            Self::Anonymous | Self::Customer => Err(ApiError::Unauthorized),
            Self::Known(None) => Ok(()),
            Self::Known(Some(scopes))
                if scopes.iter().any(|own| scope.0.contains(&own.as_str())) =>
            {
                Ok(())
            }
            Self::Known(Some(_)) => Err(ApiError::InsufficientScope(scope)),
        }
    }
}
