//! What happened to the users of an app, step by step.

use serde_json::Value as Json;

use crate::evidence::{Answer, Outcome, SentWebhook, StepEvidence};
use crate::provider::Provider;
use crate::scenario::{KeyScheme, Role, Sign};

/// How old a webhook's timestamp may be, in seconds.
const FRESH: i64 = 5 * 60;

/// What happened so far.
pub(in crate::diagnose) struct Course<'p> {
    pub(in crate::diagnose) provider: &'p Provider,
    /// The users that signed up, in order.
    pub(super) users: Vec<User>,
    /// Every delivery, with the step that made it.
    pub(super) deliveries: Vec<(usize, Delivery)>,
    /// Every look at a state.
    pub(super) looks: Vec<Look>,
    /// The steps that armed a fault.
    pub(super) faults: Vec<usize>,
}

/// A user who signed up.
pub(super) struct User {
    pub(super) session: Option<String>,
    pub(super) id: Option<String>,
    pub(super) email: Option<String>,
}

/// What a look at a user's state showed.
pub(super) struct Look {
    pub(super) step: usize,
    pub(super) session: Option<String>,
    pub(super) passed: bool,
    /// Whether the user has access, where that was looked at.
    pub(super) access: Option<bool>,
    pub(super) state: Option<Json>,
}

/// A webhook that went to the app.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Delivery {
    pub(super) event_type: String,
    pub(super) id: String,
    /// Whether a right handler takes it.
    pub(super) valid: bool,
    pub(super) sign: Sign,
    pub(super) scheme: KeyScheme,
    pub(super) age: i64,
    pub(super) taken: bool,
    pub(super) copy: bool,
    pub(super) at_once: bool,
    pub(super) early: bool,
    /// Whose it is: the app's id of the customer.
    pub(super) external_id: Option<String>,
    pub(super) email: Option<String>,
    /// When it happened, as the payload says.
    pub(super) moment: String,
    /// Whether its record gives access; `None` for records of other kinds.
    pub(super) active: Option<bool>,
    /// Whether it ends access.
    pub(super) ends: bool,
    /// Whether it says that access ends later.
    pub(super) ends_later: bool,
}

impl<'p> Course<'p> {
    /// Reads it off the evidence.
    pub(in crate::diagnose) fn read(steps: &[StepEvidence], provider: &'p Provider) -> Self {
        let mut course = Self {
            provider,
            users: Vec::new(),
            deliveries: Vec::new(),
            looks: Vec::new(),
            faults: Vec::new(),
        };
        for (index, step) in steps.iter().enumerate() {
            course.faults.extend(step.fault.then_some(index));
            if let Some(user) = &step.user {
                let (id, email) = (user.id.clone(), user.email.clone());
                course.users.push(User { session: step.session.clone(), id, email });
            }
            match (&step.outcome, step.role) {
                (Outcome::Delivered(delivered), _) => {
                    let deliveries = delivered.webhooks.iter().map(|sent| delivery(sent, provider));
                    course.deliveries.extend(deliveries.map(|one| (index, one)));
                }
                (Outcome::Exchange(exchange), Role::State { .. }) => course.looks.push(Look {
                    step: index,
                    session: step.session.clone(),
                    passed: step.result.status == crate::event::Status::Passed,
                    access: access_of(step),
                    state: exchange.json.clone(),
                }),
                _ => {}
            }
        }
        course
    }

    /// The user of a session.
    pub(super) fn user(&self, session: Option<&str>) -> Option<&User> {
        self.users.iter().rev().find(|user| user.session.as_deref() == session)
    }

    /// The user whom the app calls `id`, apart from that of `session`.
    pub(super) fn other(&self, session: Option<&str>, id: &str) -> Option<&User> {
        let mut others = self.users.iter().filter(|user| user.session.as_deref() != session);
        others.find(|user| user.id.as_deref() == Some(id) || user.email.as_deref() == Some(id))
    }

    /// What went to the app between two steps.
    pub(super) fn between(&self, from: usize, to: usize) -> impl Iterator<Item = &Delivery> {
        let within = move |step: usize| (from..to).contains(&step);
        self.deliveries.iter().filter(move |(step, _)| within(*step)).map(|(_, one)| one)
    }

    /// The last look at a session's state before a step that passed.
    pub(super) fn last_look(&self, session: Option<&str>, before: usize) -> Option<&Look> {
        let mut looks = self.looks.iter().rev();
        looks.find(|look| look.step < before && look.passed && look.session.as_deref() == session)
    }

    /// Whether a fault was armed before a step.
    pub(super) fn in_trouble(&self, step: usize) -> bool {
        self.faults.iter().any(|fault| *fault < step)
    }
}

/// Whether the state showed access, where the step looked for that.
fn access_of(step: &StepEvidence) -> Option<bool> {
    let check = step.result.checks.iter().find(|check| check.path == "access")?;
    check.actual.as_bool()
}

fn delivery(sent: &SentWebhook, provider: &Provider) -> Delivery {
    let (fields, access) = (&provider.customer, &provider.access);
    let keys = &provider.webhook.payload;
    let data = &sent.payload[keys.data];
    let customer = if data[fields.nested].is_object() { &data[fields.nested] } else { data };
    let text = |record: &Json, key: &str| record[key].as_str().map(str::to_owned);
    let number = |record: &Json, key: &str| match &record[key] {
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let external_id = text(customer, fields.external_id)
        .or_else(|| number(customer, fields.external_id))
        .or_else(|| text(data, fields.external_reference));
    let about_access = sent.event_type.starts_with(access.family);
    let status = data[access.status].as_str().filter(|_| about_access);
    Delivery {
        event_type: sent.event_type.clone(),
        id: sent.id.clone(),
        valid: sent.sign == Sign::Valid && sent.age.abs() <= FRESH,
        sign: sent.sign,
        scheme: sent.scheme,
        age: sent.age,
        taken: matches!(sent.answer, Answer::Status(200..=299)),
        copy: sent.copy > 0,
        at_once: sent.at_once,
        early: sent.early,
        external_id,
        email: text(customer, fields.email),
        moment: text(&sent.payload, keys.timestamp).unwrap_or_default(),
        active: status.map(|status| access.active.contains(&status)),
        ends: access.ended.contains(&sent.event_type.as_str()),
        ends_later: about_access && data[access.ends_later] == true,
    }
}
