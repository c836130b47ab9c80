//! Paths of checks.

/// The last key of a path, indexes left out.
pub(super) fn last_key(path: &str) -> &str {
    path.rsplit('.').find(|key| key.parse::<usize>().is_err()).unwrap_or(path)
}

/// The key of a record that a path leads to: `external_id` for `body.external_id` and for
/// `body.items.0.external_id` with `items` as the key of lists. `None` for what lies deeper.
pub(super) fn record_key<'a>(path: &'a str, items: &str) -> Option<&'a str> {
    let path = path.strip_prefix("body.")?;
    let within = path
        .strip_prefix(items)
        .and_then(|rest| rest.strip_prefix('.'))
        .and_then(|rest| rest.split_once('.'));
    let key =
        within.filter(|(index, _)| index.parse::<usize>().is_ok()).map_or(path, |(_, key)| key);
    (!key.contains('.')).then_some(key)
}
