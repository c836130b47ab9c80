//! What the names in a scenario refer to: variables, captures, event types. Needs no target.

use super::diagnostic::Diagnostic;
use super::findings::Findings;
use super::suggest::closest;
use super::template::is_name;
use super::{
    Action, AppFile, Deliver, EVERY, EventWait, REFUSED, Role, Scenario, Span, Step, Template, Word,
};
use crate::provider::Webhook;

/// The variables that the program provides.
pub const BUILT_IN_VARIABLES: [&str; 2] = ["run.id", "email_domain"];

/// The variables that a run provides to steps once it knows its targets.
pub const RUN_VARIABLES: [&str; 7] = [
    "run.secret",
    "target.url",
    "target.token",
    "webhook.secret",
    "webhook.url",
    "app.url",
    "product.id",
];

/// The variables of a session that are there from the start, and those that `use: user` captures.
/// Those of a session with a name have that and a dot before theirs.
pub const SESSION_VARIABLES: [&str; 2] = ["email", "user_id"];

/// A variable of a session.
#[must_use]
pub fn of_session(session: Option<&str>, name: &str) -> String {
    session.map_or_else(|| name.to_owned(), |session| format!("{session}.{name}"))
}

/// What the name of a variable of the environment begins with.
pub const ENVIRONMENT: &str = "env.";

/// Finds every name that refers to nothing, or to something that is not there yet.
pub(super) fn check(scenario: &Scenario, findings: &mut Findings) {
    let mut scope = Scope { names: Vec::new(), defined: Vec::new(), kept: Vec::new() };
    definitions(scenario, &mut scope, findings);
    for row in &scenario.rows {
        for (name, span) in row.iter().flat_map(|var| var.value.uses()) {
            scope.look_up(name, span, findings);
        }
    }
    scenario.rows.iter().take(1).flatten().for_each(|var| scope.define(&var.name));
    for var in &scenario.vars {
        for (name, span) in var.value.uses() {
            scope.look_up(name, span, findings);
        }
        scope.define(&var.name);
    }
    let [email, _] = SESSION_VARIABLES;
    for name in RUN_VARIABLES {
        scope.define(name);
    }
    for step in scenario.steps.iter().filter(|step| step.role == Role::User) {
        scope.define(&of_session(step.session.as_deref(), email));
    }
    for step in &scenario.steps {
        check_step(step, &mut scope, findings);
    }
    for (name, span) in &scenario.secrets {
        scope.look_up(name, *span, findings);
    }
}

/// Finds every name in an app file that refers to nothing.
pub(super) fn check_app_file(file: &AppFile, findings: &mut Findings) {
    let names = RUN_VARIABLES.into_iter().chain(SESSION_VARIABLES).map(str::to_owned);
    let mut scope = Scope { names: names.collect(), defined: Vec::new(), kept: Vec::new() };
    let env = file.start.iter().flat_map(|start| &start.env);
    let texts = [&file.url].into_iter().chain(&file.handler.secret).chain(&file.handler.public_url);
    let texts = texts.chain(file.start.iter().map(|start| &start.command));
    let texts = texts.chain(env.map(|(_, value)| value));
    let texts = texts.chain(file.products.iter().map(|product| &product.id));
    for (name, span) in texts.flat_map(Template::variables) {
        scope.look_up(name, span, findings);
    }
    for step in [&file.user, &file.state, &file.delete].into_iter().flatten() {
        for (name, span) in step.uses() {
            scope.look_up(name, span, findings);
        }
        for capture in &step.capture {
            scope.define(&capture.name);
        }
    }
}

/// What a name can refer to at one point of the scenario.
struct Scope {
    /// What has a value already.
    names: Vec<String>,
    /// Everything the scenario defines, and where.
    defined: Vec<(String, Span, Origin)>,
    /// The names of the webhooks that are kept by now.
    kept: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Var,
    Capture,
}

impl Scope {
    fn define(&mut self, name: &str) {
        self.names.push(name.to_owned());
    }

    fn look_up(&self, name: &str, span: Span, findings: &mut Findings) {
        if BUILT_IN_VARIABLES.contains(&name) || self.names.iter().any(|known| known == name) {
            return;
        }
        if let Some(variable) = name.strip_prefix(ENVIRONMENT) {
            if !is_name(variable) {
                let title = format!("`{variable}` cannot be the name of an environment variable");
                findings.add(Diagnostic::new(span, title).help("write `${env.NAME}`"));
            }
            return;
        }
        if let Some((_, made, origin)) = self.defined.iter().find(|(known, ..)| known == name) {
            let (title, label) = match origin {
                Origin::Var => (format!("`{name}` is used before it is set"), "set here"),
                Origin::Capture => {
                    (format!("`{name}` is used before it is captured"), "captured here")
                }
            };
            let help = match origin {
                Origin::Var => "a variable may use built-ins and the variables above it",
                Origin::Capture => {
                    "a step's captures are there for its own `undo` and for the steps after it"
                }
            };
            findings.add(Diagnostic::new(span, title).related(*made, label).help(help));
            return;
        }
        let known = || self.names.iter().map(String::as_str).chain(BUILT_IN_VARIABLES);
        let finding = Diagnostic::new(span, format!("unknown variable `{name}`"));
        let parent = name
            .split('.')
            .next()
            .filter(|parent| *parent != name && known().any(|known| known == *parent));
        findings.add(match (parent, closest(name, known())) {
            (Some(parent), _) => {
                finding.help(format!("`{parent}` is taken whole: capture the part that is needed"))
            }
            (None, Some(meant)) => finding.help(format!("did you mean `{meant}`?")),
            (None, None) => finding.help("add it to `vars`, or capture it in an earlier step"),
        });
    }
}

