//! The options of `tieback run`, as typed and as resolved.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{anyhow, ensure};
use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::select::Shard;
use super::{ci, variables};
use crate::cli::connection::{
    Access, AccessArgs, BaseArgs, HEADING as TARGET, Work, parse_base_url,
};
use crate::duration::parse_duration;
use crate::environment::Environment;
use crate::event::{EarlierRun, EventSource, TargetKind};
use crate::http::BaseUrl;
use crate::plan::Inputs;
use crate::report::{Format, ReportFile};
use crate::secret::Secret;

/// What a run does to a target.
pub(super) const WORK: Work = Work("a run creates customers and deletes them again");

/// A domain that never takes mail: fine for targets that do not ask DNS.
const EXAMPLE_DOMAIN: &str = "example.com";

/// The headings of the help.
const SCENARIOS: &str = "Scenarios";
const WEBHOOKS: &str = "Webhooks";
const REPORTS: &str = "Reports";
const APP: &str = "App under test";

/// How many scenarios about an app run at once on this machine.
const APP_JOBS: usize = 4;

/// What the environment calls the app file.
const APP_VARIABLE: &str = "TIEBACK_APP";

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Files, folders or names of built-in scenarios; every built-in when left out
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<PathBuf>,
    #[command(flatten)]
    base: BaseArgs,
    /// End with exit code 2 where no target is given; without this, the embedded sandbox is tested
    #[arg(long, help_heading = TARGET)]
    require_target: bool,
    #[command(flatten)]
    access: AccessArgs,
    /// Wait for so long until the target answers at all, such as 30s for a server that starts
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = TARGET)]
    wait_for_target: Option<Duration>,
    /// Set or override a scenario variable
    // Not taken apart by clap, which would print what it cannot read.
    #[arg(long = "var", value_name = "NAME=VALUE", help_heading = SCENARIOS)]
    variables: Vec<String>,
    /// A file of variables, as NAME=VALUE lines, or a mapping in .yaml (repeatable)
    #[arg(long = "var-file", value_name = "FILE", help_heading = SCENARIOS)]
    variable_files: Vec<PathBuf>,
    /// Where webhooks are read
    #[arg(
        long,
        value_name = "SOURCE",
        value_parser = event_source(),
        default_value = AUTO,
        help_heading = WEBHOOKS
    )]
    // Spelt out: clap takes a plain `Option` for a flag that may be left out.
    events: std::option::Option<EventSource>,
    /// The address on which the listener takes webhooks
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", help_heading = WEBHOOKS)]
    listen: SocketAddr,
    /// How the API reaches the listener, such as a tunnel's URL; needs a port in --listen
    #[arg(long, value_name = "URL", help_heading = WEBHOOKS)]
    public_url: Option<String>,
    /// The variable with the secret of an endpoint that exists already, with --events listener:
    /// nothing is registered, and what comes to --listen is read
    #[arg(long, value_name = "NAME", help_heading = WEBHOOKS)]
    webhook_secret_env: Option<String>,
    /// How long an event step waits when the scenario does not say [default: 30s; 90s when the
    /// target is not on this machine]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = WEBHOOKS)]
    wait: Option<Duration>,
    /// How many scenarios run at once [default: one for each core when the target is on this
    /// machine, at least 4 with --app, else 1]
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..),
        help_heading = SCENARIOS
    )]
    jobs: Option<u16>,
    /// Run only scenarios with this tag; repeat it for more
    #[arg(long = "tag", value_name = "TAG", help_heading = SCENARIOS)]
    tags: Vec<String>,
    /// Run only the scenarios that did not pass in an earlier run, by its JSON report
    #[arg(long, value_name = "REPORT.json", conflicts_with = "scenarios", help_heading = SCENARIOS)]
    rerun: Option<PathBuf>,
    /// Run only this share of the scenarios, such as 2/4 for the second of four machines
    #[arg(long, value_name = "N/COUNT", help_heading = SCENARIOS)]
    shard: Option<Shard>,
    /// Stop at the first scenario that does not pass
    #[arg(long, help_heading = SCENARIOS)]
    fail_fast: bool,
    /// What goes to stdout
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t = Format::Human,
        help_heading = REPORTS
    )]
    format: Format,
    /// Write a report into a file as well; repeat it for more
    #[arg(long = "report", value_name = "FORMAT=FILE", help_heading = REPORTS)]
    reports: Vec<ReportFile>,
    /// Say what broke, what healed and what is new since an earlier run, by its JSON report
    #[arg(long, value_name = "OLD.json", help_heading = REPORTS)]
    compare: Option<PathBuf>,
    #[command(flatten)]
    app: AppArgs,
    /// Leave what the run creates
    #[arg(long, help_heading = SCENARIOS)]
    keep: bool,
}

/// The app under test.
#[derive(Debug, clap::Args)]
struct AppArgs {
    /// The app under test: its app file, such as tieback.yaml; the variable `TIEBACK_APP` names it
    /// as well. Without scenarios, those about an app are run
    #[arg(long, value_name = "FILE", help_heading = APP)]
    app: Option<PathBuf>,
    /// Deliver webhooks to an app that is not on this machine
    #[arg(long, help_heading = APP)]
    allow_deliver: bool,
}

/// `--events` where no source is named.
const AUTO: &str = "auto";

/// Reads `--events`: `auto` or the name of a source.
fn event_source() -> impl TypedValueParser<Value = Option<EventSource>> {
    let auto = PossibleValue::new(AUTO)
        .help("The listener where the API can reach it, else the stream, else the delivery log");
    let named = EventSource::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    PossibleValuesParser::new([auto].into_iter().chain(named))
        .map(|name| EventSource::from_str(&name, false).ok())
}

