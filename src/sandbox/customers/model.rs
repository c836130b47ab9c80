//! A customer as the API shows it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::sandbox::validate::{Address, TaxId};

/// Whether it is one person or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// One person.
    Individual,
    /// Several, with members.
    Team,
}

/// A customer, its keys in the order of the real answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: Uuid,
    pub(crate) created_at: String,
    pub(crate) modified_at: Option<String>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) external_id: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: bool,
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    pub(crate) name: Option<String>,
    billing_name: Option<String>,
    pub(crate) billing_address: Option<Address>,
    pub(crate) tax_id: Option<TaxId>,
    pub(crate) locale: Option<String>,
    pub(crate) organization_id: Uuid,
    default_payment_method_id: Option<Uuid>,
    pub(crate) deleted_at: Option<String>,
    first_user_event_at: Option<String>,
    avatar_url: String,
}

impl Customer {
    /// A customer of whom nothing is known but these.
    pub(crate) fn new(id: Uuid, created_at: String, organization_id: Uuid, kind: Kind) -> Self {
        Self {
            id,
            created_at,
            modified_at: None,
            metadata: Map::new(),
            external_id: None,
            email: None,
            email_verified: false,
            kind,
            name: None,
            billing_name: None,
            billing_address: None,
            tax_id: None,
            locale: None,
            organization_id,
            default_payment_method_id: None,
            deleted_at: None,
            first_user_event_at: None,
            avatar_url: String::new(),
        }
    }

    /// The document, with what follows from other fields brought up to date: the name on bills is
    /// the name, and the picture hangs on the e-mail.
    pub(crate) fn document(&mut self) -> Result<String, serde_json::Error> {
        self.billing_name.clone_from(&self.name);
        if let Some(email) = &self.email {
            self.avatar_url = avatar(email);
        }
        serde_json::to_string(self)
    }

    /// A team without an e-mail of its own is shown with its owner's picture. Returns whether that
    /// changes it.
    pub(crate) fn set_owner(&mut self, email: &str) -> bool {
        let avatar_url = avatar(email);
        let changes = self.email.is_none() && self.avatar_url != avatar_url;
        if changes {
            self.avatar_url = avatar_url;
        }
        changes
    }
}

fn avatar(email: &str) -> String {
    let hash = hex(&Sha256::digest(email.to_lowercase()));
    format!("https://www.gravatar.com/avatar/{hash}?d=404")
}

/// A digest as Python's `hexdigest` writes it.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| char::from(DIGITS[usize::from(nibble)]))
        .collect()
}
