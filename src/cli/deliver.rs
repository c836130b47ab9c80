//! `tieback deliver`: webhooks for a handler, without any file.
//!
//! What is typed becomes a scenario, and that a run: the report, the exit code and the diagnoses are
//! those of `tieback run`.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use clap::builder::PossibleValuesParser;
use serde_json::{Value as Json, json};

use super::Global;
use super::connection::parse_base_url;
use super::run::{To, deliveries};
use crate::environment::Environment;
use crate::provider::POLAR;
use crate::report::Format;
use crate::scenario::{self, EVERY, KeyScheme, Scenario, Sign};
use crate::secret::Secret;

/// What the environment calls the secret.
const SECRET_VARIABLE: &str = "POLAR_WEBHOOK_SECRET";

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The type of event, such as subscription.active, or `every`
    #[arg(value_name = "TYPE", required_unless_present = "all")]
    event_type: Option<String>,
    /// Where the app takes webhooks
    #[arg(long, value_name = "URL")]
    to: String,
    /// Set a part of the payload, such as data.status=canceled (repeatable)
    #[arg(long = "set", value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// How it is signed
    #[arg(long, value_name = "HOW", default_value = "valid", value_parser = PossibleValuesParser::new(Sign::ALL.map(|(_, name)| name)))]
    sign: String,
    /// How the key is made [default: what the secret stands for]
    #[arg(long, value_name = "SCHEME", value_parser = PossibleValuesParser::new(KeyScheme::ALL.map(|(_, name)| name)))]
    scheme: Option<String>,
    /// How old its timestamp is: 10m, or -10m for the future
    #[arg(long, value_name = "DURATION", default_value = "0s", allow_hyphen_values = true)]
    age: String,
    /// Send every trouble: unsigned, forged, changed, cut, stale, from the future, new types, both
    /// keys
    #[arg(long, conflicts_with_all = ["sign", "scheme", "age"])]
    all: bool,
    /// A file with the secret that webhooks are signed with; the variable `POLAR_WEBHOOK_SECRET`
    /// does as well
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Deliver to a handler that is not on this machine
    #[arg(long)]
    allow_deliver: bool,
    /// What goes to stdout
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Carries the command out; returns 1 where an answer is not the one that a right handler gives.
pub(super) fn execute(args: &Args, global: &Global) -> anyhow::Result<u8> {
    let url = url::Url::parse(&args.to).ok().filter(|url| url.query().is_none());
    let url =
        url.with_context(|| "--to: write it like http://localhost:3000/api/webhooks/polar")?;
    let path = url.path().to_owned();
    let base = parse_base_url(&url[..url::Position::BeforePath], "--to")?;
    ensure!(
        base.is_https() || base.is_loopback(),
        "--to: plain http is for handlers on this machine"
    );
    ensure!(
        base.is_loopback() || args.allow_deliver,
        "--to: {base} is another machine; --allow-deliver lets webhooks go there"
    );
    let secret = secret(args)?;
    let scenario = args.scenario()?;
    deliveries(&To { base, path, secret }, scenario, args.format, global)
}

fn secret(args: &Args) -> anyhow::Result<Secret> {
    let text = match &args.secret_file {
        Some(file) => std::fs::read_to_string(file)
            .with_context(|| format!("--secret-file: cannot read {}", file.display()))?,
        None => Environment::default().get(SECRET_VARIABLE)?.unwrap_or_default(),
    };
    ensure!(
        !text.trim().is_empty(),
        "no secret to sign with: set {SECRET_VARIABLE}, or name a file with --secret-file"
    );
    Ok(Secret::new(text.trim()))
}

/// A delivery that a right handler refuses.
const REFUSED: &str = "    expect: { status: [3xx, 4xx, 5xx] }\n";

impl Args {
    /// The scenario that does what was typed.
    fn scenario(&self) -> anyhow::Result<Scenario> {
        let change = self.change()?;
        let kind = self.event_type.as_deref().unwrap_or("subscription.active");
        ensure!(
            kind == EVERY || kind.contains('.'),
            "`{kind}` is not a type of event; one looks like {}",
            POLAR.webhook.examples[0]
        );
        let mut text = "name: deliver\ntitle: What the handler answers\nsteps:\n".to_owned();
        let mut step = |name: &str, kind: &str, keys: &str| {
            let change =
                if change.is_null() { String::new() } else { format!("    change: {change}\n") };
            let _ = write!(text, "  - name: {name}\n    deliver: {kind}\n{change}{keys}");
        };
        if self.all {
            step("Every type, the standard way", EVERY, "    scheme: standard\n");
            step("Every type, the legacy way", EVERY, "    scheme: legacy\n");
            for (name, keys) in TROUBLES {
                step(name, kind, &format!("{keys}{REFUSED}"));
            }
            let payload = "    payload: { type: entitlement.not_known_yet, data: {} }\n";
            step("A type that does not exist yet", "entitlement.not_known_yet", payload);
        } else {
            let mut keys = format!("    sign: {}\n    age: {}\n", self.sign, self.age);
            if let Some(scheme) = &self.scheme {
                let _ = writeln!(keys, "    scheme: {scheme}");
            }
            if self.sign != "valid" || self.age.trim_matches('-') != "0s" {
                keys.push_str(REFUSED);
            }
            step(&format!("deliver {kind}"), kind, &keys);
        }
        match scenario::read("the command line", &text, &POLAR) {
            Ok(scenario) => Ok(scenario),
            Err(found) => {
                bail!("{}", found.first().map_or("not a delivery", |it| it.title.as_str()))
            }
        }
    }

    /// What `--set` changes, as one mapping.
    fn change(&self) -> anyhow::Result<Json> {
        let mut change = Json::Null;
        for set in &self.set {
            let (path, value) = set
                .split_once('=')
                .with_context(|| format!("--set {set}: write it like data.status=canceled"))?;
            // Numbers, booleans and null as such; everything else is a text.
            let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
            let mut place = &mut change;
            for key in path.split('.') {
                ensure!(!key.is_empty(), "--set {set}: invalid path `{path}`");
                if !place.is_object() {
                    *place = json!({});
                }
                place = &mut place[key];
            }
            *place = value;
        }
        Ok(change)
    }
}

/// What a right handler refuses, each with the keys of its step.
const TROUBLES: [(&str, &str); 6] = [
    ("Without a signature", "    sign: none\n"),
    ("Signed with another key", "    sign: wrong\n"),
    ("Changed after it was signed", "    sign: tampered\n"),
    ("Ends half way", "    sign: cut\n"),
    ("Ten minutes old", "    age: 10m\n"),
    ("Ten minutes from the future", "    age: -10m\n"),
];
