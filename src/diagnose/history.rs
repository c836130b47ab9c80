//! What the whole scenario tells about the customers that it made.

use serde_json::Value as Json;

use super::asked::{Asked, Key, Place};
use super::created::{Created, id_of};
use super::near::{self, letters};
use crate::evidence::{Exchange, Outcome, StepEvidence, places};

/// Everything that was created, and how it came back later.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Where customers are posted to.
    collection: Option<Place>,
    pub(super) created: Vec<Created>,
    /// Records of those customers, from the answer of any step.
    records: Vec<(usize, Json)>,
    /// The steps that were to create one and did not.
    failed: Vec<usize>,
}

/// What became of a customer's external ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mapping<'a> {
    /// It was created with this one, and every answer has it.
    Kept(&'a str),
    /// An answer has another than it was created with.
    Changed,
    /// It was created without one, and no answer has any.
    None,
}

/// What a scenario sent for the record that an answer is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sent<'a> {
    /// This, the last time.
    Value(&'a Json),
    /// Nothing under that key: the customer that this scenario made.
    Never(&'a Created),
    /// The scenario did not make the record.
    Unknown,
}

impl History {
    /// Reads the history off the evidence.
    pub(super) fn read(steps: &[StepEvidence]) -> Self {
        let exchanges = || {
            steps.iter().enumerate().filter_map(|(step, evidence)| match &evidence.outcome {
                Outcome::Exchange(exchange) => Some((step, &**exchange)),
                _ => None,
            })
        };
        let collection = exchanges()
            .find_map(|(_, exchange)| makes_somebody(exchange).then(|| Place::of(&exchange.path)));
        let mut history = Self { collection, ..Self::default() };
        for (step, exchange) in exchanges() {
            if !exchange.response.is_success() {
                history.failed.extend(history.makes_customers(exchange).then_some(step));
                continue;
            }
            if history.makes_customers(exchange) {
                history.created.extend(Created::read(step, exchange));
                continue;
            }
            let place = Place::of(&exchange.path);
            let is_record =
                history.collection.as_ref().is_some_and(|collection| place.is_a_record(collection));
            let Some(index) = history.position(&history.asked(&place), step).filter(|_| is_record)
            else {
                continue;
            };
            let customer = &mut history.created[index];
            match (exchange.method.as_str(), &exchange.sent) {
                ("DELETE", _) => customer.deleted = Some(step),
                ("PATCH" | "PUT", Some(sent)) => customer.sent.push((step, sent.clone())),
                _ => {}
            }
        }
        let all = steps
            .iter()
            .enumerate()
            .flat_map(|(step, each)| records(each).map(move |record| (step, record)));
        let ours = all.filter(|(_, record)| history.is_ours(record));
        history.records = ours.map(|(step, record)| (step, record.clone())).collect();
        history
    }

    /// Whether a request makes a customer. Others make members, endpoints or whatever else.
    pub(super) fn makes_customers(&self, exchange: &Exchange) -> bool {
        let there = |collection: &Place| collection.is_at(&Place::of(&exchange.path));
        makes_somebody(exchange) && self.collection.as_ref().is_some_and(there)
    }

    /// Whether an answer is about customers: it comes from where they are posted to, and what it holds
    /// does not say whose it is.
    pub(super) fn is_about_customers(&self, exchange: &Exchange) -> bool {
        let place = Place::of(&exchange.path);
        let there =
            self.collection.as_ref().is_none_or(|collection| place.below(collection).is_some());
        let theirs = exchange.json.iter().flat_map(|body| [body, &body["items"][0]]);
        there && theirs.into_iter().all(|record| record.get("customer_id").is_none())
    }

    /// Whether a request is for a customer itself or for their list, and not for something below, such as
    /// a customer's state.
    pub(super) fn is_of_a_customer(&self, exchange: &Exchange) -> bool {
        let place = Place::of(&exchange.path);
        self.collection.as_ref().is_none_or(|collection| {
            place.below(collection).is_none_or(<[_]>::is_empty) || place.is_a_record(collection)
        })
    }

    /// What a request asks for, where it asks for customers.
    pub(super) fn asked<'a>(&self, place: &'a Place) -> Vec<Asked<'a>> {
        self.collection.as_ref().map(|collection| place.asks(collection)).unwrap_or_default()
    }

    /// The customer that is asked for: the newest one made before `step`, a living one first.
    pub(super) fn customer(&self, asked: &[Asked<'_>], step: usize) -> Option<&Created> {
        self.position(asked, step).and_then(|index| self.created.get(index))
    }

    fn position(&self, asked: &[Asked<'_>], step: usize) -> Option<usize> {
        let named =
            |created: &Created| created.step < step && asked.iter().any(|asked| created.is(asked));
        let alive = self.created.iter().rposition(|each| named(each) && !is_deleted(each, step));
        alive.or_else(|| self.created.iter().rposition(named))
    }

    /// What this scenario sent under `key` for the record that an answer is about.
    pub(super) fn sent<'a>(&'a self, step: usize, exchange: &'a Exchange, key: &str) -> Sent<'a> {
        if let Some(value) = exchange.sent.as_ref().and_then(|sent| sent.get(key)) {
            return Sent::Value(value);
        }
        let place = Place::of(&exchange.path);
        let by_id = || {
            let body = exchange.json.as_ref()?;
            let id = id_of(if body["items"].is_array() { &body["items"][0] } else { body })?;
            self.customer(&[Asked { key: Key::Id, value: &id }], step)
        };
        let customer = self
            .created_by(step)
            .or_else(|| self.customer(&self.asked(&place), step))
            .or_else(by_id);
        match customer {
            Some(created) => {
                created.sent_before(step, key).map_or(Sent::Never(created), Sent::Value)
            }
            None => Sent::Unknown,
        }
    }

    /// The customers that had been made before `step`.
    pub(super) fn before(&self, step: usize) -> impl DoubleEndedIterator<Item = &Created> {
        self.created.iter().filter(move |created| created.step < step)
    }

    /// The customers that had been made before `step`, and not deleted since.
    pub(super) fn alive_before(&self, step: usize) -> impl Iterator<Item = &Created> {
        self.before(step).filter(move |created| !is_deleted(created, step))
    }

    /// Whether the customer that the target calls `id` had been deleted before `step`.
    pub(super) fn deleted_before(&self, step: usize, id: &str) -> bool {
        self.created
            .iter()
            .any(|created| created.id.as_deref() == Some(id) && is_deleted(created, step))
    }

    /// Whether customers were created with this external ID, and the target's answers kept it; nothing where
    /// none was.
    pub(super) fn kept(&self, external_id: &str) -> Option<bool> {
        let mut sent = self
            .created
            .iter()
            .filter(|created| created.text("external_id") == Some(external_id))
            .peekable();
        sent.peek()?;
        let differs = |record: &Json| record.get("external_id").is_some_and(|id| id != external_id);
        Some(!sent.any(|created| self.records_of(created).any(differs)))
    }

    /// What to try where a creation sent this external ID under another key than the API's.
    pub(super) fn near_miss(&self, external_id: &str) -> Option<String> {
        let unsent =
            self.created.iter().filter(|created| created.text("external_id") != Some(external_id));
        let (line, miss) = unsent
            .filter(|created| !places(created.body(), external_id, "").is_empty())
            .find_map(|created| {
                Some((&created.line, near::miss(created.body(), "external_id", external_id)?))
            })?;
        Some(format!(
            "{line} was sent with {miss} in place of a usable `external_id`: send it as `external_id`, as text, at the \
             top level of the body."
        ))
    }

    /// What became of the external ID of the customer that a path names; nothing where that is not known.
    pub(super) fn mapping_of(&self, path: &str, step: usize) -> Option<Mapping<'_>> {
        let place = Place::of(path);
        let created = self.customer(&self.asked(&place), step)?;
        let mut found = self.records_of(created).filter_map(|record| record.get("external_id"));
        Some(match created.text("external_id") {
            Some(sent) if found.any(|found| found != sent) => Mapping::Changed,
            Some(sent) => Mapping::Kept(sent),
            // It may have been set by an update since.
            None if found.any(|found| !found.is_null()) => Mapping::Changed,
            None => Mapping::None,
        })
    }

    /// The mapping as it was sent and as it came back, for a customer that is `asked` for by a part of it: the
    /// key, what was sent, and the first record that says otherwise.
    pub(super) fn broken_key(&self, asked: &[Asked<'_>]) -> Option<(&'static str, &str, &Json)> {
        let by = |asked: &Asked<'_>, key: &str| match asked.key {
            Key::ExternalId => key == "external_id",
            Key::Email => key == "email",
            Key::Search => true,
            Key::Id | Key::Metadata(_) => false,
        };
        self.created.iter().find_map(|created| {
            ["external_id", "email"].into_iter().find_map(|key| {
                created.texts_by_step(key).find_map(|(steps, sent)| {
                    asked.iter().find(|asked| by(asked, key) && asked.is_met_by(key, sent))?;
                    let records = self.records.iter().filter(|(step, record)| {
                        steps.contains(step) && created.id.is_some() && id_of(record) == created.id
                    });
                    let mut found = records.filter_map(|(_, record)| record.get(key));
                    Some((key, sent, found.find(|found| found.as_str() != Some(sent))?))
                })
            })
        })
    }

    fn records_of<'a>(&'a self, created: &'a Created) -> impl Iterator<Item = &'a Json> {
        let records = self.records.iter().map(|(_, record)| record);
        records.filter(|record| created.id.is_some() && id_of(record) == created.id)
    }

    fn is_ours(&self, record: &Json) -> bool {
        id_of(record).is_some_and(|id| self.knows_id(&id))
    }

    /// Whether `asked` names the customer that the target calls `id`.
    pub(super) fn is_asked_for(&self, id: &str, asked: &[Asked<'_>]) -> bool {
        let mut created = self.created.iter().filter(|created| created.id.as_deref() == Some(id));
        created.any(|created| asked.iter().any(|asked| created.is(asked)))
    }

    /// Whether anything had been created before `step`.
    pub(super) fn created_before(&self, step: usize) -> bool {
        self.before(step).next().is_some()
    }

    /// Whether a creation had been tried in vain before `step`.
    pub(super) fn tried_before(&self, step: usize) -> bool {
        self.failed.iter().any(|failed| *failed < step)
    }

    /// The customer that `step` created.
    pub(super) fn created_by(&self, step: usize) -> Option<&Created> {
        self.created.iter().find(|created| created.step == step)
    }

    /// Whether the target calls one of the customers `id`.
    pub(super) fn knows_id(&self, id: &str) -> bool {
        self.created.iter().any(|created| created.id.as_deref() == Some(id))
    }
}

fn is_deleted(created: &Created, before: usize) -> bool {
    created.deleted.is_some_and(|step| step < before)
}

/// The records in the answer of a step: its body, or the items of its list.
fn records(step: &StepEvidence) -> impl Iterator<Item = &Json> {
    let body = match &step.outcome {
        Outcome::Exchange(exchange) if exchange.response.is_success() => exchange.json.as_ref(),
        _ => None,
    };
    body.into_iter().chain(body.and_then(|body| body["items"].as_array()).into_iter().flatten())
}

/// Whether a request makes somebody: what is posted names a person.
fn makes_somebody(exchange: &Exchange) -> bool {
    let sent = exchange.sent.as_ref().filter(|_| exchange.method == "POST");
    let names = |(key, value): (&String, &Json)| {
        value.is_string() && matches!(&*letters(key), "email" | "externalid")
    };
    sent.and_then(Json::as_object).is_some_and(|sent| sent.iter().any(names))
}
