//! `tieback run`: what was typed becomes settings (`args`), settings become a target that is safe to
//! write to (`target`) and a place to read webhooks (`events`), and a run ends in a report.

mod app;
mod app_file;
mod args;
mod ci;
mod clean_up;
mod deliveries;
mod events;
mod notices;
mod ready;
mod reporting;
mod select;
mod variables;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::ensure;
use jiff::Timestamp;
use tokio::sync::mpsc::{self, UnboundedSender};

pub(super) use args::Args;
pub(super) use deliveries::{To, deliveries};

use self::app_file::Given;
use self::args::Settings;
use self::clean_up::CleanUp;
use self::notices::Notices;
use self::ready::Ready;
use self::select::Rerun;
use super::load::{BuiltIns, Loaded, Problem};
use super::signals::Signals;
use super::{Global, colour, load, output};
use crate::engine::{self, Targets};
use crate::event::{
    Comparison, Event, RunInfo, RunReport, SCHEMA, ScenarioInfo, ScenarioResult, Status, Target,
};
use crate::exit;
use crate::http::Request;
use crate::plan::{Plan, PlannedScenario};
use crate::printable::printable;
use crate::provider::POLAR;
use crate::report::{ColorEnv, Options as ReportOptions, Outlet, Reporters, Stream};
use crate::scenario::{Need, Scenario};
use crate::secret::{Redactor, Secret};

/// Runs scenarios and returns the exit code that their outcome owes.
pub(super) fn execute(args: Args, global: &Global) -> anyhow::Result<u8> {
    let mut settings = args.resolve()?;
    let rerun = settings.rerun.as_deref().map(Rerun::read).transpose()?;
    if let (Some(rerun), Some(path)) = (&rerun, &settings.rerun) {
        if rerun.is_empty() {
            let path = path.display();
            output::stderr(&printable(&format!("nothing to run: everything passed in {path}")));
            return Ok(exit::PASSED);
        }
        settings.scenarios.clone_from(&rerun.sources);
    }
    let meant = if settings.app.is_some() { BuiltIns::App } else { BuiltIns::Api };
    let Loaded { scenarios, warnings, app_files } = match load::load(&settings.scenarios, meant) {
        Ok(loaded) => loaded,
        Err(error) => {
            output::stderr(&error.render(colour::wanted(global.color, &std::io::stderr())));
            return Ok(exit::USAGE);
        }
    };
    ensure!(
        !scenarios.is_empty() || app_files == 0,
        "an app file is not a scenario: name it with --app"
    );
    if !global.quiet {
        warn(&warnings);
    }
    // The usual name counts where a scenario cannot do without.
    let needed = scenarios.iter().any(|scenario| scenario.needs.contains(&Need::App));
    let usual = Path::new(app_file::USUAL_FILE);
    let usual = (needed && usual.is_file()).then(|| usual.to_owned());
    let given = match settings.app.take().or(usual) {
        Some(path) => {
            let environment = &settings.inputs.environment;
            match app_file::read(&path, environment, settings.allow_deliver, global.color)? {
                Some(given) => Some(given),
                None => return Ok(exit::USAGE),
            }
        }
        None => None,
    };
    settings.inputs.app = given.as_ref().map(|given| Arc::clone(&given.file));
    // One thread: the work is waiting, and a thread pool costs more to start than it saves.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(&settings, given.as_ref(), scenarios, rerun.as_ref(), global))
}

async fn run(
    settings: &Settings,
    app: Option<&Given>,
    scenarios: Vec<Scenario>,
    rerun: Option<&Rerun>,
    global: &Global,
) -> anyhow::Result<u8> {
    let redactor = settings.access.redactor().clone();
    let (stdout, stderr) = Outlet::standard()?;
    reporting::say_panics(&redactor, &stderr);
    let mut plan = Plan::new(scenarios, &POLAR, &settings.inputs, new_id)?;
    if let Some(rerun) = rerun {
        rerun.keep(&mut plan)?;
    }
    if let Some(shard) = settings.shard {
        let all = plan.scenarios.len();
        shard.keep(&mut plan);
        if plan.scenarios.is_empty() {
            output::stderr(&shard.nothing(all));
            return Ok(exit::PASSED);
        }
    }
    for secret in plan.scenarios.iter().flat_map(PlannedScenario::secrets) {
        redactor.learn(&Secret::new(secret));
    }
    let options = ReportOptions {
        format: settings.format,
        color: global.color,
        detail: global.detail(),
        steps: false,
        files: settings.reports.clone(),
        github: ci::github(settings.format),
    };
    let keep_passed = options.show_passed();
    let (to_stdout, to_stderr) = (Stream::stdout(&stdout), Stream::stderr(&stderr));
    let reporters = Reporters::open(&options, &redactor, to_stdout, to_stderr, ColorEnv::read())?;
    let signals = Signals::default();
    let (sink, events) = mpsc::unbounded_channel();
    let told = reporting::on_a_thread(reporters, events)?;
    let code = tokio::select! {
        code = carry_out(settings, app, plan, &redactor, &signals, &sink, keep_passed) => code,
        never = notices::tick(&sink) => match never {},
        never = signals.heed() => match never {},
    };
    drop(sink);
    // Everything is done. Those who read the report have the time they want, until the user has
    // enough.
    let told = tokio::select! {
        told = told => told.unwrap_or(false),
        signal = signals.another() => return Ok(signal),
    };
    let code = code?;
    Ok(if code == exit::PASSED && !told { exit::UNTESTED } else { code })
}

