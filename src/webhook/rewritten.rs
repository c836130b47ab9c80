//! One body in all the ways in which it is written again between its signing and its sending:
//! parsed and serialised by another library, wrapped, unwrapped, with another end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Number, Value as Json};

use crate::http::json;
use crate::provider::Payload;

/// How a library writes JSON.
#[derive(Debug, Clone, Copy, Default)]
struct Style {
    /// Spaces for each level, and a line for each value.
    indent: Option<usize>,
    /// Spaces after commas and colons, as Python writes them.
    spaced: bool,
    /// Everything but ASCII escaped.
    ascii: bool,
    /// `/` escaped, as PHP does it.
    slashes: bool,
}

/// The other ways to write `body`, each with how it differs, as it stands after "over the body".
pub(super) fn rewritten(facts: &Payload, body: &[u8]) -> Vec<(Vec<u8>, String)> {
    let mut all: Vec<(Vec<u8>, String)> = Vec::new();
    let mut add = |bytes: Vec<u8>, how: &str| {
        if bytes != body && all.iter().all(|(known, _)| *known != bytes) {
            all.push((bytes, how.to_owned()));
        }
    };
    if let Ok(payload) = json::parse(body) {
        let sorted = sorted(&payload);
        for (value, order) in [(&payload, ""), (&sorted, " and its keys sorted")] {
            for style in styles() {
                add(write(value, style), &format!("written anew {}{order}", style.said()));
            }
        }
        let numbers = javascript(&payload);
        add(write(&numbers, Style::default()), "written anew as JavaScript writes numbers");
        let how = format!("without what is around its `{}`,", facts.data);
        add(write(&payload[facts.data], Style::default()), &how);
        add(
            write(&Json::from(String::from_utf8_lossy(body)), Style::default()),
            "put into a JSON text",
        );
    }
    add([body, b"\n"].concat(), "with a line break at its end");
    add(body.trim_ascii().to_vec(), "without the spaces around it");
    add(STANDARD.encode(body).into_bytes(), "encoded in base64");
    all
}

fn styles() -> impl Iterator<Item = Style> {
    let layouts = [(None, false), (None, true), (Some(2), false), (Some(4), false)];
    let escapes = [(false, false), (true, false), (false, true), (true, true)];
    layouts.into_iter().flat_map(move |(indent, spaced)| {
        escapes.into_iter().map(move |(ascii, slashes)| Style { indent, spaced, ascii, slashes })
    })
}

impl Style {
    fn said(self) -> String {
        let layout = match self {
            Self { indent: Some(_), .. } => "with indentation",
            Self { spaced: true, .. } => "with spaces after commas and colons",
            _ => "without any spaces",
        };
        let ascii = if self.ascii { ", with everything but ASCII escaped" } else { "" };
        let slashes = if self.slashes { ", with `/` escaped" } else { "" };
        format!("{layout}{ascii}{slashes}")
    }

    fn put(self, value: &Json, level: usize, out: &mut String) {
        match value {
            Json::Array(items) => self.group(['[', ']'], items, level, out, |item, out| {
                self.put(item, level + 1, out);
            }),
            Json::Object(entries) => {
                self.group(['{', '}'], entries, level, out, |(key, value), out| {
                    self.text(&Json::from(key.as_str()), out);
                    let spaced = self.spaced || self.indent.is_some();
                    out.push_str(if spaced { ": " } else { ":" });
                    self.put(value, level + 1, out);
                });
            }
            Json::String(_) => self.text(value, out),
            other => out.push_str(&other.to_string()),
        }
    }

    /// A list or an object. An empty one has no line of its own.
    fn group<T>(
        self,
        brackets: [char; 2],
        parts: impl IntoIterator<Item = T>,
        level: usize,
        out: &mut String,
        put: impl Fn(T, &mut String),
    ) {
        let line = |level: usize, out: &mut String| {
            if let Some(indent) = self.indent {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent * level));
            }
        };
        out.push(brackets[0]);
        let mut filled = false;
        for part in parts {
            if std::mem::replace(&mut filled, true) {
                out.push_str(if self.spaced { ", " } else { "," });
            }
            line(level + 1, out);
            put(part, out);
        }
        if filled {
            line(level, out);
        }
        out.push(brackets[1]);
    }

    fn text(self, text: &Json, out: &mut String) {
        for char in text.to_string().chars() {
            match char {
                '/' if self.slashes => out.push_str("\\/"),
                _ if self.ascii && !char.is_ascii() => {
                    let units = char.encode_utf16(&mut [0; 2]).to_vec();
                    out.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
                }
                _ => out.push(char),
            }
        }
    }
}

fn write(value: &Json, style: Style) -> Vec<u8> {
    let mut text = String::new();
    style.put(value, 0, &mut text);
    text.into_bytes()
}

fn sorted(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(sorted).collect(),
        Json::Object(entries) => {
            let mut entries: Vec<_> =
                entries.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            entries.sort_by(|(one, _), (other, _)| one.cmp(other));
            Json::Object(entries.into_iter().collect())
        }
        other => other.clone(),
    }
}

/// Whole numbers lose their fraction: 97.0 becomes 97.
fn javascript(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(javascript).collect(),
        Json::Object(entries) => Json::Object(
            entries.iter().map(|(key, value)| (key.clone(), javascript(value))).collect(),
        ),
        Json::Number(number) => Json::Number(whole(number).unwrap_or_else(|| number.clone())),
        other => other.clone(),
    }
}

fn whole(number: &Number) -> Option<Number> {
    let value = number.as_f64().filter(|value| number.is_f64() && value.fract() == 0.0)?;
    format!("{value:.0}").parse::<i64>().ok().map(Number::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::POLAR;

    #[test]
    fn the_styles_of_the_usual_libraries() {
        let value = json!({ "b": ["é/", {}, []], "a": { "\u{1f600}": 1 } });
        let written = |style: Style| String::from_utf8(write(&value, style)).unwrap();
        assert_eq!(written(Style::default()), value.to_string());
        assert_eq!(
            written(Style { indent: Some(2), ..Style::default() }),
            serde_json::to_string_pretty(&value).unwrap()
        );
        let python = Style { spaced: true, ascii: true, ..Style::default() };
        assert_eq!(written(python), r#"{"b": ["\u00e9/", {}, []], "a": {"\ud83d\ude00": 1}}"#);
        let php = Style { ascii: true, slashes: true, ..Style::default() };
        assert_eq!(written(php), r#"{"b":["\u00e9\/",{},[]],"a":{"\ud83d\ude00":1}}"#);
        assert_eq!(
            write(&sorted(&value), Style::default()),
            r#"{"a":{"😀":1},"b":["é/",{},[]]}"#.as_bytes()
        );
    }

    #[test]
    fn none_is_the_body_itself_and_none_comes_twice() {
        let body = br#"{"a":1}"#;
        let all = rewritten(&POLAR.webhook.payload, body);
        assert!(all.iter().all(|(other, _)| other != body));
        for (index, (other, _)) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|(before, _)| before != other), "{other:?}");
        }
        assert_eq!(rewritten(&POLAR.webhook.payload, b"\xff").len(), 2);
    }
}
