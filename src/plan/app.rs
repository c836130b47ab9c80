//! What the app file says takes the place of the steps with `use`.

use std::collections::BTreeSet;

use serde_json::json;

use super::{EMAIL_DOMAIN, RUN_ID};
use crate::scenario::{
    Action, AppFile, AppStep, Expect, FromApp, Need, Role, SESSION_VARIABLES, Scenario, Step,
    of_session,
};
use crate::variables::Variables;

/// The variable that holds the id of the app's first product.
const PRODUCT: &str = "product.id";

/// What a planned scenario knows of the app.
#[derive(Debug, Clone, Default)]
pub struct AppRules {
    /// What it is missing, as a reason to skip it.
    pub lacks: Option<String>,
    /// What the state is like while a user has access.
    pub access: Option<Expect>,
    /// Keys of the state that change by themselves.
    pub ignore: Vec<String>,
}

impl AppRules {
    /// What the state of a session's user is like while that user has access.
    #[must_use]
    pub fn access_of(&self, session: Option<&str>) -> Option<Expect> {
        let mut access = self.access.clone()?;
        if session.is_some() {
            let own =
                |name: &str| SESSION_VARIABLES.contains(&name).then(|| of_session(session, name));
            access.rename(&own);
        }
        Some(access)
    }
}

/// Puts what the app file says in place of the steps with `use`.
pub(super) fn resolve(scenario: &mut Scenario, app: Option<&AppFile>) -> AppRules {
    if !scenario.needs.contains(&Need::App) {
        return AppRules::default();
    }
    let lacking = |why: &str| AppRules { lacks: Some(why.to_owned()), ..AppRules::default() };
    let Some(app) = app else {
        return lacking("it needs an app under test: name its app file with --app");
    };
    let mut lacks = None;
    let captures = app.user.iter().flat_map(|user| &user.capture);
    let own = SESSION_VARIABLES.into_iter().chain(captures.map(|it| it.name.as_str())).collect();
    for step in &mut scenario.steps {
        let Action::Use(from) = step.action else { continue };
        let (given, key) = match from {
            FromApp::User => (&app.user, "user"),
            FromApp::State => (&app.state, "state"),
            FromApp::Delete => (&app.delete, "user.delete"),
        };
        match given {
            Some(given) => put(step, given, &own),
            None => lacks = Some(key),
        }
        if matches!(step.role, Role::State { access: Some(_) }) && app.access.is_none() {
            lacks = Some("access");
        }
    }
    let product = |step: &Step| step.uses().iter().any(|(name, _)| *name == PRODUCT);
    if app.products.is_empty() && scenario.steps.iter().any(product) {
        lacks = Some("products");
    }
    if let Some(key) = lacks {
        return lacking(&format!("the app file has no `{key}`"));
    }
    AppRules { lacks: None, access: app.access.clone(), ignore: app.ignore.clone() }
}

/// Puts what the app file says in place of one step. The variables of a session with a name have
/// that before theirs.
fn put(step: &mut Step, given: &AppStep, own: &BTreeSet<&str>) {
    let session = step.session.as_deref();
    let rename =
        |name: &str| (session.is_some() && own.contains(name)).then(|| of_session(session, name));
    let AppStep { mut action, mut expect, capture, hidden, .. } = given.clone();
    action.rename(&rename);
    expect.rename(&rename);
    for mut capture in capture {
        capture.from.rename(&rename);
        capture.name = of_session(session, &capture.name);
        step.capture.push(capture);
    }
    // What the scenario expects of a part counts in place of what the app file does.
    let asked = &mut step.expect;
    asked.status = asked.status.take().or(expect.status);
    asked.body = asked.body.take().or(expect.body);
    asked.headers.extend(expect.headers);
    step.action = action;
    step.hidden = hidden;
}

/// Makes up the addresses of the users that a scenario signs up, where it does not name them.
pub(super) fn addresses(scenario: &Scenario, variables: &mut Variables) {
    let [email, _] = SESSION_VARIABLES;
    let (Ok(id), Ok(domain)) = (variables.get(RUN_ID), variables.get(EMAIL_DOMAIN)) else { return };
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let (id, domain) = (text(id), text(domain));
    for step in scenario.steps.iter().filter(|step| step.role == Role::User) {
        let session = step.session.as_deref();
        let suffix = session.map(|name| format!("-{}", name.to_lowercase())).unwrap_or_default();
        let name = of_session(session, email);
        if scenario.vars.iter().all(|var| var.name != name) {
            variables.set(name, json!(format!("buyer{suffix}+{id}@{domain}")));
        }
    }
}
