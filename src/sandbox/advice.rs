//! What the real API takes without a word, and what breaks in production all the same.

use std::fmt;

use uuid::Uuid;

/// Something that an app did and that will cost it a customer's mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// A customer was made that no user of the app is tied to.
    WithoutExternalId {
        /// Its id.
        customer: Uuid,
    },
    /// The external id of a customer came in a call after the one that made it.
    SecondCall {
        /// Its id.
        customer: Uuid,
    },
}

impl Advice {
    /// Its name for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::WithoutExternalId { .. } => "customer_without_external_id",
            Self::SecondCall { .. } => "external_id_in_second_call",
        }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WithoutExternalId { customer } => write!(
                formatter,
                "customer {customer} has no external_id, so nothing ties it to your user: send \
                 external_id when you make a customer, or external_customer_id with a checkout"
            ),
            Self::SecondCall { customer } => write!(
                formatter,
                "customer {customer} got its external_id in a second call: customer.created went \
                 out without it, and where that call fails it stays so; send it with the first"
            ),
        }
    }
}
