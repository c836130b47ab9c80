//! The thread that reports a run, for which nothing in the run waits.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;

use crate::event::Event;
use crate::printable::printable;
use crate::report::{Outlet, Reporters};
use crate::secret::Redactor;

/// Reports what comes, up to the last event; then tells whether all of it could be reported.
pub(super) fn on_a_thread(
    reporters: Reporters,
    events: UnboundedReceiver<Event>,
) -> io::Result<oneshot::Receiver<bool>> {
    let (tell, told) = oneshot::channel();
    thread::Builder::new().name("reports".to_owned()).spawn(move || {
        let _ = tell.send(report(reporters, events));
    })?;
    Ok(told)
}

fn report(mut reporters: Reporters, mut events: UnboundedReceiver<Event>) -> bool {
    let mut told = true;
    while let Some(event) = events.blocking_recv() {
        // Open connections to the listener hold a sender, so stop at `RunFinished`.
        let last = matches!(event, Event::RunFinished(_));
        told = catch_unwind(AssertUnwindSafe(|| reporters.event(event))).is_ok();
        if last || !told {
            break;
        }
    }
    reporters.finish() && told
}

/// A panic says where it happened, without secrets, and does not wait for a reader.
pub(super) fn say_panics(redactor: &Redactor, stderr: &Outlet) {
    let (redactor, stderr) = (redactor.clone(), stderr.clone());
    std::panic::set_hook(Box::new(move |panic| {
        let text = format!("tieback failed in a way it never should: {panic}; please report it");
        stderr.say(&format!("error: {}", printable(&redactor.redact(&text))));
    }));
}
