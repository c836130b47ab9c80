//! A meter as the API shows it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::sandbox::record::Record;

/// A meter, its keys in the order of the real answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Meter {
    pub(crate) metadata: Map<String, Value>,
    pub(crate) created_at: String,
    pub(crate) modified_at: Option<String>,
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) custom_label: Option<String>,
    pub(crate) custom_multiplier: Option<i64>,
    pub(crate) filter: Filter,
    pub(crate) aggregation: Aggregation,
    pub(crate) organization_id: Uuid,
    pub(crate) archived_at: Option<String>,
}

impl Record for Meter {
    const TABLE: &'static str = "meter";

    fn id(&self) -> Uuid {
        self.id
    }
}

/// Which events count.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Filter {
    pub(crate) conjunction: String,
    pub(crate) clauses: Vec<Clause>,
}

/// A condition, or several.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Clause {
    /// About one property.
    One { property: String, operator: String, value: Value },
    /// Several, joined.
    Several(Filter),
}

/// How events become a quantity.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Aggregation {
    pub(crate) func: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) property: Option<String>,
}
