//! Every event to every reporter: stdout, stderr and the files.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use indicatif::ProgressDrawTarget;

use super::file::PendingFile;
use super::github::annotations;
use super::markdown::page;
use super::outlet::Outlet;
use super::progress::Progress;
use super::redact::redact_event;
use super::redacting_writer::{Output, RedactingWriter};
use super::style::{ColorChoice, ColorEnv, Style, decide};
use super::terminal::{Detail, Look};
use super::{Format, Reporter, width};
use crate::event::{Event, RunReport};
use crate::secret::Redactor;

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
        let (format, path) =
            text.split_once('=').ok_or("expected FORMAT=FILE, for example junit=report.xml")?;
        let format = <Format as ValueEnum>::from_str(format, false).map_err(|_| {
            let known: Vec<_> = Format::value_variants().iter().map(Format::to_string).collect();
            format!("invalid format '{format}': expected one of {}", known.join(", "))
        })?;
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
    #[error(
        "cannot write the {format} report to {path}: {cause}; name a file in a folder that exists \
         and is writable"
    )]
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
    /// Whether the report for people shows the steps of scenarios that passed as well.
    pub steps: bool,
    /// The reports that go into files.
    pub files: Vec<ReportFile>,
    /// What a job on GitHub gets beside the reports.
    pub github: Option<GitHub>,
}

/// A job on GitHub, or on what imitates it.
#[derive(Debug, Clone, Default)]
pub struct GitHub {
    /// Where in the repository the run is; empty at its top.
    pub folder: String,
    /// The file that the summary is added to.
    pub summary: Option<PathBuf>,
}

impl Options {
    /// Whether a report shows what passed between in steps that passed.
    #[must_use]
    pub fn show_passed(&self) -> bool {
        let mut formats = self.files.iter().map(|file| file.format).chain([self.format]);
        self.detail >= Detail::Verbose || formats.any(Format::shows_passed)
    }
}

/// stdout or stderr, or what stands for them in a test.
pub struct Stream {
    writer: Box<dyn Write + Send>,
    terminal: bool,
    /// Where there is something to wait for at the end.
    outlet: Option<Outlet>,
}

impl Stream {
    /// `writer`, which is a terminal or is not.
    pub fn new(writer: impl Write + Send + 'static, terminal: bool) -> Self {
        Self { writer: Box::new(writer), terminal, outlet: None }
    }

    /// This process's stdout.
    #[must_use]
    pub fn stdout(outlet: &Outlet) -> Self {
        Self::standard(outlet, is_terminal(&io::stdout()))
    }

    /// This process's stderr.
    #[must_use]
    pub fn stderr(outlet: &Outlet) -> Self {
        Self::standard(outlet, is_terminal(&io::stderr()))
    }

    fn standard(outlet: &Outlet, terminal: bool) -> Self {
        let stream = if terminal {
            Self::new(Drained(outlet.clone()), true)
        } else {
            Self::new(outlet.clone(), false)
        };
        Self { outlet: Some(outlet.clone()), ..stream }
    }
}

/// A terminal, whose lines have to be there before the progress line is drawn again.
struct Drained(Outlet);

