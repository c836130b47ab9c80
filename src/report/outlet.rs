//! stdout and stderr, written by a thread that nothing waits for.
//!
//! A pipe whose reader pauses fills up, and blocks its writer. So what is printed goes
//! into a queue, and a thread of its own empties that at the reader's pace.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// A stream of this process. Writing to it never blocks; clones write to the same stream.
#[derive(Debug, Clone)]
pub struct Outlet {
    queue: Sender<Item>,
    sink: usize,
    failure: Failure,
}

/// Why nothing more can be written, once that is so.
type Failure = Arc<Mutex<Option<(io::ErrorKind, String)>>>;

/// What the thread is asked for.
#[derive(Debug)]
enum Item {
    Write(usize, Vec<u8>),
    /// Everything before this was written.
    Passed(Sender<()>),
}

/// What the thread writes to.
struct Sink {
    writer: Box<dyn Write + Send>,
    failure: Failure,
}

impl Outlet {
    /// This process's stdout and stderr. Where both lead to the same place they share a queue, so
    /// that they keep their order.
    pub fn standard() -> io::Result<(Self, Self)> {
        if same_place() {
            let [stdout, stderr] = Self::shared([Box::new(io::stdout()), Box::new(io::stderr())])?;
            return Ok((stdout, stderr));
        }
        Ok((Self::new(io::stdout())?, Self::new(io::stderr())?))
    }

    /// A queue in front of `writer`.
    pub fn new(writer: impl Write + Send + 'static) -> io::Result<Self> {
        let [outlet] = Self::shared([Box::new(writer)])?;
        Ok(outlet)
    }

    fn shared<const N: usize>(writers: [Box<dyn Write + Send>; N]) -> io::Result<[Self; N]> {
        let (queue, items) = mpsc::channel();
        let failures: [Failure; N] = std::array::from_fn(|_| Failure::default());
        let sinks = writers.into_iter().zip(failures.clone());
        let sinks = sinks.map(|(writer, failure)| Sink { writer, failure }).collect();
        thread::Builder::new().name("output".to_owned()).spawn(move || empty(&items, sinks))?;
        let mut sink = 0..;
        Ok(failures.map(|failure| Self {
            queue: queue.clone(),
            sink: sink.next().unwrap_or_default(),
            failure,
        }))
    }

    /// Writes a line. There is no place to complain about stderr, so this cannot fail.
    pub fn say(&self, line: &str) {
        self.send(format!("{line}\n").into_bytes());
    }

    /// Waits until everything so far was written, for as long as its reader takes.
    pub fn drain(&self) -> io::Result<()> {
        let (passed, wait) = mpsc::channel();
        // A thread that is gone has nothing left to write.
        if self.queue.send(Item::Passed(passed)).is_ok() {
            let _ = wait.recv();
        }
        self.failure()
    }

    /// Waits until everything so far was written, but no longer than `limit`.
    pub fn drain_within(&self, limit: Duration) {
        let (passed, wait) = mpsc::channel();
        if self.queue.send(Item::Passed(passed)).is_ok() {
            let _ = wait.recv_timeout(limit);
        }
    }

    fn send(&self, bytes: Vec<u8>) {
        let _ = self.queue.send(Item::Write(self.sink, bytes));
    }

    fn failure(&self) -> io::Result<()> {
        match &*self.failure.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((kind, text)) => Err(io::Error::new(*kind, text.clone())),
            None => Ok(()),
        }
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.failure()?;
        self.send(bytes.to_vec());
        Ok(bytes.len())
    }

    /// Waits for nothing: the thread leaves nothing in a buffer.
    fn flush(&mut self) -> io::Result<()> {
        self.failure()
    }
}

/// Writes what comes. After a failure the rest is thrown away, so that the queue does not grow.
fn empty(items: &Receiver<Item>, mut sinks: Vec<Sink>) {
    for item in items {
        match item {
            Item::Write(sink, bytes) => {
                let Some(Sink { writer, failure }) = sinks.get_mut(sink) else { continue };
                let failure = || failure.lock().unwrap_or_else(PoisonError::into_inner);
                if failure().is_some() {
                    continue;
                }
                if let Err(error) = writer.write_all(&bytes).and_then(|()| writer.flush()) {
                    *failure() = Some((error.kind(), error.to_string()));
                }
            }
            Item::Passed(passed) => drop(passed),
        }
    }
}

/// Whether stdout and stderr are one terminal, pipe or file.
#[cfg(unix)]
fn same_place() -> bool {
    use std::fs::File;
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt as _;

    let place = |stream: &dyn AsFd| {
        let file = File::from(stream.as_fd().try_clone_to_owned().ok()?);
        file.metadata().ok().map(|file| (file.dev(), file.ino()))
    };
    let both_terminals = io::stdout().is_terminal() && io::stderr().is_terminal();
    both_terminals
        || place(&io::stdout()).is_some_and(|stdout| place(&io::stderr()) == Some(stdout))
}

#[cfg(not(unix))]
fn same_place() -> bool {
    io::stdout().is_terminal() && io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Page;

    /// A writer whose reader does not read until it is told.
    struct Paused(Receiver<()>, Page);

    impl Write for Paused {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_reader_and_nothing_is_lost() -> io::Result<()> {
        let (resume, paused) = mpsc::channel();
        let page = Page::default();
        let mut outlet = Outlet::new(Paused(paused, page.clone()))?;
        for number in 0..10_000 {
            writeln!(outlet, "{number}")?;
        }
        outlet.flush()?;
        assert_eq!(page.text(), "");
        drop(resume);
        outlet.drain()?;
        assert_eq!(page.text().lines().count(), 10_000);
        Ok(())
    }

    #[test]
    fn a_wait_has_a_limit() -> io::Result<()> {
        let (resume, paused) = mpsc::channel();
        let page = Page::default();
        let outlet = Outlet::new(Paused(paused, page.clone()))?;
        outlet.say("last words");
        outlet.drain_within(Duration::ZERO);
        assert_eq!(page.text(), "");
        drop(resume);
        outlet.drain_within(Duration::from_mins(1));
        assert_eq!(page.text(), "last words\n");
        Ok(())
    }

    #[test]
    fn two_streams_of_one_place_keep_their_order() -> io::Result<()> {
        let page = Page::default();
        let [mut one, other] = Outlet::shared([Box::new(page.clone()), Box::new(page.clone())])?;
        for _ in 0..100 {
            one.write_all(b"a\n")?;
            other.say("b");
        }
        one.drain()?;
        assert_eq!(page.text(), "a\nb\n".repeat(100));
        Ok(())
    }

    #[test]
    fn a_failure_is_told_to_those_who_write_after_it_and_to_those_who_wait() -> io::Result<()> {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let page = Page::default();
        let [mut gone, there] = Outlet::shared([Box::new(Gone), Box::new(page.clone())])?;
        gone.write_all(b"lost\n")?;
        there.say("kept");
        let kind = |outcome: io::Result<()>| outcome.err().map(|error| error.kind());
        assert_eq!(kind(gone.drain()), Some(io::ErrorKind::BrokenPipe));
        assert_eq!(kind(gone.write_all(b"more")), Some(io::ErrorKind::BrokenPipe));
        assert_eq!((kind(there.drain()), page.text().as_str()), (None, "kept\n"));
        Ok(())
    }
}
