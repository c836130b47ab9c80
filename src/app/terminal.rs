//! The terminal while a program in a process group of its own has it, as a shell lends it: what is
//! typed goes to the program, Ctrl-C and Ctrl-Z as well.

use std::convert::Infallible;
use std::thread;

use nix::sys::signal::{SigSet, Signal, raise};
use rustix::process::{Pid, WaitId, WaitIdOptions, getpgrp, kill_process_group, waitid};
use rustix::stdio::stdin;
use rustix::termios::{tcgetpgrp, tcsetpgrp};
use tokio::signal::unix::{SignalKind, signal};

/// The terminal of this process, lent to a group. It comes back when this is dropped.
#[derive(Debug)]
pub(super) struct Terminal {
    own: Pid,
    group: Pid,
    program: Pid,
}

impl Terminal {
    /// Lends the terminal to a group with a program in it. `None` where standard input is none, or
    /// belongs to others.
    pub(super) fn lend(group: u32, program: u32) -> Option<Self> {
        let pid = |number: u32| i32::try_from(number).ok().and_then(Pid::from_raw);
        let (group, program) = (pid(group)?, pid(program)?);
        let own = getpgrp();
        if tcgetpgrp(stdin()).ok()? != own {
            return None;
        }
        let terminal = Self { own, group, program };
        terminal.resume();
        Some(terminal)
    }

    /// Stops this process whenever the program is stopped (Ctrl-Z), and lets it go on with this
    /// one, for as long as it is polled.
    pub(super) async fn follow(&self) -> Infallible {
        let Ok(mut changes) = signal(SignalKind::child()) else {
            return std::future::pending().await;
        };
        loop {
            let _ = changes.recv().await;
            // Exits are for the one who waits for them.
            let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
            let stopped = waitid(WaitId::Pid(self.program), options);
            if stopped.is_ok_and(|status| status.is_some()) {
                give(self.own);
                let _ = raise(Signal::SIGSTOP);
                // Here it goes on, with `fg`.
                self.resume();
            }
        }
    }

    fn resume(&self) {
        give(self.group);
        // It may have read before the terminal was its own.
        let _ = kill_process_group(self.group, rustix::process::Signal::CONT);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give(self.own);
    }
}

/// Makes a group that of the foreground. From the background only those may who do not hear
/// SIGTTOU, which is asked of one thread alone.
fn give(group: Pid) {
    let giving = thread::spawn(move || {
        let mut deaf = SigSet::empty();
        deaf.add(Signal::SIGTTOU);
        if deaf.thread_block().is_ok() {
            let _ = tcsetpgrp(stdin(), group);
        }
    });
    let _ = giving.join();
}
