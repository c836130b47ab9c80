//! A run that only delivers webhooks: no API, no file.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::app::handler_client;
use super::notices::Notices;
use super::{new_id, reporting, this_second};
use crate::cli::Global;
use crate::cli::signals::Signals;
use crate::engine::{self, AppTarget, Events, Targets, WebhookHandler};
use crate::event::{
    Event, EventSource, RunInfo, RunReport, SCHEMA, ScenarioInfo, Target, TargetKind,
};
use crate::exit;
use crate::http::BaseUrl;
use crate::plan::{Inputs, Plan};
use crate::provider::POLAR;
use crate::report::{ColorEnv, Format, Options, Outlet, Reporters, Stream};
use crate::scenario::{self, Scenario};
use crate::secret::{Redactor, Secret};

/// Where webhooks go.
pub(in crate::cli) struct To {
    /// Scheme, host and port.
    pub(in crate::cli) base: BaseUrl,
    /// The handler's path.
    pub(in crate::cli) path: String,
    /// What they are signed with.
    pub(in crate::cli) secret: Secret,
}

/// Delivers what the steps of a scenario say; returns the exit code.
pub(in crate::cli) fn deliveries(
    to: &To,
    scenario: Scenario,
    format: Format,
    global: &Global,
) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(carry_out(to, scenario, format, global))
}

async fn carry_out(
    to: &To,
    scenario: Scenario,
    format: Format,
    global: &Global,
) -> anyhow::Result<u8> {
    let redactor = Redactor::default();
    redactor.learn(&to.secret);
    let (stdout, stderr) = Outlet::standard()?;
    reporting::say_panics(&redactor, &stderr);
    let file = scenario::read_app_file("--to", &format!("app:\n  url: {}\n", to.base), &POLAR);
    let inputs = Inputs { app: file.ok().map(Arc::new), ..Inputs::default() };
    let plan = Plan::new(vec![scenario], &POLAR, &inputs, new_id)?;
    let options =
        Options { format, color: global.color, detail: global.detail(), ..Options::default() };
    let keep_passed = options.show_passed();
    let (to_stdout, to_stderr) = (Stream::stdout(&stdout), Stream::stderr(&stderr));
    let reporters = Reporters::open(&options, &redactor, to_stdout, to_stderr, ColorEnv::read())?;
    let signals = Signals::default();
    let (sink, events) = mpsc::unbounded_channel();
    let told = reporting::on_a_thread(reporters, events)?;
    let client = handler_client(&to.base, &redactor)?;
    let handler =
        WebhookHandler { client: client.clone(), path: to.path.clone(), secret: to.secret.clone() };
    let app = AppTarget { client: client.clone(), handler: Ok(handler), folder: PathBuf::new() };
    // No step of it is about the API.
    let targets = Targets::api(client).with_app(Ok(app));
    let kind = if to.base.is_loopback() { TargetKind::Loopback } else { TargetKind::Other };
    let target = Target { base_url: to.base.to_string(), kind, events: EventSource::None };
    let notices = Notices::new(&sink);
    let started = (this_second(), Instant::now());
    let named = plan.scenarios.iter().map(|planned| ScenarioInfo {
        name: planned.scenario.name.clone(),
        steps: planned.scenario.steps.iter().map(|step| step.name.clone()).collect(),
    });
    let info = RunInfo { target: target.clone(), scenarios: named.collect() };
    notices.send(Event::RunStarted(info));
    let options = engine::RunOptions {
        began: started.1,
        jobs: 1,
        // No step waits for an event.
        wait: Duration::ZERO,
        fail_fast: false,
        keep: false,
        keep_passed,
    };
    let run = engine::run(&plan, &targets, &Events::Off, &options, &signals.stop, &sink);
    let outcome = tokio::select! {
        outcome = run => outcome,
        never = signals.heed() => match never {},
    };
    let (status, summary) = engine::verdict(&outcome.scenarios, signals.code().is_some());
    let report = RunReport {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        status,
        target,
        started_at: started.0,
        duration: started.1.elapsed(),
        summary,
        troubles: None,
        left_behind: outcome.left_behind,
        notices: notices.all(),
        comparison: None,
        scenarios: outcome.scenarios,
    };
    let code = signals.code().unwrap_or_else(|| exit::code_of(&report));
    notices.send(Event::RunFinished(Box::new(report)));
    drop((notices, sink));
    let told = told.await.unwrap_or(false);
    Ok(if code == exit::PASSED && !told { exit::UNTESTED } else { code })
}
