//! A program beside the sandbox, with its calls led there.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::sleep;

use crate::app::{Foreground, exit_code};
use crate::cli::signals::StopSignals;
use crate::exit;
use crate::http::BaseUrl;
use crate::intercept::{self, Call};
use crate::provider::POLAR;
use crate::report::Outlet;
use crate::sandbox::Handle;

/// How long the program may go on after a signal before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// Runs the program and returns its exit code. What is said goes to `stderr`, if anywhere.
pub(super) async fn run(
    command: &[OsString],
    sandbox: &Handle,
    webhooks: &[String],
    stopped: &mut StopSignals,
    stderr: Option<&Outlet>,
) -> anyhow::Result<u8> {
    let Some((program, arguments)) = command.split_first() else { return Ok(0) };
    let say = |text: &str| {
        if let Some(stderr) = stderr {
            stderr.say(&format!("tieback: {text}"));
        }
    };
    let seen = Arc::new(Seen { counts: Mutex::default(), stderr: stderr.cloned() });
    let told = Arc::clone(&seen);
    let interception = intercept::start(intercept::Options {
        hosts: POLAR.live.hosts,
        target: BaseUrl::parse(sandbox.base_url())?,
        token: None,
        environment: std::env::vars_os().collect(),
        told: Box::new(move |call| told.note(&call)),
    });
    let interception = interception.await.context("the program's calls cannot be led here")?;
    say(&format!(
        "the sandbox is at {}; calls to {} are led there",
        sandbox.base_url(),
        POLAR.live.hosts.join(" and ")
    ));
    for url in webhooks {
        say(&format!("webhooks go to {url}"));
    }
    let variables = interception.variables().iter().map(|(name, value)| (*name, value.clone()));
    let mut running = Foreground::start(program, arguments, variables, interception.folder())
        .with_context(|| format!("cannot start `{}`", program.display()))?;
    let ended = loop {
        tokio::select! {
            ended = running.wait() => break ended,
            signal = stopped.next() => {
                running.pass_on(signal == exit::INTERRUPTED);
                tokio::select! {
                    ended = running.wait() => break ended,
                    () = stopped.impatience() => {}
                    () = sleep(GRACE) => {}
                }
                running.kill();
            }
        }
    };
    running.stop().await;
    drop(interception);
    say(&seen.summary());
    Ok(exit_code(ended.context("the program was lost")?))
}

/// What arrived.
struct Seen {
    /// How many calls were meant for each host.
    counts: Mutex<BTreeMap<String, usize>>,
    stderr: Option<Outlet>,
}

impl Seen {
    /// Counts a call, and says so when it is the first.
    fn note(&self, call: &Call) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let (true, Some(stderr)) = (counts.is_empty(), &self.stderr) {
            let Call { method, path, .. } = call;
            stderr.say(&format!("tieback: your app reached the sandbox: {method} {path}"));
        }
        *counts.entry(call.host.clone()).or_default() += 1;
    }

    /// What to say at the end.
    fn summary(&self) -> String {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = |count| if count == 1 { "1 call".to_owned() } else { format!("{count} calls") };
        let live = counts.get(POLAR.live.host).copied().unwrap_or_default();
        match (counts.values().sum::<usize>(), live) {
            (0, _) => format!("no call was led to the sandbox: the program {}", intercept::NO_CALL),
            (all, 0) => format!("{} led to the sandbox", calls(all)),
            (all, live) => format!(
                "{} led to the sandbox, {live} of them meant for the live API ({})",
                calls(all),
                POLAR.live.host
            ),
        }
    }
}
