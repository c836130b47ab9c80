//! One body in all the ways in which it is written again between its signing and its sending:
//! parsed and serialised by another library, wrapped, unwrapped, with another end.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize as _;
use serde_json::ser::{CharEscape, Formatter, Serializer};
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
}

fn write(value: &Json, style: Style) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(
        &mut bytes,
        Writer { style, level: 0, filled: false },
    ));
    // Writing to memory does not fail.
    if written.is_err() { Vec::new() } else { bytes }
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

/// Writes in a [`Style`].
struct Writer {
    style: Style,
    level: usize,
    filled: bool,
}

impl Writer {
    fn separate<W: ?Sized + io::Write>(&self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        match self.style.indent {
            Some(_) => self.line(writer),
            None if !first && self.style.spaced => writer.write_all(b" "),
            None => Ok(()),
        }
    }

    fn line<W: ?Sized + io::Write>(&self, writer: &mut W) -> io::Result<()> {
        let Some(indent) = self.style.indent else { return Ok(()) };
        writer.write_all(b"\n")?;
        writer.write_all(" ".repeat(indent * self.level).as_bytes())
    }

    fn begin<W: ?Sized + io::Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.level += 1;
        self.filled = false;
        writer.write_all(bracket)
    }

    fn end<W: ?Sized + io::Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.level -= 1;
        if self.filled {
            self.line(writer)?;
        }
        writer.write_all(bracket)
    }
}

impl Formatter for Writer {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.separate(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.separate(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let spaced = self.style.spaced || self.style.indent.is_some();
        writer.write_all(if spaced { b": " } else { b":" })
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for char in fragment.chars() {
            let mut units = [0; 2];
            if self.style.ascii && !char.is_ascii() {
                for unit in char.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            } else if self.style.slashes && char == '/' {
                writer.write_all(b"\\/")?;
            } else {
                writer.write_all(char.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        Plain.write_char_escape(writer, escape)
    }
}

/// The usual escapes.
struct Plain;

impl Formatter for Plain {}

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
