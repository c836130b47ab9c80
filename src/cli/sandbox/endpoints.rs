//! The webhook endpoints that the sandbox has from the start: those of the app beside it.

use anyhow::{Context as _, bail, ensure};

use crate::cli::connection::parse_base_url;
use crate::environment::Environment;
use crate::provider::polar::EVENT_TYPES;
use crate::sandbox::{OwnEndpoint, SHORTEST_SECRET};
use crate::scenario::did_you_mean;
use crate::secret::Secret;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct EndpointArgs {
    /// Send webhooks to this URL of an app (repeatable)
    #[arg(long = "webhook", value_name = "URL")]
    urls: Vec<String>,
    /// The variable with the secret that the app verifies webhooks with
    #[arg(
        long = "webhook-secret-env",
        value_name = "NAME",
        default_value = "POLAR_WEBHOOK_SECRET",
        requires = "urls"
    )]
    secret: String,
    /// The event types that are sent, separated by commas [default: all]
    #[arg(
        long = "webhook-events",
        value_name = "TYPE,TYPE",
        value_delimiter = ',',
        requires = "urls"
    )]
    events: Vec<String>,
}

impl EndpointArgs {
    /// Checks what was typed, and reads the secret.
    pub(super) fn resolve(self, environment: &Environment) -> anyhow::Result<Vec<OwnEndpoint>> {
        if self.urls.is_empty() {
            return Ok(Vec::new());
        }
        let name = &self.secret;
        let secret = environment.get(name)?.filter(|secret| !secret.is_empty());
        let secret = secret.with_context(|| {
            format!(
                "--webhook: the variable {name} is not set; give the app's secret there, or name \
                 its variable with --webhook-secret-env"
            )
        })?;
        ensure!(
            secret.chars().count() >= SHORTEST_SECRET,
            "the secret in {name} is shorter than the {SHORTEST_SECRET} characters that Polar takes"
        );
        if let Some(unknown) = self.events.iter().find(|each| !EVENT_TYPES.contains(&each.as_str()))
        {
            let meant = did_you_mean(unknown, EVENT_TYPES)
                .map(|meant| format!("; did you mean {meant}?"))
                .unwrap_or_default();
            bail!("--webhook-events: the API never sends `{unknown}`{meant}");
        }
        let events = if self.events.is_empty() {
            EVENT_TYPES.map(str::to_owned).to_vec()
        } else {
            self.events
        };
        let endpoint = |url: String| {
            let url = parse_base_url(&url, "--webhook")?.as_given();
            Ok(OwnEndpoint { url, secret: Secret::new(secret.clone()), events: events.clone() })
        };
        self.urls.into_iter().map(endpoint).collect()
    }
}
