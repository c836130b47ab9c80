//! `tieback clean`: lists what earlier runs left at a target, asks, and removes it. What is a
//! leftover, and how it goes, is for [`crate::cleanup`] to say; here stand the options (`args`),
//! the question (`confirm`) and what is printed (`print`).

mod args;
mod confirm;
mod print;

use std::sync::Arc;

use jiff::Timestamp;

pub(super) use args::Args;

use self::args::{Settings, WORK};
use self::confirm::Answer;
use self::print::Printer;
use super::Global;
use super::connection::{Known, find_out};
use super::signals::Signals;
use crate::cleanup::{Caller, Kind, Leftover, Stays, find, remove};
use crate::event::{Code, LeftBehind};
use crate::exit;
use crate::provider::POLAR;
use crate::secret::Secret;

/// Removes what earlier runs left and returns the exit code that the outcome owes.
pub(super) fn execute(args: Args, global: &Global) -> anyhow::Result<u8> {
    let settings = args.resolve()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(clean(&settings, global))
}

async fn clean(settings: &Settings, global: &Global) -> anyhow::Result<u8> {
    let printer = Arc::new(Printer::new(global, settings.access.redactor().clone())?);
    let signals = Signals::default();
    let code = tokio::select! {
        code = carry_out(settings, &printer, &signals) => code,
        never = signals.heed() => match never {},
    };
    let written = tokio::select! {
        written = printer.finish() => written,
        signal = signals.another() => return Ok(signal),
    };
    let code = code?;
    Ok(if code == exit::PASSED && !written { exit::UNTESTED } else { code })
}

/// Finds out about the target, looks for leftovers, asks, and removes them.
async fn carry_out(
    settings: &Settings,
    printer: &Arc<Printer>,
    signals: &Signals,
) -> anyhow::Result<u8> {
    let waits = printer.clone();
    let client = settings.access.client(settings.base.clone(), move |text| waits.note(&text))?;
    let stop = &signals.stop;
    let Known { client, kind, failure } = find_out(client, &settings.access, WORK, stop).await?;
    printer.target(client.base(), kind);
    if let Some(notice) = &settings.notice {
        printer.note(notice);
    }
    if let Some(short) = settings.access.short_token() {
        printer.note(&short);
    }
    if let Some(code) = signals.code() {
        printer.note("interrupted; nothing was deleted");
        return Ok(code);
    }
    if let Some(failure) = failure {
        printer.error(&format!(
            "the target did not answer: {} ({})",
            failure.detail,
            Code::from(failure.kind).as_str()
        ));
        printer.error(
            "nothing was deleted; check --base-url, and that the target can be reached from here",
        );
        return Ok(exit::UNTESTED);
    }
    let last = || printer.note("interrupted; the request in flight ends");
    let caller =
        Caller { client: &client, provider: &POLAR, soon: &stop.soon, now: &stop.now, last: &last };
    let (leftovers, complete) = look(&caller, settings, printer).await?;
    if let Some(code) = signals.code() {
        printer.note("interrupted; nothing was deleted");
        return Ok(code);
    }
    let finished = if complete { exit::PASSED } else { exit::UNTESTED };
    if leftovers.is_empty() {
        if complete {
            printer.nothing(&settings.older_than);
        }
        return Ok(finished);
    }
    printer.found(&leftovers, &settings.older_than, !settings.yes);
    if !settings.yes {
        let answer = tokio::select! {
            answer = confirm::ask(printer, leftovers.len()) => answer,
            () = stop.soon.cancelled() => Answer::Interrupted,
        };
        match answer {
            Answer::Yes => {}
            Answer::No => printer.note("nothing was deleted"),
            Answer::NoTerminal => {
                printer.error(
                    "nothing was deleted: stdin is not a terminal, so there is no one to ask; add \
                     --yes",
                );
            }
            Answer::Interrupted => printer.interrupted(),
        }
        if answer != Answer::Yes {
            return Ok(signals.code().unwrap_or(exit::USAGE));
        }
    }
    let left = remove_all(&caller, &leftovers, printer).await;
    printer.summary(leftovers.len() - left.len(), &left, signals.code().is_some());
    let finished = if left.is_empty() { finished } else { exit::UNTESTED };
    Ok(signals.code().unwrap_or(finished))
}

/// Looks for leftovers of every kind; says whether everything was looked at.
async fn look(
    caller: &Caller<'_>,
    settings: &Settings,
    printer: &Printer,
) -> anyhow::Result<(Vec<Leftover>, bool)> {
    let limit = Timestamp::now().checked_sub(settings.older_than.as_duration())?;
    let (mut leftovers, mut complete) = (Vec::new(), true);
    for kind in Kind::ALL {
        let found = find(caller, kind, limit).await;
        for secret in found.secrets {
            printer.redactor().learn(&Secret::new(secret));
        }
        leftovers.extend(found.leftovers);
        printer.passed_over(kind, found.younger, found.unreadable, &settings.older_than);
        printer.in_doubt(&found.doubtful);
        if let Some(absent) = found.absent {
            printer.note(&format!("this API has no {}s to look at: {absent}", kind.name()));
        }
        if let Some(incomplete) = found.incomplete {
            complete = false;
            if !caller.soon.is_cancelled() {
                printer.error(&format!(
                    "the list of {}s could not be read to its end: {}",
                    kind.name(),
                    incomplete.why
                ));
            }
            if incomplete.hopeless {
                break;
            }
        }
    }
    Ok((leftovers, complete))
}

/// Removes one leftover after the other; returns those that stay, with the request that removes
/// each.
async fn remove_all(
    caller: &Caller<'_>,
    leftovers: &[Leftover],
    printer: &Printer,
) -> Vec<LeftBehind> {
    let mut left = Vec::new();
    let mut hopeless: Option<String> = None;
    for leftover in leftovers {
        let outcome = match &hopeless {
            None => remove(caller, leftover).await,
            Some(reason) => Err(Stays { reason: format!("not tried: {reason}"), hopeless: true }),
        };
        match outcome {
            Ok(()) => printer.deleted(leftover),
            Err(stays) => {
                if stays.hopeless && hopeless.is_none() {
                    hopeless = Some(stays.reason.clone());
                }
                left.push(LeftBehind { request: leftover.removal(), reason: stays.reason });
            }
        }
    }
    left
}
