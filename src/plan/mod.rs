//! Scenarios and options become a plan: which scenarios run, with which variables, and which event
//! types they wait for. No I/O; ids are handed in. `app` puts what an app file says into the steps
//! that stand for it, `live` the endpoint by which the API sends to it, `marked` the run's mark into
//! what they create.

mod app;
mod live;
mod marked;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use thiserror::Error;

pub use self::app::AppRules;
pub use self::live::URL as WEBHOOK_URL;
use self::marked::mark;

use crate::environment::Environment;
use crate::provider::Provider;
pub use crate::scenario::MARK;
use crate::scenario::{Action, AppFile, ENVIRONMENT, Need, Role, Scenario, Step};
use crate::variables::{FillError, Variables};

/// The variable that holds the run's id of a scenario.
pub const RUN_ID: &str = "run.id";
/// The variable that holds the domain of made-up addresses.
pub const EMAIL_DOMAIN: &str = "email_domain";

/// The variable that holds a password of this scenario alone.
pub const RUN_SECRET: &str = "run.secret";

/// What the plan is made with, beside the scenarios.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// `--var`: in place of the scenarios' own values.
    pub overrides: Vec<(String, String)>,
    /// The domain of made-up addresses, where there is one that the target accepts.
    pub email_domain: Option<String>,
    /// What `${env.NAME}` reads.
    pub environment: Environment,
    /// `--tag`: all scenarios when empty, else those that carry any of them.
    pub tags: Vec<String>,
    /// The app under test.
    pub app: Option<Arc<AppFile>>,
}

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The provider that the targets speak like.
    pub provider: &'static Provider,
    /// In the order in which they were selected.
    pub scenarios: Vec<PlannedScenario>,
    /// The event types that they wait for.
    pub event_types: BTreeSet<String>,
}

/// A scenario that is ready to run.
#[derive(Debug, Clone)]
pub struct PlannedScenario {
    /// The scenario, its creations marked.
    pub scenario: Scenario,
    /// Unique for every scenario of every run: lower-case letters and digits.
    pub run_id: String,
    /// Built-ins and `vars`, filled in.
    pub variables: Variables,
    /// Whether its creations carry a mark that its author knows nothing of.
    pub marked: bool,
    /// What it knows of the app under test.
    pub app: AppRules,
}

/// Why a plan cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// `--tag` selected nothing.
    #[error("no selected scenario has the tag {}; tags there are: {}", quoted(.0), quoted(.1))]
    NothingSelected(Vec<String>, Vec<String>),
    /// `--var` names something that no selected scenario knows.
    #[error(
        "--var {name}: no selected scenario has a variable of this name; there are: {}",
        quoted(known)
    )]
    UnknownVariable {
        /// The name.
        name: String,
        /// What could have been named.
        known: Vec<String>,
    },
    /// A real API refuses addresses that take no mail.
    #[error(
        "scenario `{0}` makes up e-mail addresses, and this target may refuse those of a \
         domain that takes no mail; \
         give one of your own with --var email_domain=yourdomain.com"
    )]
    NoEmailDomain(String),
    /// `${env.NAME}` where the environment has no such variable.
    #[error("scenario `{scenario}` reads the environment variable {name}, which is not set")]
    Unset {
        /// The scenario's name.
        scenario: String,
        /// The variable, without `env.`.
        name: String,
    },
    /// A variable makes a request go elsewhere.
    #[error("scenario `{scenario}`, step `{step}`: {error}")]
    BadPath {
        /// The scenario's name.
        scenario: String,
        /// The step's name.
        step: String,
        /// What is wrong.
        error: FillError,
    },
}

