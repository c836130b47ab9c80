//! What a request asks for: its path and its query, taken apart once, so that ids are compared
//! whole.

use percent_encoding::percent_decode_str;
use url::form_urlencoded;

use super::near::letters;
use crate::provider::Customer;

/// A path with its query, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    segments: Vec<String>,
    query: Vec<(String, String)>,
}

impl Place {
    /// Takes `path` apart: `/v1/customers/?email=a%40b.c`.
    pub(super) fn of(path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        Self {
            segments: segments
                .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
                .collect(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        }
    }

    /// Whether two requests go to the same path.
    pub(super) fn is_at(&self, other: &Self) -> bool {
        self.segments == other.segments
    }

    /// What follows behind the path of a collection, where it does.
    pub(super) fn below(&self, collection: &Self) -> Option<&[String]> {
        self.segments.strip_prefix(collection.segments.as_slice())
    }

    /// The keys by which this asks for records of `collection`, with their values; empty where it
    /// asks for any.
    pub(super) fn asks(&self, collection: &Self, fields: &Customer) -> Vec<Asked<'_>> {
        let asked = |key, value| vec![Asked { key, value }];
        match self.below(collection) {
            None => Vec::new(),
            Some([by, id, ..]) if by == fields.by_external_id => asked(Key::ExternalId, id),
            Some([id, ..]) => asked(Key::Id, id),
            Some([]) => {
                let pairs = self.query.iter();
                pairs.filter_map(|(name, value)| Asked::of_query(name, value, fields)).collect()
            }
        }
    }

    /// Whether this is a record of `collection` itself, and not something below it, such as its
    /// state.
    pub(super) fn is_a_record(&self, collection: &Self, fields: &Customer) -> bool {
        match self.below(collection) {
            Some([by, _]) => by == fields.by_external_id,
            Some([id]) => id != fields.by_external_id,
            _ => false,
        }
    }
}

/// A key by which records are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key<'a> {
    /// The API's own id.
    Id,
    ExternalId,
    Email,
    /// A part of a name or of an e-mail, or the beginning of an external ID.
    Search,
    /// A value in the metadata, under this key.
    Metadata(&'a str),
}

impl Key<'_> {
    /// As people call it.
    pub(super) fn name(self, fields: &Customer) -> String {
        match self {
            Self::Id => fields.id.to_owned(),
            Self::ExternalId => fields.external_id.to_owned(),
            Self::Email => "e-mail".to_owned(),
            Self::Search => "search term".to_owned(),
            Self::Metadata(key) => format!("{} `{key}`", fields.metadata),
        }
    }
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    pub(super) key: Key<'a>,
    pub(super) value: &'a str,
}

impl<'a> Asked<'a> {
    fn of_query(name: &'a str, value: &'a str, fields: &Customer) -> Option<Self> {
        let key = if [fields.id, fields.reference].contains(&name) {
            Key::Id
        } else if letters(name) == letters(fields.external_id) || name == fields.external_reference
        {
            Key::ExternalId
        } else if name == fields.email {
            Key::Email
        } else if fields.search.contains(&name) {
            Key::Search
        } else {
            let inner = name.strip_prefix(fields.metadata)?.strip_prefix('[')?;
            Key::Metadata(inner.strip_suffix(']')?)
        };
        (!value.is_empty()).then_some(Self { key, value })
    }

    /// Whether a record with `text` under `key` is what is looked for: ids are compared whole and
    /// letter by letter, addresses whole and without case, and a search finds parts.
    pub(super) fn is_met_by(&self, key: &str, text: &str, fields: &Customer) -> bool {
        let (value, lower) = (self.value, |text: &str| text.trim().to_lowercase());
        let is_external_id = key == fields.external_id;
        match self.key {
            // Spaces around one are cut off when it is stored.
            Key::ExternalId => is_external_id && (text == value || text.trim() == value),
            Key::Email => key == fields.email && lower(text) == lower(value),
            Key::Search if is_external_id => lower(text).starts_with(&lower(value)),
            Key::Search => {
                [fields.email, fields.name].contains(&key) && lower(text).contains(&lower(value))
            }
            Key::Id | Key::Metadata(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::POLAR;

    fn asks(path: &str) -> Vec<(String, String)> {
        let place = Place::of(path);
        let asked = place.asks(&Place::of("/v1/customers/"), &POLAR.customer);
        asked
            .into_iter()
            .map(|asked| (asked.key.name(&POLAR.customer), asked.value.to_owned()))
            .collect()
    }

    #[test]
    fn a_path_is_asked_for_one_key_and_a_query_for_several() {
        let one = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
        assert_eq!(asks("/v1/customers/a1"), one("id", "a1"));
        assert_eq!(asks("/v1/customers/a1/state"), one("id", "a1"));
        assert_eq!(asks("/v1/customers/external/b%2Fa1/"), one("external_id", "b/a1"));
        assert_eq!(asks("/v1/customers?email=a%2Bb%40c.d"), one("e-mail", "a+b@c.d"));
        assert_eq!(
            asks("/v1/customers/?metadata[user_id]=x&limit=1"),
            one("metadata `user_id`", "x")
        );
        assert_eq!(asks("/v1/customers/?query=x&external_id=y").len(), 2);
        for other in [
            "/v1/customers/",
            "/v1/customersx/a",
            "/v1/members/a",
            "/v1",
            "/v1/customers/?limit=1",
            "",
        ] {
            assert!(asks(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn a_record_is_told_from_what_lies_below_it() {
        let customers = Place::of("/v1/customers");
        let is = |path: &str| Place::of(path).is_a_record(&customers, &POLAR.customer);
        assert!(is("/v1/customers/a") && is("/v1/customers/external/a/"));
        assert!(!is("/v1/customers/a/state") && !is("/v1/customers/external/a/state"));
        assert!(!is("/v1/customers/") && !is("/v1/customers/external") && !is("/v1/members/a"));
    }
}
