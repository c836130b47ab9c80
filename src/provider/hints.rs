//! Advice that is about one provider. The rest of the advice is written where a cause is found.

/// What to try, in whole sentences.
#[derive(Debug, Clone, Copy)]
pub struct Hints {
    /// A deletion's webhook carries no external ID.
    pub deleted_without_external_id: &'static str,
    /// An address is refused because its domain takes no mail; with the words that say so.
    pub refused_domain: (&'static str, &'static str),
    /// The words by which the API says that a value is taken.
    pub taken: &'static str,
    /// The API ignores keys that it does not know.
    pub unknown_keys: &'static str,
    /// What the API does with the spaces around an external ID.
    pub outer_spaces: &'static str,
    /// For the app: an external ID that is set cannot be changed.
    pub set_once: &'static str,
    /// For the target: the same.
    pub keep_external_id: &'static str,
    /// For the target: no two customers have the same external ID.
    pub unique_external_id: &'static str,
    /// For the target: no two customers have the same e-mail.
    pub unique_email: &'static str,
    /// For the app under test.
    pub app: AppHints,
}

/// What an app is to do with webhooks, in whole sentences.
#[derive(Debug, Clone, Copy)]
pub struct AppHints {
    /// Where a webhook has its user.
    pub untied: &'static str,
    /// Which events give access.
    pub grant: &'static str,
    /// A cancellation is not an end.
    pub keep_until_ended: &'static str,
    /// Which events end access.
    pub end: &'static str,
    /// A record may not be paid for.
    pub only_active: &'static str,
    /// How new secrets make a key.
    pub standard_key: &'static str,
    /// How older secrets do.
    pub legacy_key: &'static str,
}
