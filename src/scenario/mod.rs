//! The scenario format, from a file's text to a [`Scenario`]: no I/O, and every mistake is a
//! [`Diagnostic`] that points at the user's own line.
//!
//! `yaml` reads the text into a tree with spans and refuses what YAML would silently change;
//! `parse` turns that tree into the `model`, whose JSON is a tree of `shape`s; `rows` makes one
//! scenario out of each row of a table; `check` looks up what its names refer to; `lint` warns of
//! what is probably not meant; `template` holds `${…}`, `foreign` what other tools write in its
//! place; `examples` holds what help texts show; `builtin` holds the scenarios that ship with the
//! program. What an API calls its events and fields comes from the [`Provider`] that is handed in.

mod app_file;
pub mod builtin;
mod check;
mod deliver;
mod diagnostic;
mod examples;
mod findings;
mod foreign;
mod lint;
pub mod model;
mod node;
mod parse;
mod rename;
mod rows;
mod scalar;
mod shape;
mod suggest;
mod syntax;
pub mod template;
mod uses;
mod var_file;
mod word;
mod yaml;

use std::sync::Arc;

pub use app_file::{AppFile, AppStep, Handler, Product, Start};
pub use check::{BUILT_IN_VARIABLES, ENVIRONMENT, RUN_VARIABLES, SESSION_VARIABLES, of_session};
pub use deliver::{Deliver, EVERY, Exec, FaultStep, FromApp, KeyScheme, NO_FAULT, REFUSED, Sign};
pub use diagnostic::{Diagnostic, Severity, render_message};
pub use model::*;
pub use parse::{Op, TYPES};
pub use shape::{Matcher, Shape, ShapeKind, Use};
pub use template::{Part, Template};
pub use var_file::read_variables;
pub use word::Word;
pub use yaml::MAX_BYTES;

use self::findings::Findings;
use crate::provider::Provider;

/// The metadata key that marks what a run creates.
pub const MARK: &str = "tieback_run";

/// Reads a scenario for `provider` from the text of its file, or says everything that is wrong with
/// it, in the order of the file. Names are only looked up in a file that is otherwise right: a
/// misspelt key would make half of them unknown. What only deserves a warning is in
/// [`Scenario::warnings`], or among the errors.
pub fn read(
    name: impl Into<String>,
    text: &str,
    provider: &'static Provider,
) -> Result<Scenario, Vec<Diagnostic>> {
    read_source(name.into(), false, text, provider)
}

fn read_source(
    name: String,
    built_in: bool,
    text: &str,
    provider: &'static Provider,
) -> Result<Scenario, Vec<Diagnostic>> {
    // A byte order mark does not count: the first column is the first visible character.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
    let source = Arc::new(Source { name, built_in, text });
    let mut findings = Findings::new(&source, provider);
    let scenario = parse::scenario(&mut findings);
    if let Some(scenario) = &scenario
        && findings.is_empty()
    {
        check::check(scenario, &mut findings);
    }
    // What is wrong explains most of what looks odd beside it.
    if let Some(scenario) = &scenario
        && findings.is_empty()
    {
        lint::lint(scenario, &mut findings);
    }
    findings.finish(scenario).map(|(scenario, warnings)| Scenario { warnings, ..scenario })
}

/// Whether a text is an app file's rather than a scenario's.
#[must_use]
pub fn is_app_file(text: &str, provider: &'static Provider) -> bool {
    // Most scenarios are told apart by one look.
    if !text.contains("app:") {
        return false;
    }
    let source = Arc::new(Source { text: text.to_owned(), ..Source::default() });
    let mut findings = Findings::new(&source, provider);
    yaml::read(&mut findings).is_some_and(|root| parse::app_file::is_app_file(&root))
}

/// Reads an app file from its text, or says everything that is wrong with it.
pub fn read_app_file(
    name: impl Into<String>,
    text: &str,
    provider: &'static Provider,
) -> Result<AppFile, Vec<Diagnostic>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
    let source = Arc::new(Source { name: name.into(), built_in: false, text });
    let mut findings = Findings::new(&source, provider);
    let file = parse::app_file::app_file(&mut findings);
    if let Some(file) = &file
        && findings.is_empty()
    {
        check::check_app_file(file, &mut findings);
    }
    findings.finish(file).map(|(file, _)| file)
}

/// The candidate that `typed` was probably meant to be, if one is close enough.
pub fn did_you_mean<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    suggest::closest(typed, candidates)
}
