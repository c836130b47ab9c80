//! A benefit as the API shows it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::sandbox::record::Record;

/// A benefit, its keys in the order of the real answers.
#[expect(clippy::struct_excessive_bools, reason = "the API's own fields")]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Benefit {
    pub(crate) id: Uuid,
    pub(crate) created_at: String,
    pub(crate) modified_at: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) description: String,
    pub(crate) selectable: bool,
    pub(crate) deletable: bool,
    pub(crate) is_deleted: bool,
    pub(crate) organization_id: Uuid,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) visibility: String,
    pub(crate) properties: Map<String, Value>,
    /// Custom benefits alone have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_tax_applicable: Option<bool>,
    pub(crate) visibility_configurable: bool,
}

impl Record for Benefit {
    const TABLE: &'static str = "benefit";

    fn id(&self) -> Uuid {
        self.id
    }
}

impl Benefit {
    /// What buyers see of it.
    pub(crate) fn for_buyers(&self) -> Value {
        let mut shown = json!({
            "id": self.id,
            "created_at": self.created_at,
            "modified_at": self.modified_at,
            "type": self.kind,
            "description": self.description,
            "selectable": self.selectable,
            "deletable": self.deletable,
            "is_deleted": self.is_deleted,
            "organization_id": self.organization_id,
        });
        if self.kind == "meter_credit" {
            shown["properties"] = json!(self.properties);
        }
        shown
    }

    /// A property that names a record.
    pub(crate) fn names(&self, property: &str) -> Option<Uuid> {
        self.properties.get(property)?.as_str()?.parse().ok()
    }
}
