//! Every event to every reporter: stdout, stderr and the files.

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::str::FromStr;

use indicatif::ProgressDrawTarget;

use super::clean::clean;
use super::file::PendingFile;
use super::json::Json;
use super::junit::Junit;
use super::progress::Progress;
use super::scrubbed::ScrubbedWriter;
use super::style::{ColorChoice, ColorEnv, Style, decide};
use super::tap::Tap;
use super::terminal::{Detail, Look, Terminal};
use super::{Format, Reporter};
use crate::event::Event;
use crate::secret::Scrubber;

/// `FORMAT=FILE`: a report that goes into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// How it is written.
    pub format: Format,
    /// Where it goes.
    pub path: PathBuf,
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, path) = text.split_once('=').ok_or("expected FORMAT=FILE, for example junit=report.xml")?;
        let format = <Format as clap::ValueEnum>::from_str(format, false)
            .map_err(|_| format!("'{format}' is no format: expected human, json, junit or tap"))?;
        match path {
            "" => Err(format!("{format}= names no file")),
            "-" => Err(format!("stdout is what --format is for: use --format {format}")),
            path => Ok(Self { format, path: PathBuf::from(path) }),
        }
    }
}

/// A file that a report cannot go into.
#[derive(Debug, thiserror::Error)]
pub enum ReportFileError {
    /// It cannot be opened.
    #[error("cannot write the {format} report to {path}: {cause}; name a file in a folder that exists and is writable")]
    Open {
        /// The format of the report.
        format: Format,
        /// The path as the user named it.
        path: String,
        /// Why.
        cause: io::Error,
    },
    /// Two reports would overwrite each other.
    #[error("two reports go to {path}: give each --report a file of its own")]
    Twice {
        /// The path as the user named it.
        path: String,
    },
}

/// What the reports look like and where they go.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What goes to stdout.
    pub format: Format,
    /// When to colour. Files are never coloured.
    pub color: ColorChoice,
    /// How much the report for people shows, on stdout and in files.
    pub detail: Detail,
    /// The reports that go into files.
    pub files: Vec<ReportFile>,
}

/// stdout or stderr, or what stands for them in a test.
pub struct Stream {
    writer: Box<dyn Write + Send>,
    terminal: bool,
}

impl Stream {
    /// `writer`, which is a terminal or is not.
    pub fn new(writer: impl Write + Send + 'static, terminal: bool) -> Self {
        Self { writer: Box::new(writer), terminal }
    }

    /// This process's stdout.
    #[must_use]
    pub fn stdout() -> Self {
        let stdout = io::stdout();
        let terminal = is_terminal(&stdout);
        Self::new(stdout, terminal)
    }

    /// This process's stderr.
    #[must_use]
    pub fn stderr() -> Self {
        let stderr = io::stderr();
        let terminal = is_terminal(&stderr);
        Self::new(stderr, terminal)
    }
}

/// Whether `stream` is a terminal that can move its cursor and colour.
fn is_terminal(stream: &impl io::IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("TERM").is_none_or(|kind| kind != "dumb")
}

impl fmt::Debug for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Stream").field("terminal", &self.terminal).finish_non_exhaustive()
    }
}

/// All the reporters of a run.
pub struct Reporters {
    scrubber: Scrubber,
    progress: Progress<Sink>,
    /// Gone when its reader is.
    stdout: Option<Box<dyn Reporter + Send>>,
    files: Vec<Writing>,
    incomplete: bool,
}

type Sink = ScrubbedWriter<Box<dyn Write + Send>>;

/// A report on its way into a file.
struct Writing {
    target: ReportFile,
    reporter: Box<dyn Reporter + Send>,
    file: PendingFile,
}

