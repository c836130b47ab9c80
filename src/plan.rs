//! Scenarios and options become a plan: which scenarios run, with which variables, and which event
//! types they wait for. No I/O; ids are handed in.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use thiserror::Error;

use crate::environment::Environment;
use crate::provider::{Customer, Provider};
pub use crate::scenario::MARK;
use crate::scenario::{
    Action, ENVIRONMENT, Part, Request, Scenario, Shape, ShapeKind, Span, Step, Template,
};
use crate::variables::{FillError, Variables};

/// The variable that holds the run's id of a scenario.
pub const RUN_ID: &str = "run.id";
/// The variable that holds the domain of made-up addresses.
pub const EMAIL_DOMAIN: &str = "email_domain";

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
}

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The provider that the targets speak like.
    pub provider: &'static Provider,
    /// In the order in which they were selected; never empty.
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
            .map(|scenario| PlannedScenario::new(scenario, &provider.customer, inputs, next_id()))
            .collect::<Result<_, _>>()?;
        Ok(Self { provider, scenarios, event_types })
    }
}

impl PlannedScenario {
    /// The values that are known by now and must never be printed.
    pub fn secrets(&self) -> impl Iterator<Item = String> {
        let secrets = self.scenario.secrets.iter();
        secrets.filter_map(|(name, _)| self.variables.get(name).ok()).flat_map(texts)
    }

    fn new(
        mut scenario: Scenario,
        customer: &Customer,
        inputs: &Inputs,
        run_id: String,
    ) -> Result<Self, PlanError> {
        let mut variables = Variables::default();
        variables.set(RUN_ID, json!(run_id));
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
            marked |= mark(request, customer) && !knows_the_mark;
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
        Ok(Self { scenario, run_id, variables, marked })
    }
}

