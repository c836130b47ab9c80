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
}
