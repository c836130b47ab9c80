//! What a provider's webhooks say about access.

/// Where webhooks say whether a customer has access.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    /// The key of the status in a record that access stands on.
    pub status: &'static str,
    /// The statuses with which there is access.
    pub active: &'static [&'static str],
    /// What the types of events about such records begin with.
    pub family: &'static str,
    /// The events that end it.
    pub ended: &'static [&'static str],
    /// The key that says that it ends later.
    pub ends_later: &'static str,
    /// Where the log of what the API did stands; it has a customer as it was made.
    pub log: &'static str,
}
