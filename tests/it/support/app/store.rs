//! What the app knows: its users, and what it was told of them.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::faults::Way;

/// A user of the app.
#[derive(Debug, Clone, Default)]
pub struct User {
    pub id: String,
    pub email: String,
    pub token: String,
    pub customer: Option<String>,
    /// By id: whether it gives access, and when that was so.
    pub subscriptions: HashMap<String, (bool, String)>,
    pub grants: HashMap<String, (bool, String)>,
    pub state: Option<(bool, String)>,
    pub credits: u64,
    pub orders: HashSet<String>,
    pub toggled: bool,
    pub ended: bool,
    pub deleted: bool,
}

/// Everything.
#[derive(Debug, Default)]
pub struct Store {
    pub users: Vec<User>,
    pub seen: HashSet<String>,
    /// Webhooks of customers that are not known yet.
    pub kept: Vec<Value>,
    pub looks: u64,
    /// How many ids were given, where they are numbers.
    pub numbers: u64,
}

impl User {
    pub fn has_access(&self, way: Way) -> bool {
        if way == Way::AccessFromTheStart {
            return true;
        }
        if self.deleted {
            return false;
        }
        if way == Way::TogglesOnCopies && self.toggled {
            return false;
        }
        let any = |all: &HashMap<String, (bool, String)>| all.values().any(|(on, _)| *on);
        match way {
            Way::GrantsOnly => any(&self.grants),
            Way::StateOnly => self.state.as_ref().is_some_and(|(on, _)| *on),
            Way::NeverGrants => false,
            _ => any(&self.subscriptions),
        }
    }

    /// What `GET /api/subscription` says.
    pub fn shown(&self, way: Way, looks: u64) -> Value {
        let plan = if self.has_access(way) { "pro" } else { "free" };
        let mut shown = json!({
            "plan": plan,
            "credits": self.credits,
            "orders": self.orders.len(),
            "known": self.subscriptions.len() + self.grants.len(),
        });
        if way == Way::ChangingState {
            shown["updated_at"] = json!(format!("{looks}"));
            shown["meta"] = json!({ "updated_at": looks });
        }
        if way == Way::StoresNothing {
            shown = json!({ "plan": "free" });
        }
        shown
    }
}
