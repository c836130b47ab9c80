//! The options of `tieback clean`, as typed and as resolved.

use std::fmt;
use std::time::Duration;

use crate::duration::{DurationError, parse_duration};

use crate::cli::connection::{Access, AccessArgs, BaseArgs, Work};
use crate::http::BaseUrl;

/// What cleaning does to a target.
pub(super) const WORK: Work = Work("clean deletes customers and webhook endpoints");

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    base: BaseArgs,
    #[command(flatten)]
    access: AccessArgs,
    /// Leave what is younger, such as 30m or 7d: a run that made it may be going on
    #[arg(long, value_name = "DURATION", default_value = "1h")]
    older_than: Age,
    /// Delete without asking; needed where stdin is not a terminal
    #[arg(short, long)]
    yes: bool,
}

/// What the command line amounts to.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) base: BaseUrl,
    /// What has to be said of the base URL.
    pub(super) notice: Option<String>,
    pub(super) access: Access,
    pub(super) older_than: Age,
    pub(super) yes: bool,
}

impl Args {
    /// Checks what was typed, and reads what it points at.
    pub(super) fn resolve(self) -> anyhow::Result<Settings> {
        let environment = self.access.environment()?;
        let given = self.base.resolve(&self.access, &environment, WORK)?;
        Ok(Settings {
            notice: given.notice.clone(),
            base: given.require()?,
            access: self.access.resolve(&environment)?,
            older_than: self.older_than,
            yes: self.yes,
        })
    }
}

/// How old something has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Age {
    duration: Duration,
    /// As it was typed.
    text: String,
}

impl Age {
    pub(super) fn as_duration(&self) -> Duration {
        self.duration
    }
}

impl std::str::FromStr for Age {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self { duration: parse_duration(text)?, text: text.trim().to_owned() })
    }
}

impl fmt::Display for Age {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
