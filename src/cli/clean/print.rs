//! What `tieback clean` prints: what it found and what became of it on stdout, everything else on
//! stderr. Both readers may be gone; the work is finished all the same.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use super::args::Age;
use crate::cleanup::{Kind, Leftover};
use crate::cli::{Global, colour};
use crate::event::{LeftBehind, TargetKind};
use crate::http::BaseUrl;
use crate::printable::{columns, printable, shortened};
use crate::report::{Detail, Outlet, RedactingWriter, Style};
use crate::secret::Redactor;

/// The longest that a cell of the list gets, in characters.
const LONGEST: usize = 80;

/// What stands over the list.
const HEADINGS: [&str; 6] = ["kind", "id", "e-mail or URL", "external id", "created", "run"];

/// Prints, without secrets and without anything that a terminal would act on.
pub(super) struct Printer {
    redactor: Redactor,
    stdout: Mutex<RedactingWriter<Outlet>>,
    stderr: Mutex<RedactingWriter<Outlet>>,
    outlets: [Outlet; 2],
    style: Style,
    quiet: bool,
    /// stdout could not be written, and not because its reader went away.
    failed: AtomicBool,
}

impl Printer {
    pub(super) fn new(global: &Global, redactor: Redactor) -> io::Result<Self> {
        let (stdout, stderr) = Outlet::standard()?;
        Ok(Self {
            outlets: [stdout.clone(), stderr.clone()],
            stdout: Mutex::new(RedactingWriter::new(stdout, redactor.clone())),
            stderr: Mutex::new(RedactingWriter::new(stderr, redactor.clone())),
            redactor,
            style: Style::new(colour::wanted(global.color, &io::stdout())),
            quiet: global.detail() == Detail::Quiet,
            failed: AtomicBool::new(false),
        })
    }

    /// What is taken out of everything that is printed.
    pub(super) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Waits until everything was written, at the pace of those who read it; says whether stdout
    /// could be.
    pub(super) async fn finish(&self) -> bool {
        let [stdout, stderr] = self.outlets.clone();
        let written = off_thread(move || stdout.drain()).await.unwrap_or(Ok(()));
        self.note_failure(written);
        let _ = off_thread(move || stderr.drain()).await;
        !self.failed.load(Ordering::Relaxed)
    }

    /// Puts a question at the end of what was said so far; says whether it can be read.
    pub(super) async fn prompt(&self, question: &str) -> bool {
        {
            let mut stderr = held(&self.stderr);
            if write!(stderr, "{question}").and_then(|()| stderr.flush()).is_err() {
                return false;
            }
        }
        let [_, stderr] = self.outlets.clone();
        off_thread(move || stderr.drain()).await.is_some_and(|written| written.is_ok())
    }

    /// The first line: what is cleaned.
    pub(super) fn target(&self, base: &BaseUrl, kind: TargetKind) {
        self.diagnostic(&format!("target: {} ({})", self.text(&base.to_string()), kind.as_str()));
    }

    /// Something to know.
    pub(super) fn note(&self, text: &str) {
        self.diagnostic(&format!("note: {}", self.text(text)));
    }

    /// Something that went wrong.
    pub(super) fn error(&self, text: &str) {
        self.diagnostic(&format!("error: {}", self.text(text)));
    }

    /// A signal came while the question was open.
    pub(super) fn interrupted(&self) {
        // The prompt's line has not ended.
        self.diagnostic("");
        self.note("interrupted; nothing was deleted");
    }

    /// What carries a mark and is left alone.
    pub(super) fn passed_over(
        &self,
        kind: Kind,
        younger: usize,
        unreadable: usize,
        older_than: &Age,
    ) {
        if younger > 0 {
            let younger = count(younger, kind);
            self.note(&format!(
                "left alone, being younger than {older_than}: {younger}; the run may be going on"
            ));
        }
        if unreadable > 0 {
            let unreadable = count(unreadable, kind);
            self.note(&format!(
                "left alone, without an id or a time of creation that can be read: {unreadable}"
            ));
        }
    }

    /// What carries a mark and may be older than that.
    pub(super) fn in_doubt(&self, doubtful: &[Leftover]) {
        for leftover in doubtful {
            let path = &leftover.path;
            self.note(&format!(
                "left alone, having been changed since it was made, under a key that no run made \
                 up: look at GET {path}, and delete it yourself if it is a run's"
            ));
        }
    }

    /// There is nothing to remove.
    pub(super) fn nothing(&self, older_than: &Age) {
        self.line(&format!("nothing left behind by runs older than {older_than}"));
        self.flush();
    }

