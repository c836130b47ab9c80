//! Reading an answer to find what it is about, also where no check would accept it: behind a byte
//! order mark, with half a surrogate, in an envelope. Only clean-up reads like this.

use serde_json::{Deserializer, Value as Json};

/// The longest body that is read a second time, in bytes.
const LONGEST: usize = 1024 * 1024;

/// How deep a record may stand in an envelope.
const DEEPEST: usize = 3;

/// The first JSON value in a body, however it is wrapped.
pub(super) fn read(body: &[u8]) -> Option<Json> {
    if body.len() > LONGEST {
        return None;
    }
    let text = String::from_utf8_lossy(body);
    let text = with_whole_surrogates(&text[text.find(['{', '['])?..]);
    Deserializer::from_str(&text).into_iter().next()?.ok()
}

/// Every escape of a lone surrogate replaced: it stands for no character.
fn with_whole_surrogates(text: &str) -> String {
    let code = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        whole.push_str(&rest[..at]);
        rest = &rest[at..];
        let follows = || rest.get(6..).and_then(code);
        let length = match code(rest) {
            Some(0xd800..=0xdbff) if matches!(follows(), Some(0xdc00..=0xdfff)) => 12,
            Some(0xd800..=0xdfff) => {
                whole.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            // An escaped backslash takes the next character with it.
            _ => rest.chars().take(2).map(char::len_utf8).sum(),
        };
        whole.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    whole.push_str(rest);
    whole
}

/// The records in an answer: objects with an id, out of envelopes and lists, not those within
/// another.
pub(super) fn records<'a>(answer: &'a Json, id_key: &str) -> Vec<&'a Json> {
    let mut found = Vec::new();
    collect(answer, id_key, DEEPEST, &mut found);
    found
}

fn collect<'a>(value: &'a Json, id_key: &str, depth: usize, found: &mut Vec<&'a Json>) {
    let id = |value: &Json| id(value, id_key);
    match value {
        // The id of an envelope is that of a request; the record in it says who it is about.
        Json::Object(entries)
            if id(value).is_some() && entries.get("data").and_then(id).is_none() =>
        {
            found.push(value);
        }
        Json::Object(entries) if depth > 0 => {
            entries.values().for_each(|each| collect(each, id_key, depth - 1, found));
        }
        Json::Array(items) if depth > 0 => {
            for each in items {
                collect(each, id_key, depth - 1, found);
            }
        }
        _ => {}
    }
}

/// The id of a record, as it would stand in a path. One of dots alone would be a path of another
/// meaning.
pub(super) fn id(record: &Json, id_key: &str) -> Option<String> {
    match record.get(id_key)? {
        Json::String(text) if !text.trim_matches('.').is_empty() => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_checks_refuse_is_read() {
        let record = json!({ "id": "x" });
        for body in [
            "{\"id\":\"x\"}",
            "\u{feff}{\"id\":\"x\"}",
            ")]}',\n{\"id\":\"x\"}",
            "callback({\"id\":\"x\"});",
            "{\"id\":\"x\"}}",
            "  {\"id\":\"x\"} and more",
        ] {
            assert_eq!(read(body.as_bytes()), Some(record.clone()), "{body}");
        }
        let name = |escapes: &str| {
            read(format!("{{\"name\":\"{escapes}\"}}").as_bytes()).unwrap()["name"].clone()
        };
        for (escapes, read) in [
            ("\\ud83d", "\u{fffd}"),
            ("\\ude00a", "\u{fffd}a"),
            ("\\ud83d\\ud83d\\ude00", "\u{fffd}\u{1f600}"),
            ("\\ud83d\\n", "\u{fffd}\n"),
            ("\\\\ud83d", "\\ud83d"),
            ("\\u00e9", "é"),
        ] {
            assert_eq!(name(escapes), read, "{escapes}");
        }
        for nothing in ["", "created", "{", "<style>a { color: red }</style>"] {
            assert_eq!(read(nothing.as_bytes()), None, "{nothing}");
        }
        assert_eq!(read(b"{\"id\":\"x\",\"name\":\"\xff\"}").unwrap()["id"], "x");
    }

    #[test]
    fn records_stand_in_envelopes_and_lists() {
        let found = |answer: Json| {
            let ids = records(&answer, "id").into_iter().filter_map(|record| id(record, "id"));
            ids.collect::<Vec<_>>()
        };
        assert_eq!(found(json!({ "id": "a", "owner": { "id": "b" } })), ["a"]);
        assert_eq!(found(json!({ "data": { "id": "a" } })), ["a"]);
        assert_eq!(found(json!({ "id": "request", "data": { "id": "a" } })), ["a"]);
        assert_eq!(found(json!({ "result": { "customer": { "id": 7 } } })), ["7"]);
        assert_eq!(
            found(json!({ "items": [{ "id": "a" }, { "id": "b" }], "page": 1 })),
            ["a", "b"]
        );
        assert_eq!(found(json!([{ "id": ".." }, { "id": null }, {}])), Vec::<String>::new());
    }
}