/// The most warnings that a run prints.
const MOST_WARNINGS: usize = 5;

/// What the scenarios' authors should know, on a line each; `tieback check` explains it.
fn warn(warnings: &[Problem]) {
    let mut lines: Vec<_> = warnings.iter().take(MOST_WARNINGS).map(Problem::brief).collect();
    if let Some(more @ 1..) = warnings.len().checked_sub(MOST_WARNINGS) {
        lines.push(format!("{more} more like these"));
    }
    if let Some(last) = lines.last_mut() {
        last.push_str(" (`tieback check` explains)");
    }
    for line in lines {
        output::stderr(&format!("warning: {line}"));
    }
}

/// Finds out about the target, runs the plan against it, cleans up, and returns the exit code.
async fn carry_out(
    settings: &Settings,
    app: Option<&Given>,
    mut plan: Plan,
    redactor: &Redactor,
    signals: &Signals,
    sink: &UnboundedSender<Event>,
    keep_passed: bool,
) -> anyhow::Result<u8> {
    let started = (this_second(), Instant::now());
    let notices = Notices::new(sink);
    settings.notices.iter().for_each(|text| notices.tell(text.clone()));
    let (run_id, stop) = (new_id(), &signals.stop);
    if let Some(short) = settings.access.short_token() {
        notices.tell(short);
    }
    let mut ready = ready::prepare(settings, app, &notices, stop).await?;
    let jobs = settings.jobs(ready.kind, app.is_some());
    if jobs == 1 {
        ready.client = ready.client.one_at_a_time();
    }
    let running = match app {
        Some(given) => {
            let token = settings.access.token(ready.kind);
            let token = token.as_ref();
            Some(app::start(given, &ready, token, redactor, &notices, stop).await?)
        }
        None => None,
    };
    plan.know(running.as_ref().map(|running| running.values.as_slice()).unwrap_or_default());
    let plan = &plan;
    let setup = events::Setup {
        settings,
        plan,
        ready: &ready,
        redactor,
        notices: &notices,
        run_id: &run_id,
        stop,
    };
    let source = events::open(&setup).await;
    let target =
        Target { base_url: ready.client.base().to_string(), kind: ready.kind, events: source.kind };
    let scenarios = plan.scenarios.iter().map(|planned| ScenarioInfo {
        name: planned.scenario.name.clone(),
        steps: planned.scenario.steps.iter().map(|step| step.name.clone()).collect(),
    });
    notices.send(Event::RunStarted(RunInfo {
        target: target.clone(),
        scenarios: scenarios.collect(),
    }));
    let options = engine::RunOptions {
        began: started.1,
        jobs,
        wait: settings.wait(ready.kind),
        fail_fast: settings.fail_fast,
        keep: settings.keep,
        keep_passed,
    };
    let clean_up = CleanUp::new(&notices, stop);
    let client = clean_up.client(&ready.client);
    let mut targets = Targets::api(client).sandbox(is_sandbox(plan, &ready).await);
    if let Some(running) = &running {
        targets = targets.with_app(running.target.clone());
    }
    let work = async {
        let mut outcome = engine::run(plan, &targets, &source.events, &options, stop, sink).await;
        let left = source.close(targets.billing(), stop).await;
        outcome.left_behind.extend(left);
        outcome
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        never = clean_up.heed() => match never {},
    };
    let (status, summary) = engine::verdict(&outcome.scenarios, signals.code().is_some());
    if let Some(running) = running {
        running.stop(status != Status::Passed, &notices).await;
    }
    if let Some(sandbox) = ready.sandbox {
        sandbox.stop().await;
    }
    let report = RunReport {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        status,
        target,
        started_at: started.0,
        duration: started.1.elapsed(),
        summary,
        troubles: engine::troubles(&outcome.scenarios),
        left_behind: outcome.left_behind,
        notices: notices.all(),
        comparison: settings.earlier.as_ref().map(|(name, earlier)| {
            let now: Vec<_> = outcome.scenarios.iter().map(ScenarioResult::outcome).collect();
            Comparison::of(name, earlier, &now)
        }),
        scenarios: outcome.scenarios,
    };
    let code = signals.code().unwrap_or_else(|| exit::code_of(&report));
    notices.send(Event::RunFinished(Box::new(report)));
    Ok(code)
}

/// Whether the API is a sandbox of this program, where a scenario has to know.
async fn is_sandbox(plan: &Plan, ready: &Ready) -> bool {
    let needed = |planned: &PlannedScenario| planned.scenario.needs.contains(&Need::Sandbox);
    if ready.sandbox.is_some() || !plan.scenarios.iter().any(needed) {
        return ready.sandbox.is_some();
    }
    let request = Request { with_token: false, ..Request::new("GET", POLAR.sandbox.control, None) };
    ready.client.send(&request).await.is_ok_and(|answer| answer.is_success())
}

/// Now, in whole seconds as the report has it: not every reader of one takes nine decimals.
fn this_second() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// Twelve lower-case letters and digits, from a random UUID: 62 bits, unique for every purpose
/// here.
fn new_id() -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut random = uuid::Uuid::new_v4().as_u128();
    let digit = |_| {
        let digit = DIGITS[usize::try_from(random % 36).unwrap_or_default()];
        random /= 36;
        char::from(digit)
    };
    (0..12).map(digit).collect()
}