impl Reporters {
    /// Opens everything that is written to; fails before anything is sent if a file cannot be.
    pub fn open(
        options: &Options,
        scrubber: &Scrubber,
        stdout: Stream,
        stderr: Stream,
        env: ColorEnv,
    ) -> Result<Self, ReportFileError> {
        let style = |stream: &Stream| Style::new(decide(options.color, stream.terminal, env));
        let look = Look { style: style(&stdout), detail: options.detail, standalone: false };
        let stderr_style = style(&stderr);
        let bar = stderr.terminal.then(ProgressDrawTarget::stderr);
        let mut files: Vec<Writing> = Vec::new();
        for target in &options.files {
            let writing = open(target, options.detail, scrubber)?;
            if files.iter().any(|other| other.file.place() == writing.file.place() && writing.file.place().is_some()) {
                return Err(ReportFileError::Twice { path: shown(target) });
            }
            files.push(writing);
        }
        Ok(Self {
            progress: Progress::new(ScrubbedWriter::new(stderr.writer, scrubber.clone()), stderr_style, bar),
            stdout: Some(reporter(
                options.format,
                look,
                ScrubbedWriter::new(stdout.writer, net(options.format, scrubber)),
            )),
            scrubber: scrubber.clone(),
            files,
            incomplete: false,
        })
    }

    /// Hands an event to every reporter. With the last one the files get into their places.
    ///
    /// A report that cannot be written does not stop the others; see [`Reporters::incomplete`].
    pub fn event(&mut self, mut event: Event) {
        clean(&mut event, &self.scrubber);
        // stderr is the place to complain, so there is none when it is gone.
        let _ = self.progress.event(&event);
        self.print(&event);
        self.file_away(&event);
    }

    /// Whether a report could not be written, other than to a reader that went away. It was said on
    /// stderr.
    #[must_use]
    pub fn incomplete(&self) -> bool {
        self.incomplete
    }

    fn print(&mut self, event: &Event) {
        let Self { progress, stdout, .. } = self;
        let Some(reporter) = stdout else { return };
        let written = match event {
            Event::ScenarioFinished { .. } => progress.suspend(|| reporter.event(event)),
            _ => reporter.event(event),
        };
        if let Err(error) = written {
            self.stdout = None;
            if error.kind() != io::ErrorKind::BrokenPipe {
                self.complain(&format!("cannot write the report to stdout: {error}"));
            }
        }
    }

    fn file_away(&mut self, event: &Event) {
        let last = matches!(event, Event::RunFinished(_));
        for mut writing in std::mem::take(&mut self.files) {
            let written = writing.reporter.event(event);
            let Writing { target, reporter, file } = writing;
            let outcome = match written {
                Ok(()) if last => {
                    drop(reporter);
                    file.commit()
                }
                Ok(()) => {
                    self.files.push(Writing { target, reporter, file });
                    continue;
                }
                Err(error) => Err(error),
            };
            if let Err(error) = outcome {
                let path = shown(&target);
                self.complain(&format!("cannot write the {} report to {path}: {error}", target.format));
            }
        }
    }

    fn complain(&mut self, text: &str) {
        self.incomplete = true;
        let _ = self.progress.line("error:", text);
    }
}

fn open(target: &ReportFile, detail: Detail, scrubber: &Scrubber) -> Result<Writing, ReportFileError> {
    let failed = |source| ReportFileError::Open { format: target.format, path: shown(target), cause: source };
    let file = PendingFile::open(&target.path).map_err(failed)?;
    let writer: Box<dyn Write + Send> = Box::new(BufWriter::new(file.writer().map_err(failed)?));
    let look = Look { style: Style::default(), detail, standalone: true };
    let reporter = reporter(target.format, look, ScrubbedWriter::new(writer, net(target.format, scrubber)));
    Ok(Writing { target: target.clone(), reporter, file })
}

fn shown(target: &ReportFile) -> String {
    crate::printable::printable(&target.path.display().to_string()).into_owned()
}

/// What is taken out of a report that is written already. One that is written whole, at the end, from
/// texts without secrets, needs no more of that; and a target may choose a secret that is a word of its
/// layout.
fn net(format: Format, scrubber: &Scrubber) -> Scrubber {
    match format {
        Format::Json | Format::Junit => Scrubber::default(),
        Format::Human | Format::Tap => scrubber.clone(),
    }
}

fn reporter(format: Format, look: Look, out: Sink) -> Box<dyn Reporter + Send> {
    match format {
        Format::Human => Box::new(Terminal::new(out, look)),
        Format::Json => Box::new(Json::new(out)),
        Format::Junit => Box::new(Junit::new(out)),
        Format::Tap => Box::new(Tap::new(out)),
    }
}

#[cfg(test)]
mod tests;
