//! Asking for metadata in SQL.

/// A clause that holds where a key has one of several values, compared as text: true is `true`, 3
/// is `3`. Its question marks stand for the key and then the values; `path` is where in the JSON of
/// `column` the metadata is.
pub(crate) fn metadata_is(column: &str, path: &str, values: usize) -> String {
    let slots = vec!["?"; values].join(", ");
    format!(
        "EXISTS (SELECT 1 FROM json_each({column}, '{path}') WHERE key = ? AND CASE type WHEN \
         'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(value AS TEXT) END IN ({slots}))"
    )
}
