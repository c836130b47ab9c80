//! Reporters: they consume [`crate::event::Event`]s and know nothing else.
//!
//! [`Reporters`] hands every event to all of them: the report on stdout, the reports in files, and
//! on stderr the notices and what is being waited for. A run waits for no reader: reporters work on
//! a thread of their own, and `outlet` is where stdout and stderr are written. Each format is a
//! file and a line of `formats`: `terminal` is the report for people; `json`, `junit`, `tap`,
//! `markdown` and `html` write the whole result at the end; `github` adds annotations to the report for
//! people. Before any of them sees an event, `redact` takes the secrets
//! out of it, and `redacting_writer` looks over every line once more. [`crate::printable`] makes
//! text from outside harmless to look at.

mod curl;
mod duration;
mod explain;
mod fan_out;
mod file;
mod github;
mod html;
mod json;
mod junit;
mod layout;
mod markdown;
mod message;
mod outlet;
mod progress;
mod redact;
mod redacting_writer;
#[cfg(test)]
mod sample;
mod style;
mod tap;
mod terminal;
mod value;
mod width;

use std::fmt;
use std::io;

pub use fan_out::{GitHub, Options, ReportFile, ReportFileError, Reporters, Stream};
pub use outlet::Outlet;
pub use redacting_writer::RedactingWriter;
pub use style::{ColorChoice, ColorEnv, Style, decide};
pub use terminal::Detail;

use redacting_writer::Output;
use terminal::Look;

use crate::event::{Event, RunReport};

/// Something that reports a run.
pub trait Reporter {
    /// Takes in what happened. An error is the sink's, and ends this report only.
    fn event(&mut self, event: &Event) -> io::Result<()>;
}

/// A reporter that writes everything at the end of the run.
struct AtTheEnd<F>(F);

impl<F: FnMut(&RunReport) -> io::Result<()>> Reporter for AtTheEnd<F> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunFinished(report) => (self.0)(report),
            _ => Ok(()),
        }
    }
}

/// One line a format: its name, its help, and the module whose `reporter` makes its reporter.
macro_rules! formats {
    ($($(#[$meta:meta])* $format:ident = $name:literal, $module:ident;)*) => {
        /// How a report is written.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
        pub enum Format { $($(#[$meta])* $format,)* }

        impl Format {
            /// Whether it has what passed between in steps that passed.
            fn shows_passed(self) -> bool {
                matches!(self, Self::Json | Self::Html)
            }

            fn reporter(self, look: Look, out: Output) -> Box<dyn Reporter + Send> {
                match self { $(Self::$format => $module::reporter(look, out),)* }
            }
        }

        impl fmt::Display for Format {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(match self { $(Self::$format => $name,)* })
            }
        }
    };
}

formats! {
    /// For people
    #[default]
    Human = "human", terminal;
    /// One JSON object
    Json = "json", json;
    /// JUnit XML
    Junit = "junit", junit;
    /// TAP version 14
    Tap = "tap", tap;
    /// As `human`, with annotations for GitHub below
    Github = "github", github;
    /// A table and the first failure, as GitHub shows them in the summary of a job
    Markdown = "markdown", markdown;
    /// One page for a browser, which loads nothing
    Html = "html", html;
}