impl Write for Drained {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.drain()
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
    redactor: Redactor,
    progress: Progress<RedactingWriter<Box<dyn Write + Send>>>,
    /// Gone when its reader is.
    stdout: Option<Box<dyn Reporter + Send>>,
    files: Vec<Writing>,
    /// stdout, then stderr.
    outlets: [Option<Outlet>; 2],
    github: Option<GitHub>,
    /// Annotations go to stderr: what is on stdout has a layout of its own.
    annotates: bool,
    /// The files with reports, as they were named.
    named: Vec<String>,
    incomplete: bool,
}

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
        redactor: &Redactor,
        stdout: Stream,
        stderr: Stream,
        env: ColorEnv,
    ) -> Result<Self, ReportFileError> {
        let style = |stream: &Stream| Style::new(decide(options.color, stream.terminal, env));
        let json = options.files.iter().find(|file| file.format == Format::Json);
        let json = json.map(|file| file.path.display().to_string());
        let named: Vec<_> = options.files.iter().map(shown).collect();
        let folder = options.github.as_ref().map(|job| job.folder.clone()).unwrap_or_default();
        let look = Look {
            style: style(&stdout),
            detail: options.detail,
            width: width::of_stream(stdout.terminal),
            standalone: false,
            steps: options.steps,
            json: json.clone(),
            files: named.clone(),
            folder: folder.clone(),
        };
        let stderr_style = style(&stderr);
        let stderr_width = width::of_stream(stderr.terminal);
        let bar = stderr.terminal.then(ProgressDrawTarget::stderr);
        let outlets = [stdout.outlet.clone(), stderr.outlet.clone()];
        let mut files: Vec<Writing> = Vec::new();
        for target in &options.files {
            let look = Look { detail: options.detail, standalone: true, ..Look::default() };
            let look = Look { json: json.clone(), folder: folder.clone(), ..look };
            let look = Look { files: named.clone(), ..look };
            let writing = open(target, look, redactor)?;
            if files.iter().any(|other| {
                other.file.place() == writing.file.place() && writing.file.place().is_some()
            }) {
                return Err(ReportFileError::Twice { path: shown(target) });
            }
            files.push(writing);
        }
        Ok(Self {
            progress: Progress::new(
                RedactingWriter::new(stderr.writer, redactor.clone()),
                stderr_style,
                bar,
                stderr_width,
            ),
            stdout: Some(options.format.reporter(look, Output::new(stdout.writer, redactor))),
            redactor: redactor.clone(),
            files,
            outlets,
            github: options.github.clone(),
            annotates: options.github.is_some() && options.format != Format::Github,
            named,
            incomplete: false,
        })
    }

    /// Hands an event to every reporter. With the last one the files get into their places.
    ///
    /// A report that cannot be written does not stop the others; see [`Reporters::finish`].
    pub fn event(&mut self, mut event: Event) {
        redact_event(&mut event, &self.redactor);
        // stderr is the place to complain, so there is none when it is gone.
        let _ = self.progress.event(&event);
        // A terminal may be stopped: files come first.
        self.file_away(&event);
        self.print(&event);
        if let Event::RunFinished(report) = &event {
            self.tell_github(report);
        }
    }

    /// Waits until everything was written, at the pace of those who read it. Says whether every
    /// report is complete, apart from one whose reader went away; what could not be written was
    /// said on stderr.
    #[must_use]
    pub fn finish(mut self) -> bool {
        let [stdout, stderr] = self.outlets.each_ref().map(Option::clone);
        if let Some(Err(error)) =
            stdout.filter(|_| self.stdout.is_some()).map(|outlet| outlet.drain())
        {
            self.stdout_failed(&error);
        }
        let complete = !self.incomplete;
        // A run that ended before its time still has notices to tell.
        drop(self);
        if let Some(stderr) = stderr {
            let _ = stderr.drain();
        }
        complete
    }

    fn print(&mut self, event: &Event) {
        let Self { progress, stdout, .. } = self;
        let Some(reporter) = stdout else { return };
        let written = match event {
            Event::ScenarioFinished { .. } => progress.suspend(|| reporter.event(event)),
            _ => reporter.event(event),
        };
        if let Err(error) = written {
            self.stdout_failed(&error);
        }
    }

    /// Annotations, and the summary of the job.
    fn tell_github(&mut self, report: &RunReport) {
        let Some(job) = &self.github else { return };
        if let (true, [_, Some(stderr)]) = (self.annotates, &self.outlets) {
            for line in annotations(report, &job.folder) {
                stderr.say(&line);
            }
        }
        let Some(path) = &job.summary else { return };
        let text = page(report, &self.named);
        let file = File::options().append(true).create(true).open(path);
        if let Err(error) = file.and_then(|mut file| file.write_all(text.as_bytes())) {
            // Nothing asked for this report, so it does not change the exit code.
            let text =
                format!("cannot write the summary of the job to GITHUB_STEP_SUMMARY: {error}");
            let _ = self.progress.line("note:", &text);
        }
    }

    fn stdout_failed(&mut self, error: &io::Error) {
        self.stdout = None;
        if error.kind() != io::ErrorKind::BrokenPipe {
            self.complain(&format!("cannot write the report to stdout: {error}"));
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
                self.complain(&format!(
                    "cannot write the {} report to {path}: {error}",
                    target.format
                ));
            }
        }
    }

    fn complain(&mut self, text: &str) {
        self.incomplete = true;
        let _ = self.progress.line("error:", text);
    }
}

fn open(target: &ReportFile, look: Look, redactor: &Redactor) -> Result<Writing, ReportFileError> {
    let failed = |source| ReportFileError::Open {
        format: target.format,
        path: shown(target),
        cause: source,
    };
    let file = PendingFile::open(&target.path).map_err(failed)?;
    let writer = file.writer().map_err(failed)?;
    let reporter = target.format.reporter(look, Output::new(writer, redactor));
    Ok(Writing { target: target.clone(), reporter, file })
}

fn shown(target: &ReportFile) -> String {
    crate::printable::printable(&target.path.display().to_string()).into_owned()
}

#[cfg(test)]
mod tests;
