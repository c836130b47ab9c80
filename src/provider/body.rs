//! The keys that a provider reads in request bodies.

/// A name with the keys that belong to it.
pub type Fields = (&'static str, &'static [&'static str]);

/// What is known of request bodies.
#[derive(Debug, Clone, Copy)]
pub struct Bodies {
    /// The keys of records, by the last word of the path of their collection.
    pub records: &'static [Fields],
    /// The keys of records inside of others, by the key that holds them.
    pub inner: &'static [Fields],
    /// What people write in place of a key, without `_` and capitals. Of several keys the first
    /// that the record has is meant.
    pub often_meant: &'static [Fields],
    /// The last words of paths to which a POST makes nothing that stays, or nothing that can be
    /// deleted.
    pub not_kept: &'static [&'static str],
}