/// Collects what the scenario defines, and refuses names that would hide others.
fn definitions(scenario: &Scenario, scope: &mut Scope, findings: &mut Findings) {
    let rows = scenario.rows.iter().take(1).flatten();
    let vars = rows.chain(&scenario.vars).map(|var| (&var.name, var.span, Origin::Var));
    let captures = scenario.steps.iter().flat_map(|step| &step.capture);
    let captures = captures.map(|capture| (&capture.name, capture.span, Origin::Capture));
    for (name, span, origin) in vars.chain(captures) {
        if BUILT_IN_VARIABLES.contains(&name.as_str()) {
            let finding = Diagnostic::new(span, format!("`{name}` is built in"));
            findings.add(finding.help(match origin {
                Origin::Var => format!("leave it out; `--var {name}=…` sets it for a run"),
                Origin::Capture => "capture under another name".to_owned(),
            }));
        } else if let Some((_, first, Origin::Var)) =
            scope.defined.iter().find(|(known, ..)| known == name)
        {
            let finding = Diagnostic::new(span, format!("`{name}` is a variable already"))
                .related(*first, "set here");
            findings.add(finding.help(match origin {
                Origin::Var => "a variable comes from `each` or from `vars`: keep one of them",
                Origin::Capture => "capture under another name",
            }));
        }
        scope.defined.push((name.clone(), span, origin));
    }
}

fn check_step(step: &Step, scope: &mut Scope, findings: &mut Findings) {
    if let Action::Event(event) = &step.action {
        check_event_type(event, findings);
    }
    for (name, span) in step.uses() {
        scope.look_up(name, span, findings);
    }
    if let Action::Deliver(deliver) = &step.action {
        check_deliver(deliver, scope, findings);
    }
    for capture in &step.capture {
        scope.define(&capture.name);
    }
    if step.role == Role::User {
        let [_, user_id] = SESSION_VARIABLES;
        scope.define(&of_session(step.session.as_deref(), user_id));
    }
    if let Action::Event(EventWait { keep: Some(keep), .. }) = &step.action {
        scope.kept.push(keep.value.clone());
    }
    // Undo requests are filled in after the captures, and from nothing that comes later.
    for (name, span) in step.undo_uses() {
        scope.look_up(name, span, findings);
    }
}

/// What is delivered has to be there: a webhook that an earlier step kept, or an event type.
fn check_deliver(deliver: &Deliver, scope: &Scope, findings: &mut Findings) {
    let known = || scope.kept.iter().map(String::as_str).chain([EVERY, REFUSED]);
    for Word { value, span } in &deliver.what {
        let is_kept = known().any(|known| known == value);
        if is_kept && deliver.payload.is_some() {
            let finding = Diagnostic::new(*span, format!("`{value}` has a payload already"));
            findings.add(finding.help("`change` changes it; `payload` goes with an event type"));
        }
        if is_kept || value.contains('.') {
            continue;
        }
        let finding = Diagnostic::new(*span, format!("no step before this keeps `{value}`"));
        let all = "keep a webhook with `as:` on an event step, or name an event type";
        findings.add(finding.suggest(closest(value, known()), all));
    }
}

fn check_event_type(event: &EventWait, findings: &mut Findings) {
    let EventWait { event_type, span, .. } = event;
    let Webhook { event_types, often_meant, examples: [one, other], .. } =
        &findings.provider().webhook;
    if event_types.contains(&event_type.as_str()) {
        return;
    }
    let often = often_meant.iter().find(|(name, _)| name == event_type).map(|(_, meant)| *meant);
    let known = || event_types.iter().copied();
    let meant = often.or_else(|| closest(event_type, known()));
    let family = event_type.split('.').next();
    let siblings: Vec<_> = known().filter(|known| known.split('.').next() == family).collect();
    let others = if siblings.is_empty() {
        format!("event types look like `{one}` or `{other}`")
    } else {
        format!("there are `{}`", siblings.join("`, `"))
    };
    let finding = Diagnostic::new(*span, format!("the API never sends `{event_type}`"));
    findings.add(finding.suggest(meant, others));
}