/// Marks a customer that `request` creates with the run's id, so that what stays after a crash can
/// be found; says whether it did. A body that is not an object, or that tests the limits of
/// metadata, stays as its author wrote it.
fn mark(request: &mut Request, customer: &Customer) -> bool {
    let creates =
        request.path.literal().is_some_and(|path| customer.is_creation(&request.method, path));
    let Some(Shape { kind: ShapeKind::Object(entries), span }) = request.body.shape_mut() else {
        return false;
    };
    if !creates || !request.mark {
        return false;
    }
    let own = Shape { span: *span, kind: ShapeKind::Text(run_id_template(*span)) };
    match entries.iter_mut().find(|(key, _)| key == customer.metadata) {
        None => {
            let metadata = ShapeKind::Object(vec![(MARK.to_owned(), own)]);
            entries.push((customer.metadata.to_owned(), Shape { span: *span, kind: metadata }));
            true
        }
        Some((_, Shape { kind: ShapeKind::Object(metadata), .. }))
            if metadata.len() < customer.metadata_limit
                && metadata.iter().all(|(key, _)| key != MARK) =>
        {
            metadata.push((MARK.to_owned(), own));
            true
        }
        Some(_) => false,
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
}

fn run_id_template(span: Span) -> Template {
    Template { span, parts: vec![Part::Variable { name: RUN_ID.to_owned(), span }] }
}

fn event_types(scenario: &Scenario) -> Vec<String> {
    let event = |step: &Step| match &step.action {
        Action::Event(event) => Some(event.event_type.clone()),
        Action::Request(_) => None,
    };
    scenario.steps.iter().filter_map(event).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::made_up::ACME;
    use crate::scenario;

    fn read(text: &str) -> Scenario {
        scenario::read("t.yaml", text, &ACME).unwrap_or_else(|errors| panic!("{errors:?}"))
    }

    fn mapping() -> Scenario {
        read(
            "name: mapping\ntags: [a]\nvars:\n  user: user_${run.id}\n  \
             email: ${user}@${email_domain}\nsteps:\n  \
             - request: POST /people/\n    body: { mail: \"${email}\" }\n  - event: person.added\n",
        )
    }

    fn inputs(pairs: &[(&str, &str)], domain: Option<&str>) -> Inputs {
        let overrides =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let email_domain = domain.map(str::to_owned);
        Inputs { overrides, email_domain, ..Inputs::default() }
    }

    fn plan(scenario: Scenario, inputs: &Inputs) -> Result<Plan, PlanError> {
        Plan::new(vec![scenario], &ACME, inputs, || "id1".to_owned())
    }

    #[test]
    fn variables_are_filled_in_from_the_top_down() {
        let plan = plan(mapping(), &inputs(&[], Some("example.com"))).unwrap();
        let variables = &plan.scenarios[0].variables;
        assert_eq!(variables.get("email"), Ok(&json!("user_id1@example.com")));
        assert_eq!(variables.get("run.id"), Ok(&json!("id1")));
        assert_eq!(plan.event_types, BTreeSet::from(["person.added".to_owned()]));
    }

    #[test]
    fn an_override_wins_and_the_last_one_of_a_name() {
        let inputs = inputs(
            &[("user", "x"), ("user", "y"), ("email_domain", "mine.dev")],
            Some("example.com"),
        );
        let plan = plan(mapping(), &inputs).unwrap();
        assert_eq!(plan.scenarios[0].variables.get("email"), Ok(&json!("y@mine.dev")));
    }

    #[test]
    fn a_name_that_no_scenario_knows_is_refused() {
        let error = plan(mapping(), &inputs(&[("usr", "x")], Some("example.com"))).unwrap_err();
        let known = vec!["email".to_owned(), "email_domain".to_owned(), "user".to_owned()];
        assert_eq!(error, PlanError::UnknownVariable { name: "usr".to_owned(), known });
    }

    #[test]
    fn an_address_is_only_made_up_where_the_target_takes_it() {
        assert_eq!(
            plan(mapping(), &inputs(&[], None)).unwrap_err(),
            PlanError::NoEmailDomain("mapping".to_owned())
        );
        assert!(plan(mapping(), &inputs(&[("email_domain", "mine.dev")], None)).is_ok());
        assert!(plan(mapping(), &inputs(&[("email", "me@mine.dev")], None)).is_ok());
        let direct = "name: t\nsteps:\n  - request: GET /people/?mail=a@${email_domain}\n";
        assert!(matches!(plan(read(direct), &inputs(&[], None)), Err(PlanError::NoEmailDomain(_))));
    }

    #[test]
    fn tags_select_and_nothing_selected_is_an_error() {
        let other = read("name: other\ntags: [b]\nsteps:\n  - request: GET /\n");
        let select = |tags: &[&str]| {
            let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
            let inputs = Inputs { tags, ..inputs(&[], Some("example.com")) };
            Plan::new(vec![mapping(), other.clone()], &ACME, &inputs, || "id".to_owned())
        };
        assert_eq!(select(&["b"]).unwrap().scenarios[0].scenario.name, "other");
        assert_eq!(select(&["b", "a"]).unwrap().scenarios.len(), 2);
        assert_eq!(select(&[]).unwrap().scenarios.len(), 2);
        let tags = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(
            select(&["c"]).unwrap_err(),
            PlanError::NothingSelected(vec!["c".to_owned()], tags)
        );
    }

    #[test]
    fn a_variable_that_would_empty_a_path_is_refused_before_anything_is_sent() {
        let scenario = read(
            "name: t\nvars:\n  id: x\nsteps:\n  - name: look\n    request: GET /people/${id}\n",
        );
        assert!(plan(scenario.clone(), &inputs(&[], None)).is_ok());
        let error = plan(scenario, &inputs(&[("id", "..")], None)).unwrap_err();
        assert!(matches!(&error, PlanError::BadPath { step, .. } if step == "look"), "{error}");
    }

    /// The body that a creation with `body` sends, variables filled in.
    fn sent(line: &str, body: &str) -> Json {
        let scenario = read(&format!("name: t\nsteps:\n  - request: {line}\n    body: {body}\n"));
        let plan = plan(scenario, &Inputs::default()).unwrap();
        let planned = &plan.scenarios[0];
        let Action::Request(request) = &planned.scenario.steps[0].action else {
            panic!("a request")
        };
        let Some(body) = request.body.shape() else { panic!("keys and values") };
        planned.variables.value(body).unwrap()
    }

    #[test]
    fn what_is_created_is_marked() {
        let marked = json!({ "name": "Ann", "labels": { "tieback_run": "id1" } });
        assert_eq!(sent("POST /people/", "{ name: Ann }"), marked);
        assert_eq!(sent("POST /people", "{ name: Ann }"), marked);
        let beside = json!({ "labels": { "a": 1, "tieback_run": "id1" } });
        assert_eq!(sent("POST /people/", "{ labels: { a: 1 } }"), beside);
    }

    #[test]
    fn a_step_may_leave_the_mark_off() {
        let plain = json!({ "name": "Ann" });
        assert_eq!(sent("POST /people/\n    mark: false", "{ name: Ann }"), plain);
        assert_eq!(
            sent("POST /people/\n    mark: true", "{ name: Ann }")["labels"],
            json!({ MARK: "id1" })
        );
    }

    #[test]
    fn who_knows_the_mark_sees_it() {
        let step = "name: t\nsteps:\n  - request: POST /people/\n    body: { name: Ann }\n";
        let marked = |more: &str| {
            plan(read(&format!("{step}{more}")), &Inputs::default()).unwrap().scenarios[0].marked
        };
        assert!(marked(""));
        assert!(marked("    expect: { body: { labels: { $equals: {} } } }\n"));
        for known in [
            "    mark: false\n",
            "    expect: { body: { labels: { tieback_run: { $exists: true } } } }\n",
            "    expect: { body: { labels: { $equals: { tieback_run: \"${run.id}\" } } } }\n",
            "    capture: { mark: labels.tieback_run }\n",
            "  - event: person.added\n    \
             where: { data: { labels: { tieback_run: \"${run.id}\" } } }\n",
        ] {
            assert!(!marked(known), "{known}");
        }
    }

    #[test]
    fn a_body_that_tests_something_else_stays_as_it_is() {
        for body in
            ["{ labels: null }", "{ labels: [] }", "[]", "{ labels: { tieback_run: mine } }"]
        {
            let unmarked = sent("POST /other/", body);
            assert_eq!(sent("POST /people/", body), unmarked, "{body}");
        }
        assert_eq!(sent("PATCH /people/x", "{ name: Ann }"), json!({ "name": "Ann" }));
        let full: Vec<_> =
            (0..ACME.customer.metadata_limit).map(|key| format!("k{key}: 1")).collect();
        let body = format!("{{ labels: {{ {} }} }}", full.join(", "));
        assert_eq!(
            sent("POST /people/", &body)["labels"].as_object().unwrap().len(),
            ACME.customer.metadata_limit
        );
    }
}
