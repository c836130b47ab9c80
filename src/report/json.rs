//! The JSON report: one object, laid out as the results of [`crate::event`] are.

use std::io::{self, Write};

use serde::Serialize;

use super::redacting_writer::Output;
use super::terminal::Look;
use super::{AtTheEnd, Reporter};
use crate::event::RunReport;
use crate::printable::{command_places, is_hidden};

/// The reporter of this format: one JSON object and a line break, at the end of the run.
pub(super) fn reporter(_: Look, out: Output) -> Box<dyn Reporter + Send> {
    let mut out = out.whole();
    Box::new(AtTheEnd(move |report: &RunReport| write(&mut out, report)))
}

fn write(out: &mut impl Write, report: &RunReport) -> io::Result<()> {
    serde_json::to_writer_pretty(Visible(&mut *out), report)?;
    writeln!(out)?;
    out.flush()
}

/// `value` on one line, with nothing hidden in it.
pub(super) fn compact(value: &impl Serialize) -> io::Result<String> {
    let mut bytes = Vec::new();
    serde_json::to_writer(Visible(&mut bytes), value)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Escapes what a terminal or a CI system would act on, and what would be hidden. The value stays
/// the same, and can be seen. Such characters stand in strings alone, which are written in whole
/// pieces.
struct Visible<W>(W);

impl<W: Write> Write for Visible<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        let mut commands = command_places(text).into_iter().peekable();
        let mut seen = 0;
        for (at, char) in text.char_indices() {
            let acts = commands.next_if_eq(&at).is_some();
            if acts || is_hidden(char) && char != '\n' {
                self.0.write_all(&bytes[seen..at])?;
                for unit in char.encode_utf16(&mut [0; 2]) {
                    write!(self.0, "\\u{unit:04x}")?;
                }
                seen = at + char.len_utf8();
            }
        }
        self.0.write_all(&bytes[seen..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use proptest::prelude::*;

    fn written(report: &RunReport) -> io::Result<String> {
        let mut out = Vec::new();
        write(&mut out, report)?;
        String::from_utf8(out).map_err(io::Error::other)
    }

    #[test]
    fn the_layout_is_the_documented_one() -> io::Result<()> {
        insta::assert_snapshot!(written(&sample::everything())?);
        Ok(())
    }

    #[test]
    fn it_is_one_object_and_a_line_break() -> io::Result<()> {
        let text = written(&sample::hostile())?;
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
