//! How a target is reached: the token, the time-out, and who is trusted.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::token::token_from;
use super::{headers, proxy};
use crate::cli::env_file;
use crate::duration::parse_duration;
use crate::environment::Environment;
use crate::event::TargetKind;
use crate::http::{BaseUrl, Client, ClientOptions, ExtraRoots, HeaderMap, RateLimitPolicy};
use crate::secret::{Redactor, SHORTEST, Secret};

/// The heading of the help.
pub(in crate::cli) const HEADING: &str = "Target";

/// What the embedded sandbox is given, which takes any token.
const EMBEDDED_TOKEN: &str = "embedded";

/// What the environment calls the token.
const TOKEN_VARIABLE: &str = "POLAR_ACCESS_TOKEN";

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct AccessArgs {
    /// A file that holds the bearer token; the variable `POLAR_ACCESS_TOKEN` does as well
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    token_file: Option<PathBuf>,
    /// The bearer token itself; a process list shows it, so prefer --token-file
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file", help_heading = HEADING)]
    token: Option<String>,
    /// A header for every request to the API (repeatable), for a proxy or a gate in front of it; a
    /// process list shows it, so prefer --header-file for secrets
    // Not taken apart by clap, which would print what it cannot read.
    #[arg(long = "header", value_name = "NAME: VALUE", help_heading = HEADING)]
    headers: Vec<String>,
    /// A file of such headers, one a line (repeatable)
    #[arg(long = "header-file", value_name = "FILE", help_heading = HEADING)]
    header_files: Vec<PathBuf>,
    /// A .env file to read variables from that the environment does not set (repeatable)
    #[arg(long = "env-file", value_name = "FILE", help_heading = HEADING)]
    env_files: Vec<PathBuf>,
    /// How long a request may take
    #[arg(long, value_name = "DURATION", value_parser = parse_timeout, default_value = "10s", help_heading = HEADING)]
    timeout: Duration,
    /// How long one request waits for a rate limit to pass, all its waits together
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "2m", help_heading = HEADING)]
    rate_limit_wait: Duration,
    /// A PEM file with certificate authorities to trust beside the built-in ones
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    cacert: Option<PathBuf>,
    /// Work on production, which is refused otherwise: customers are written and deleted there
    #[arg(long, help_heading = HEADING)]
    pub(super) allow_production: bool,
}

/// How a target is reached.
#[derive(Debug)]
pub(in crate::cli) struct Access {
    pub(super) allow_production: bool,
    token: Option<Secret>,
    headers: HeaderMap,
    timeout: Duration,
    rate_limit_wait: Duration,
    roots: ExtraRoots,
    redactor: Redactor,
}

impl AccessArgs {
    /// The environment with the files that were named.
    pub(in crate::cli) fn environment(&self) -> anyhow::Result<Environment> {
        env_file::environment(&self.env_files)
    }

    /// Checks what was typed, and reads what it points at.
    pub(in crate::cli) fn resolve(self, environment: &Environment) -> anyhow::Result<Access> {
        let token = match (&self.token_file, self.token) {
            (Some(file), _) => Some(read_token(file)?),
            (None, Some(token)) => Some(token_from(&token, "--token")?),
            (None, None) => match environment.get(TOKEN_VARIABLE)? {
                Some(token) if !token.trim().is_empty() => {
                    Some(token_from(&token, TOKEN_VARIABLE)?)
                }
                _ => None,
            },
        };
        let headers = headers::read(&self.headers, &self.header_files)?;
        ensure!(
            token.is_none() || !headers.contains_key("authorization"),
            "a token and an `authorization` header are both given, and only one can be sent; leave \
             out the header, or the token and {TOKEN_VARIABLE}"
        );
        let roots = self.cacert.as_deref().map(read_roots).transpose()?.unwrap_or_default();
        let redactor = Redactor::default();
        for secret in token.iter().cloned().chain(proxy::secrets()) {
            redactor.learn(&secret);
        }
        environment.teach(&redactor);
        for (name, value) in &headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            redactor.learn_header(name.as_str(), &value);
            redactor.learn(&Secret::new(value));
        }
        let Self { allow_production, timeout, rate_limit_wait, .. } = self;
        Ok(Access { allow_production, token, headers, timeout, rate_limit_wait, roots, redactor })
    }
}

impl Access {
    /// A client for `base` with the user's token and headers. `tell` hears of each wait for a rate limit.
    pub(in crate::cli) fn client(
        &self,
        base: BaseUrl,
        tell: impl Fn(String) + Send + Sync + 'static,
    ) -> anyhow::Result<Client> {
        self.client_with(base, self.token.clone(), self.headers.clone(), tell)
    }

    /// A client for the embedded sandbox, which takes any token: the user's own and their headers
    /// stay here.
    pub(in crate::cli) fn embedded(
        &self,
        base: BaseUrl,
        tell: impl Fn(String) + Send + Sync + 'static,
    ) -> anyhow::Result<Client> {
        self.client_with(base, Some(Secret::new(EMBEDDED_TOKEN)), HeaderMap::new(), tell)
    }

    /// The token that goes to a target of this kind.
    pub(in crate::cli) fn token(&self, kind: TargetKind) -> Option<Secret> {
        match kind {
            TargetKind::Embedded => Some(Secret::new(EMBEDDED_TOKEN)),
            _ => self.token.clone(),
        }
    }

    fn client_with(
        &self,
        base: BaseUrl,
        token: Option<Secret>,
        headers: HeaderMap,
        tell: impl Fn(String) + Send + Sync + 'static,
    ) -> anyhow::Result<Client> {
        let policy = RateLimitPolicy {
            most: self.rate_limit_wait,
            tell: Arc::new(tell),
            ..RateLimitPolicy::default()
        };
        let client = Client::new(ClientOptions {
            base,
            token,
            headers,
            timeout: self.timeout,
            policy,
            roots: self.roots.clone(),
        })?;
        Ok(client.telling(&self.redactor))
    }

    /// What to say of a token that cannot be taken out of what is printed.
    pub(in crate::cli) fn short_token(&self) -> Option<String> {
        let length = self.token.as_ref()?.expose().len();
        (length < SHORTEST).then(|| {
            let characters = if length == 1 { "character" } else { "characters" };
            format!(
                "the token has {length} {characters}, too few to be told from other text: \
                 where the target repeats it, reports show it"
            )
        })
    }

    /// What must not be printed: the token, what a proxy is told, and what the clients send and
    /// get.
    pub(in crate::cli) fn redactor(&self) -> &Redactor {
        &self.redactor
    }
}

fn read_token(file: &Path) -> anyhow::Result<Secret> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the token file {shown} cannot be read"))?;
    token_from(&text, &format!("the token file {shown}"))
}

fn read_roots(file: &Path) -> anyhow::Result<ExtraRoots> {
    let shown = file.display();
    let pem = std::fs::read(file)
        .with_context(|| format!("the certificate file {shown} cannot be read"))?;
    ExtraRoots::from_pem(&pem)
        .map_err(|error| anyhow::anyhow!("the certificate file {shown} {error}"))
}

/// A duration in which a request can be answered.
fn parse_timeout(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(Duration::ZERO) => {
            Err("no request can be answered in no time; give it some, such as `10s`".to_owned())
        }
        parsed => parsed.map_err(|error| error.to_string()),
    }
}
