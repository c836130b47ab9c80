//! The base URL as it was handed over, on the command line or by the environment.

use anyhow::{Context as _, bail, ensure};

use super::{AccessArgs, Work, production_refused, proxy};
use crate::http::BaseUrl;
use crate::provider::POLAR;

/// What the environment calls the base URL.
const VARIABLE: &str = "TIEBACK_BASE_URL";

/// Where the target is said to be.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct BaseArgs {
    // Read from the environment by hand: clap would show a password in it with `--help`, and an empty
    // variable is one that is not set, not a target.
    /// The API under test; the variable `TIEBACK_BASE_URL` names it as well
    #[arg(long, value_name = "URL", help_heading = super::HEADING)]
    base_url: Option<String>,
}

/// The base URL that a command was given.
#[derive(Debug)]
pub(in crate::cli) struct Given {
    pub(in crate::cli) base: Option<BaseUrl>,
    /// The variable is there, and empty: what should have filled it did not.
    pub(in crate::cli) empty_variable: bool,
}

impl BaseArgs {
    /// The base URL, once it is no live API by its name, encrypted unless it is on this machine, and any proxy
    /// on the way to it can be used.
    pub(in crate::cli) fn resolve(&self, access: &AccessArgs, work: Work) -> anyhow::Result<Given> {
        let (text, origin) = match &self.base_url {
            Some(typed) => (typed.clone(), "--base-url"),
            None => match std::env::var(VARIABLE) {
                Ok(set) => (set, VARIABLE),
                Err(std::env::VarError::NotPresent) => {
                    return Ok(Given { base: None, empty_variable: false });
                }
                Err(std::env::VarError::NotUnicode(_)) => {
                    bail!("{VARIABLE} is no URL: it is not UTF-8")
                }
            },
        };
        if text.trim().is_empty() {
            ensure!(
                origin == VARIABLE,
                "--base-url is empty; a URL looks like https://sandbox-api.polar.sh"
            );
            return Ok(Given { base: None, empty_variable: true });
        }
        let base = BaseUrl::parse(&text).context(origin)?;
        if POLAR.live.is_host(&base) && !access.allow_production {
            bail!(production_refused(&base, work));
        }
        base.require_secure().context(origin)?;
        proxy::require_usable(&base)?;
        Ok(Given { base: Some(base), empty_variable: false })
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
