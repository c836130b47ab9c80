//! How names and statuses are written.

use std::borrow::Cow;

use crate::event::Status;
use crate::printable::shortened;
use crate::report::layout::left;
use crate::report::style::Style;

/// The column of status words.
pub const WORD: usize = 6;
/// The longest name that is shown whole.
const LONGEST: usize = 160;

/// A name as it is shown.
pub fn name(name: &str) -> Cow<'_, str> {
    shortened(name, LONGEST)
}

/// The status word, in its column.
pub fn painted(style: Style, status: Status) -> String {
    match status {
        Status::Passed => style.good(&left("ok", WORD)),
        Status::Failed => style.bad(&left("FAIL", WORD)),
        Status::Errored => style.bad(&left("ERROR", WORD)),
        Status::Skipped => style.warn(&left("skip", WORD)),
        Status::Interrupted => style.warn(&left("STOP", WORD)),
    }
}

/// `text` in the colour of a verdict.
pub fn paint(style: Style, status: Status, text: &str) -> String {
    match status {
        Status::Passed => style.good(text),
        Status::Failed | Status::Errored => style.bad(text),
        Status::Skipped | Status::Interrupted => style.warn(text),
    }
}

/// Whether the report explains what ended like this.
pub fn is_problem(status: Status) -> bool {
    matches!(status, Status::Failed | Status::Errored | Status::Interrupted)
}