/// Every text in a value, and every number as one.
#[must_use]
pub fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::String(text) => vec![text.clone()],
        Json::Number(number) => vec![number.to_string()],
        Json::Array(items) => items.iter().flat_map(texts).collect(),
        Json::Object(entries) => entries.values().flat_map(texts).collect(),
        Json::Null | Json::Bool(_) => Vec::new(),
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Plan {
    /// Makes the plan. `next_id` makes a run's id for each scenario.
    pub fn new(
        scenarios: Vec<Scenario>,
        provider: &'static Provider,
        inputs: &Inputs,
        mut next_id: impl FnMut() -> String,
    ) -> Result<Self, PlanError> {
        let all_tags: BTreeSet<_> =
            scenarios.iter().flat_map(|scenario| scenario.tags.clone()).collect();
        let tagged = |scenario: &Scenario| {
            inputs.tags.is_empty() || scenario.tags.iter().any(|tag| inputs.tags.contains(tag))
        };
        let selected: Vec<_> = scenarios.into_iter().filter(tagged).collect();
        if selected.is_empty() {
            return Err(PlanError::NothingSelected(
                inputs.tags.clone(),
                all_tags.into_iter().collect(),
            ));
        }
        let known: BTreeSet<_> = selected
            .iter()
            .flat_map(|scenario| scenario.rows.iter().take(1).flatten().chain(&scenario.vars))
            .map(|var| var.name.clone())
            .chain([EMAIL_DOMAIN.to_owned()])
            .collect();
        if let Some((name, _)) = inputs.overrides.iter().find(|(name, _)| !known.contains(name)) {
            return Err(PlanError::UnknownVariable {
                name: name.clone(),
                known: known.into_iter().collect(),
            });
        }
        let event_types = selected.iter().flat_map(event_types).collect();
        let scenarios = selected
            .into_iter()
            .flat_map(Scenario::per_row)
            .map(|scenario| {
                let ids = (next_id(), next_id());
                PlannedScenario::new(scenario, provider, inputs, ids)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { provider, scenarios, event_types })
    }
}

impl Plan {
    /// Leaves out what is not to run.
    pub fn keep(&mut self, is_to_run: impl Fn(&Scenario) -> bool) {
        self.scenarios.retain(|planned| is_to_run(&planned.scenario));
        let kept = self.scenarios.iter();
        self.event_types = kept.flat_map(|planned| event_types(&planned.scenario)).collect();
    }

    /// Adds variables that are known now that the targets are.
    pub fn know(&mut self, values: &[(&'static str, Json)]) {
        for planned in &mut self.scenarios {
            for (name, value) in values {
                planned.variables.set(*name, value.clone());
            }
        }
    }
}

impl PlannedScenario {
    /// The values that are known by now and must never be printed.
    pub fn secrets(&self) -> impl Iterator<Item = String> {
        let secrets = self.scenario.secrets.iter().map(|(name, _)| name.as_str());
        let secrets = secrets.chain([RUN_SECRET]);
        secrets.filter_map(|name| self.variables.get(name).ok()).flat_map(texts)
    }

    fn new(
        mut scenario: Scenario,
        provider: &Provider,
        inputs: &Inputs,
        (run_id, secret): (String, String),
    ) -> Result<Self, PlanError> {
        let app = app::resolve(&mut scenario, inputs.app.as_deref());
        live::subscribe(&mut scenario, provider);
        let mut variables = Variables::default();
        variables.set(RUN_ID, json!(run_id));
        if scenario.needs.contains(&Need::App) {
            // Apps ask for digits, capitals and signs in a password.
            variables.set(RUN_SECRET, json!(format!("Tb-9{secret}")));
        }
        let overridden = |name: &str| {
            inputs.overrides.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
        };
        if let Some(domain) = overridden(EMAIL_DOMAIN).or(inputs.email_domain.as_ref()) {
            variables.set(EMAIL_DOMAIN, json!(domain));
        } else if uses_email_domain(&scenario, |name| overridden(name).is_some()) {
            return Err(PlanError::NoEmailDomain(scenario.name));
        }
        for name in environment_of(&scenario, |name| overridden(name).is_some()) {
            let value = inputs.environment.get(&name).ok().flatten().ok_or_else(|| {
                PlanError::Unset { scenario: scenario.name.clone(), name: name.clone() }
            })?;
            variables.set(format!("{ENVIRONMENT}{name}"), json!(value));
        }
        app::addresses(&scenario, &mut variables);
        for var in &scenario.vars {
            let value = match overridden(&var.name) {
                Some(text) => Json::String(text.clone()),
                // A variable that is not used may stand on one that is not known.
                None => match variables.value(&var.value) {
                    Ok(value) => value,
                    Err(_) => continue,
                },
            };
            variables.set(&var.name, value);
        }
        let knows_the_mark = scenario.names_key(MARK);
        let mut marked = false;
        for step in &mut scenario.steps {
            let Action::Request(request) = &mut step.action else { continue };
            marked |= mark(request, &provider.customer) && !knows_the_mark;
            match variables.path(&request.path) {
                Ok(_) | Err(FillError::Unknown(_)) => {}
                Err(error) => {
                    return Err(PlanError::BadPath {
                        scenario: scenario.name,
                        step: step.name.clone(),
                        error,
                    });
                }
            }
        }
        Ok(Self { scenario, run_id, variables, marked, app })
    }
}

/// The variables of the environment that a scenario reads, apart from those in variables that are
/// overridden.
fn environment_of(scenario: &Scenario, overridden: impl Fn(&str) -> bool) -> Vec<String> {
    let vars = scenario.vars.iter().filter(|var| !overridden(&var.name));
    let vars = vars.flat_map(|var| var.value.uses());
    let steps = scenario.steps.iter().flat_map(|step| [step.uses(), step.undo_uses()].concat());
    let secrets = scenario.secrets.iter().map(|(name, span)| (name.as_str(), *span));
    let names = vars.chain(steps).chain(secrets).map(|(name, _)| name);
    names.filter_map(|name| name.strip_prefix(ENVIRONMENT)).map(str::to_owned).collect()
}

/// Whether a made-up address would be sent: by a step, or by a variable that is not overridden.
fn uses_email_domain(scenario: &Scenario, overridden: impl Fn(&str) -> bool) -> bool {
    let vars =
        scenario.vars.iter().filter(|var| !overridden(&var.name)).flat_map(|var| var.value.uses());
    let steps = scenario.steps.iter().flat_map(Step::uses);
    vars.chain(steps).any(|(name, _)| name == EMAIL_DOMAIN)
        || scenario.steps.iter().any(|step| step.role == Role::User)
}

fn event_types(scenario: &Scenario) -> Vec<String> {
    let event = |step: &Step| match &step.action {
        Action::Event(event) => Some(event.event_type.clone()),
        _ => None,
    };
    scenario.steps.iter().filter_map(event).collect()
}

#[cfg(test)]
mod tests;
