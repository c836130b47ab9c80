//! A member as the API shows it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// There is exactly one.
    Owner,
    /// Pays.
    BillingManager,
    /// All others.
    Member,
}

impl Role {
    /// All, in the order in which the real API lists them.
    pub(crate) const NAMES: [&str; 3] = ["owner", "billing_manager", "member"];

    /// The role of that name.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "owner" => Self::Owner,
            "billing_manager" => Self::BillingManager,
            _ => Self::Member,
        }
    }

    /// The name in answers.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::BillingManager => "billing_manager",
            Self::Member => "member",
        }
    }
}

/// A member, its keys in the order of the real answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) id: Uuid,
    pub(crate) created_at: String,
    pub(crate) modified_at: Option<String>,
    pub(crate) customer_id: Uuid,
    pub(crate) email: String,
    pub(crate) name: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) role: Role,
}
