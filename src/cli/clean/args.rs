//! The options of `tieback clean`, as typed and as resolved.

use std::fmt;

use jiff::{SignedDuration, Span, SpanRelativeTo};

use crate::cli::target::{self, Access, AccessArgs, HEADING as TARGET, Work};
use crate::http::BaseUrl;

/// What cleaning does to a target.
pub(super) const WORK: Work = Work("clean deletes customers and webhook endpoints");

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The API to clean
    #[arg(long, value_name = "URL", env = "TIEBACK_BASE_URL", help_heading = TARGET)]
    base_url: String,
    #[command(flatten)]
    access: AccessArgs,
    /// Leave what is younger, such as 30m or 7d: a run that made it may be going on
    #[arg(long, value_name = "DURATION", default_value = "1h")]
    older_than: Age,
    /// Delete without asking; needed where stdin is no terminal
    #[arg(short, long)]
    yes: bool,
}

/// What the command line amounts to.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) base: BaseUrl,
    pub(super) access: Access,
    pub(super) older_than: Age,
    pub(super) yes: bool,
}

impl Args {
    /// Checks what was typed, and reads what it points at.
    pub(super) fn resolve(self) -> anyhow::Result<Settings> {
        let base = target::resolve_base(&self.base_url, &self.access, WORK)?;
        Ok(Settings { base, access: self.access.resolve()?, older_than: self.older_than, yes: self.yes })
    }
}

/// How old something has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Age {
    duration: SignedDuration,
    /// As it was typed.
    text: String,
}

impl Age {
    pub(super) fn as_duration(&self) -> SignedDuration {
        self.duration
    }
}

/// The longest that makes sense; tieback is younger.
const LONGEST: SignedDuration = SignedDuration::from_hours(100 * 365 * 24);

impl std::str::FromStr for Age {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let span: Span =
            text.trim().parse().map_err(|_| "an age is a number with a unit, such as `30m`, `1h` or `7d`")?;
        let duration = span
            .to_duration(SpanRelativeTo::days_are_24_hours())
            .map_err(|_| "months and years differ in length; give weeks, days, hours or minutes")?;
        if duration.is_negative() {
            return Err("an age is not negative");
        }
        if duration > LONGEST {
            return Err("nothing is as old as that");
        }
        Ok(Self { duration, text: text.trim().to_owned() })
    }
}

impl fmt::Display for Age {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_written_as_people_do() {
        for (text, seconds) in
            [("0s", 0), ("90s", 90), ("30m", 1800), ("1h", 3600), ("1h30m", 5400), ("7d", 604_800), ("2w", 1_209_600)]
        {
            assert_eq!(text.parse::<Age>().map(|age| age.as_duration().as_secs()), Ok(seconds), "{text}");
        }
        for text in ["", "1", "h", "-1h", "1h ago", "1mo", "1y", "soon", "9999999w", "1000000d"] {
            assert!(text.parse::<Age>().is_err(), "{text}");
        }
    }
}
