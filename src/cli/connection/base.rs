//! The base URL as it was handed over, on the command line or by the environment.

use anyhow::{Context as _, anyhow, bail, ensure};

use super::{AccessArgs, Work, production_refused, proxy};
use crate::cli::quoted::shown_url;
use crate::environment::Environment;
use crate::http::{BaseUrl, BaseUrlError};
use crate::provider::POLAR;

/// What the environment calls the base URL.
const VARIABLE: &str = "TIEBACK_BASE_URL";

/// Where the target is said to be.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct BaseArgs {
    // Read from the environment by hand: clap would show a password in it with `--help`, and an
    // empty variable is one that is not set, not a target.
    /// The API under test; the variable `TIEBACK_BASE_URL` names it as well
    #[arg(long, value_name = "URL", help_heading = super::HEADING)]
    base_url: Option<String>,
    /// Use plain http to this host (repeatable), such as a container's name; the token goes along
    #[arg(long, value_name = "HOST", help_heading = super::HEADING)]
    allow_http: Vec<String>,
}

/// The base URL that a command was given.
#[derive(Debug, Default)]
pub(in crate::cli) struct Given {
    pub(in crate::cli) base: Option<BaseUrl>,
    /// The variable is there, and empty: what should have filled it did not.
    pub(in crate::cli) empty_variable: bool,
    /// What has to be said of it.
    pub(in crate::cli) notice: Option<String>,
}

impl BaseArgs {
    /// The base URL, once its name is not a live API's, it is encrypted unless it is on this
    /// machine, and any proxy on the way to it can be used.
    pub(in crate::cli) fn resolve(
        &self,
        access: &AccessArgs,
        environment: &Environment,
        work: Work,
    ) -> anyhow::Result<Given> {
        let (text, origin) = match &self.base_url {
            Some(typed) => (typed.clone(), "--base-url"),
            None => match environment.get(VARIABLE)? {
                Some(set) => (set, VARIABLE),
                None => return Ok(Given::default()),
            },
        };
        if text.trim().is_empty() {
            ensure!(
                origin == VARIABLE,
                "--base-url is empty; a URL looks like {}",
                POLAR.live.sandbox
            );
            return Ok(Given { empty_variable: true, ..Given::default() });
        }
        let base = parse(&text, origin)?;
        if POLAR.live.is_host(&base) && !access.allow_production {
            bail!(production_refused(&base, work));
        }
        let shown = base.to_string();
        let notice = match base.require_secure() {
            Err(BaseUrlError::Insecure) if self.allows_http(&base) => Some(format!(
                "--allow-http: what is sent to {shown} is not encrypted, the token included"
            )),
            checked => {
                checked.map_err(|error| refused(&error, &shown)).context(origin)?;
                None
            }
        };
        proxy::require_usable(&base)?;
        Ok(Given { base: Some(base), notice, ..Given::default() })
    }
}

impl BaseArgs {
    fn allows_http(&self, base: &BaseUrl) -> bool {
        let same = |host: &String| host.trim_end_matches('.').eq_ignore_ascii_case(base.host());
        self.allow_http.iter().any(same)
    }
}

/// The base URL in `text`; `origin` says where that was written.
pub(in crate::cli) fn parse(text: &str, origin: &'static str) -> anyhow::Result<BaseUrl> {
    BaseUrl::parse(text).map_err(|error| refused(&error, &shown_url(text))).context(origin)
}

/// Why a URL is refused; `shown` is what may be printed of it.
fn refused(error: &BaseUrlError, shown: &str) -> anyhow::Error {
    let sandbox = POLAR.live.sandbox;
    match error {
        BaseUrlError::Unreadable(_) => anyhow!("`{shown}` {error}; write it like {sandbox}"),
        BaseUrlError::NotHttp => {
            anyhow!("`{shown}` {error}; write it like http://127.0.0.1:3000 or {sandbox}")
        }
        BaseUrlError::Credentials => anyhow!("the URL {error}"),
        BaseUrlError::Query => anyhow!("the URL `{shown}` {error}"),
        BaseUrlError::Insecure => {
            anyhow!("`{shown}` {error}; for a container, name its host with --allow-http HOST")
        }
    }
}

impl Given {
    /// Says that the variable is empty; a fragment for the end of a sentence, or nothing.
    pub(in crate::cli) fn note(&self) -> &'static str {
        if self.empty_variable {
            " (TIEBACK_BASE_URL is empty, which counts as not set)"
        } else {
            ""
        }
    }

    /// The base URL, without which a command cannot do its work.
    pub(in crate::cli) fn require(self) -> anyhow::Result<BaseUrl> {
        let note = self.note();
        self.base.with_context(|| {
            format!("no target was given{note}; name it with --base-url or {VARIABLE}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_tells_a_password_or_a_query() {
        for text in [
            "http://u:sesame@host",
            "http://u:sesame@:1",
            "u:sesame@host",
            "ftp://u:sesame@host",
            "http://host:99999/?sesame",
            "http://host/?sesame",
            "http://host/#sesame",
            "http://ho st/?sesame",
            "http://u:s es@me@sesame?sesame@x",
        ] {
            let error = parse(text, "--base-url").unwrap_err();
            assert!(!format!("{error:#} {error:?}").contains("sesame"), "{error:#}");
        }
    }
}