/// What the command line amounts to.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) scenarios: Vec<PathBuf>,
    /// None is the embedded sandbox.
    pub(super) base: Option<BaseUrl>,
    pub(super) access: Access,
    pub(super) inputs: Inputs,
    /// None is the first of several that can be set up.
    pub(super) events: Option<EventSource>,
    pub(super) listen: SocketAddr,
    pub(super) public_url: Option<BaseUrl>,
    /// The secret of an endpoint that exists already.
    pub(super) webhook_secret: Option<Secret>,
    pub(super) wait_for_target: Option<Duration>,
    /// The earlier report.
    pub(super) rerun: Option<PathBuf>,
    pub(super) shard: Option<Shard>,
    pub(super) fail_fast: bool,
    pub(super) format: Format,
    pub(super) reports: Vec<ReportFile>,
    /// The report of the run to compare with, and its name.
    pub(super) earlier: Option<(String, EarlierRun)>,
    pub(super) keep: bool,
    /// The app file.
    pub(super) app: Option<PathBuf>,
    pub(super) allow_deliver: bool,
    /// What has to be said from the start.
    pub(super) notices: Vec<String>,
    wait: Option<Duration>,
    jobs: Option<u16>,
}

impl Args {
    /// Checks what was typed, and reads what it points at.
    pub(super) fn resolve(self) -> anyhow::Result<Settings> {
        let environment = self.access.environment()?;
        let given = self.base.resolve(&self.access, &environment, WORK)?;
        ensure!(
            given.base.is_some() || !self.require_target,
            "--require-target: no target was given{}; name it with --base-url or TIEBACK_BASE_URL",
            given.note()
        );
        let notices = given.notice.iter().cloned().chain(ci::notices(&given)).collect();
        let base = given.base;
        let public_url = self.public_url.as_deref();
        let public_url = public_url.map(|url| parse_base_url(url, "--public-url")).transpose()?;
        ensure!(
            public_url.is_none() || self.listen.port() != 0,
            "--public-url needs a port that the tunnel leads to; add --listen 127.0.0.1:PORT"
        );
        let access = self.access.resolve(&environment)?;
        let webhook_secret = match &self.webhook_secret_env {
            Some(name) => Some(webhook_secret(name, &environment)?),
            None => None,
        };
        if let Some(secret) = &webhook_secret {
            ensure!(
                self.events == Some(EventSource::Listener) && self.listen.port() != 0,
                "--webhook-secret-env reads an endpoint that exists already: add --events listener \
                 and the address that it sends to, such as --listen 127.0.0.1:4011"
            );
            access.redactor().learn(secret);
        }
        let earlier = self.compare.as_deref().map(earlier_run).transpose()?;
        let AppArgs { app, allow_deliver } = self.app;
        let app = match app {
            Some(path) => Some(path),
            None => environment.get(APP_VARIABLE)?.filter(|name| !name.is_empty()).map(Into::into),
        };
        let local = base.as_ref().is_none_or(BaseUrl::is_loopback);
        let inputs = Inputs {
            overrides: variables::read(&self.variable_files, &self.variables)?,
            email_domain: local.then(|| EXAMPLE_DOMAIN.to_owned()),
            environment,
            tags: self.tags,
            app: None,
        };
        Ok(Settings {
            scenarios: self.scenarios,
            base,
            access,
            inputs,
            events: self.events,
            listen: self.listen,
            public_url,
            webhook_secret,
            wait_for_target: self.wait_for_target,
            rerun: self.rerun,
            shard: self.shard,
            fail_fast: self.fail_fast,
            format: self.format,
            reports: self.reports,
            earlier,
            keep: self.keep,
            app,
            allow_deliver,
            notices,
            wait: self.wait,
            jobs: self.jobs,
        })
    }
}

impl Settings {
    /// How many scenarios run at once: elsewhere than on this machine one, because an API limits
    /// requests and delivers webhooks one after the other.
    pub(super) fn jobs(&self, kind: TargetKind, about_app: bool) -> usize {
        let cores = available_parallelism().map_or(1, usize::from);
        let default = match is_local(kind) {
            // Most of the time of a scenario about an app is waiting whether its state stays.
            true if about_app => cores.max(APP_JOBS),
            true => cores,
            false => 1,
        };
        self.jobs.map_or(default, usize::from)
    }

    /// How long an event step waits.
    pub(super) fn wait(&self, kind: TargetKind) -> Duration {
        self.wait.unwrap_or(Duration::from_secs(if is_local(kind) { 30 } else { 90 }))
    }
}

/// Reads the report that `--compare` names.
fn earlier_run(path: &Path) -> anyhow::Result<(String, EarlierRun)> {
    let name = path.display().to_string();
    let hint = "name a report that `tieback run --report json=FILE` wrote";
    let text = std::fs::read_to_string(path)
        .map_err(|error| anyhow!("--compare: cannot read {name}: {error}; {hint}"))?;
    let run = EarlierRun::read(&text)
        .map_err(|why| anyhow!("--compare: cannot compare with {name}: {why}; {hint}"))?;
    Ok((name, run))
}

fn is_local(kind: TargetKind) -> bool {
    matches!(kind, TargetKind::Embedded | TargetKind::Loopback)
}

fn webhook_secret(name: &str, environment: &Environment) -> anyhow::Result<Secret> {
    let secret = environment.get(name)?.unwrap_or_default();
    ensure!(!secret.trim().is_empty(), "--webhook-secret-env: the variable {name} is not set");
    Ok(Secret::new(secret.trim()))
}
