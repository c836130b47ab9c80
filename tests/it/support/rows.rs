//! Many cases in one test.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

/// Runs every row, a few at a time because most of it is waiting, and tells all that fail.
pub fn run_all<R: Send>(rows: Vec<R>, name: fn(&R) -> String, run: fn(R)) {
    let queue = Mutex::new(rows.into_iter());
    let failed = Mutex::new(Vec::new());
    let next = || queue.lock().map(|mut rows| rows.next()).ok().flatten();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(row) = next() {
                    let name = name(&row);
                    if catch_unwind(AssertUnwindSafe(|| run(row))).is_err() {
                        eprintln!("^^^ the row `{name}`");
                        failed.lock().expect("no thread panics with it").push(name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("every thread has ended");
    assert!(failed.is_empty(), "failed: {failed:#?}");
}