    /// The list of what was found; `asked` where the user decides by it.
    pub(super) fn found(&self, leftovers: &[Leftover], older_than: &Age, asked: bool) {
        if self.quiet && !asked {
            return;
        }
        let of = |kind| leftovers.iter().filter(|leftover| leftover.kind == kind).count();
        let counts =
            Kind::ALL.into_iter().filter(|kind| of(*kind) > 0).map(|kind| count(of(kind), kind));
        let counts = counts.collect::<Vec<_>>().join(" and ");
        self.line(
            &self.style.strong(&format!("left behind by runs older than {older_than}: {counts}")),
        );
        let rows: Vec<_> = leftovers.iter().map(|leftover| self.row(leftover)).collect();
        let headings = HEADINGS.map(str::to_owned);
        let widths: Vec<_> = (0..HEADINGS.len())
            .map(|column| {
                rows.iter()
                    .chain([&headings])
                    .map(|row| columns(&row[column]))
                    .max()
                    .unwrap_or_default()
            })
            .collect();
        let shown = |row: &[String; 6]| {
            let cells = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - columns(cell))));
            format!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end())
        };
        self.line(&self.style.dim(&shown(&headings)));
        for row in &rows {
            self.line(&shown(row));
        }
        self.flush();
    }

    fn row(&self, leftover: &Leftover) -> [String; 6] {
        let Leftover { kind, id, path: _, run, created, address, external_id } = leftover;
        // Redacted before it is cut: half a secret is not recognised.
        let cell = |text: &str| shortened(&self.redactor.redact(text), LONGEST).into_owned();
        let or_none = |text: &Option<String>| text.as_deref().map_or_else(|| "-".to_owned(), cell);
        let created =
            jiff::Timestamp::from_second(created.as_second()).unwrap_or(*created).to_string();
        // The id is not cut: it is what people would look for.
        [
            kind.name().to_owned(),
            self.text(id),
            or_none(address),
            or_none(external_id),
            created,
            cell(run),
        ]
    }

    /// One record is gone.
    pub(super) fn deleted(&self, leftover: &Leftover) {
        if !self.quiet {
            self.line(&format!("deleted {} {}", leftover.kind.name(), self.text(&leftover.id)));
            self.flush();
        }
    }

    /// What came of it all.
    pub(super) fn summary(&self, deleted: usize, left: &[LeftBehind], interrupted: bool) {
        if !left.is_empty() {
            self.line(&self.style.warn("left behind at the target; these requests remove it:"));
        }
        for LeftBehind { request, reason } in left {
            self.line(&format!(
                "  {}  {}",
                self.text(request),
                self.style.dim(&format!("({})", self.text(reason)))
            ));
        }
        let mut words = vec![self.style.good(&format!("{deleted} deleted"))];
        if !left.is_empty() {
            words.push(self.style.bad(&format!("{} left", left.len())));
        }
        let interrupted = if interrupted { "interrupted: " } else { "" };
        self.line(&format!("{interrupted}{}", words.join(", ")));
        self.flush();
    }

    fn text(&self, text: &str) -> String {
        printable(&self.redactor.redact(text)).into_owned()
    }

    fn diagnostic(&self, line: &str) {
        let mut stderr = held(&self.stderr);
        // A failure of stderr cannot be reported.
        let _ = writeln!(stderr, "{line}").and_then(|()| stderr.flush());
    }

    fn line(&self, line: &str) {
        let written = writeln!(held(&self.stdout), "{line}");
        self.note_failure(written);
    }

    fn flush(&self) {
        let flushed = held(&self.stdout).flush();
        self.note_failure(flushed);
    }

    fn note_failure(&self, outcome: io::Result<()>) {
        if let Err(error) = outcome
            && error.kind() != io::ErrorKind::BrokenPipe
            && !self.failed.swap(true, Ordering::Relaxed)
        {
            self.error(&format!("cannot write to stdout: {error}"));
        }
    }
}

/// Does `work` on a thread of its own: it may take as long as a person does, and a runtime would
/// wait for a thread of its own to end.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (send, receive) = oneshot::channel();
    thread::Builder::new().spawn(move || send.send(work())).ok()?;
    receive.await.ok()
}

fn held<T>(writer: &Mutex<T>) -> MutexGuard<'_, T> {
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `2 customers`
fn count(number: usize, kind: Kind) -> String {
    format!("{number} {}{}", kind.name(), if number == 1 { "" } else { "s" })
}
