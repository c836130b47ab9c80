//! Headers and bodies of what passed between.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::LONGEST_TEXT;

/// What is shown of the headers of a message, and of its body, in bytes.
pub const KEPT: usize = LONGEST_TEXT;
/// The same for a step that passed.
pub const KEPT_PASSED: usize = 2_000;

/// What stands for the rest of what was cut.
pub const CUT: &str = "…";

/// The headers of a message: names in lower case, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// Leaves out what goes beyond `limit` bytes. Values are left out whole: a secret across a cut
    /// would not be found.
    pub fn cut(&mut self, limit: usize) {
        let mut used = 0;
        self.0.retain_mut(|(name, value)| {
            if used + name.len() + value.len() > limit {
                CUT.clone_into(value);
            }
            used += name.len() + value.len();
            used <= limit
        });
    }

    /// What they take, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// An object; the values of a name that came several times are joined by commas.
impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serde_json::Map::<String, Value>::new();
        for (name, value) in &self.0 {
            match all.get_mut(name) {
                Some(Value::String(known)) => *known = format!("{known}, {value}"),
                _ => drop(all.insert(name.clone(), Value::from(value.as_str()))),
            }
        }
        all.serialize(serializer)
    }
}

/// A body, as text. Where it was cut, reporters end it in `…`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// All of it, or its beginning.
    pub text: String,
    /// Whether it is only the beginning.
    pub cut: bool,
}

impl Body {
    /// What is kept of `bytes`: more than is shown, see [`LONGEST_TEXT`].
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let kept = &bytes[..bytes.len().min(2 * KEPT)];
        Self { text: String::from_utf8_lossy(kept).into_owned(), cut: kept.len() < bytes.len() }
    }

    /// Its first `limit` bytes.
    pub fn cut(&mut self, limit: usize) {
        if self.text.len() > limit {
            self.text.truncate(self.text.floor_char_boundary(limit));
            self.text.shrink_to_fit();
            self.cut = true;
        }
    }

    /// The list or the object that it is, where it is one and whole.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        let begins = self.text.trim_start().starts_with(['{', '[']);
        (begins && !self.cut).then(|| serde_json::from_str(&self.text).ok()).flatten()
    }
}

/// JSON as JSON, anything else as text.
impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.json() {
            Some(value) => value.serialize(serializer),
            None => serializer.serialize_str(&self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        Headers(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn a_body_is_json_where_it_is_whole() {
        let json = |body: &Body| serde_json::to_value(body).unwrap();
        assert_eq!(json(&Body::of(b" {\"a\": [1]}")), json!({ "a": [1] }));
        for text in ["", "7", "\"a\"", "{\"a\":", "<html>", "{} {}"] {
            assert_eq!(json(&Body::of(text.as_bytes())), json!(text));
        }
        let mut cut = Body::of(b"[1, 2]");
        cut.cut(3);
        assert_eq!((json(&cut), cut.cut), (json!("[1,"), true));
        let long = Body::of(&vec![b'x'; 3 * KEPT]);
        assert_eq!((long.text.len(), long.cut), (2 * KEPT, true));
        let mut wide = Body::of("ééé".as_bytes());
        wide.cut(3);
        assert_eq!(wide.text, "é");
    }

    #[test]
    fn headers_are_one_object_within_a_bound() {
        let mut all = headers(&[("a", "1"), ("vary", "x"), ("vary", "y"), ("long", "0123456789")]);
        let object = serde_json::to_value(&all).unwrap();
        assert_eq!(object, json!({ "a": "1", "vary": "x, y", "long": "0123456789" }));
        all.cut(20);
        assert_eq!(all, headers(&[("a", "1"), ("vary", "x"), ("vary", "y"), ("long", CUT)]));
        all.cut(8);
        assert_eq!(all, headers(&[("a", "1"), ("vary", "x")]));
    }
}
