//! The JSON report: one object, laid out as the results of [`crate::event`] are.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::Reporter;
use super::redacting_writer::Output;
use super::terminal::Look;
use crate::event::Event;
use crate::printable::{command_places, is_hidden};

/// The reporter of this format.
pub(super) fn reporter(_: Look, out: Output) -> Box<dyn Reporter + Send> {
    Box::new(Json::new(out.whole()))
}

/// Writes the report as one JSON object and a line break, at the end of the run.
pub struct Json<W: Write> {
    out: W,
}

impl<W: Write> Json<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Reporter for Json<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let Event::RunFinished(report) = event else { return Ok(()) };
        let mut serializer =
            Serializer::with_formatter(&mut self.out, Visible(PrettyFormatter::new()));
        report.serialize(&mut serializer)?;
        writeln!(self.out)?;
        self.out.flush()
    }
}

/// `value` on one line, with nothing hidden in it.
pub(super) fn compact(value: &impl Serialize) -> io::Result<String> {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Visible(CompactFormatter)))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Escapes what a terminal or a CI system would act on, and what would be hidden. The value stays
/// the same, and can be seen.
struct Visible<F>(F);

impl<F: Formatter> Formatter for Visible<F> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut units = [0; 2];
        let mut commands = command_places(fragment).into_iter().peekable();
        let mut seen = 0;
        for (at, char) in fragment.char_indices() {
            let acts = commands.next_if_eq(&at).is_some();
            if acts || is_hidden(char) {
                out.write_all(&fragment.as_bytes()[seen..at])?;
                for unit in char.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04x}")?;
                }
                seen = at + char.len_utf8();
            }
        }
        out.write_all(&fragment.as_bytes()[seen..])
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::RunReport;
    use crate::report::sample;
    use proptest::prelude::*;

    fn written(report: RunReport) -> io::Result<String> {
        let mut out = Vec::new();
        Json::new(&mut out).event(&Event::RunFinished(Box::new(report)))?;
        String::from_utf8(out).map_err(io::Error::other)
    }

    #[test]
    fn the_layout_is_the_documented_one() -> io::Result<()> {
        insta::assert_snapshot!(written(sample::everything())?);
        Ok(())
    }

    #[test]
    fn it_is_one_object_and_a_line_break() -> io::Result<()> {
        let text = written(sample::hostile())?;
        assert!(text.ends_with("}\n") && !text.replace('\n', "").contains(is_hidden));
        let value: serde_json::Value = serde_json::from_str(&text)?;
        assert_eq!(value["scenarios"][0]["name"], "two\nlines");
        assert_eq!(
            value["scenarios"][0]["steps"][0]["checks"][0]["actual"],
            "user_1\u{202e}\u{0}\u{ffff}"
        );
        Ok(())
    }

    #[test]
    fn hidden_characters_are_escaped() -> io::Result<()> {
        assert_eq!(
            compact(&"a\u{202e}\u{7f}\u{e0041}b\n\"")?,
            r#""a\u202e\u007f\udb40\udc41b\n\"""#
        );
        Ok(())
    }

    proptest! {
        #[test]
        fn the_value_stays_the_same(text in any::<String>()) {
            let json = compact(&text)?;
            prop_assert!(!json.contains(is_hidden));
            prop_assert_eq!(serde_json::from_str::<String>(&json)?, text);
        }

        #[test]
        fn no_command_is_left(text in "([ :#\\[a-z\n\"]|##v\\[|section_start:){0,12}") {
            let json = compact(&text)?;
            prop_assert!(command_places(&json).is_empty(), "{}", json);
            prop_assert_eq!(serde_json::from_str::<String>(&json)?, text);
        }
    }
}
