//! What the whole scenario tells about the customers that it made.

use serde_json::Value as Json;

use super::asked::{Asked, Key, Place};
use super::created::Created;
use super::near::{self, letters};
use crate::evidence::{Exchange, Outcome, StepEvidence, places};
use crate::provider::{Customer, Provider};
use crate::scenario::TargetName;

/// Everything that was created, and how it came back later.
#[derive(Debug)]
pub(super) struct History<'p> {
    pub(super) provider: &'p Provider,
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

impl<'p> History<'p> {
    /// Reads the history off the evidence.
    pub(super) fn read(steps: &[StepEvidence], provider: &'p Provider) -> Self {
        let fields = &provider.customer;
        let exchanges = || {
            let of_the_api =
                steps.iter().enumerate().filter(|(_, it)| it.target == TargetName::Api);
            of_the_api.filter_map(|(step, evidence)| match &evidence.outcome {
                Outcome::Exchange(exchange) => Some((step, &**exchange)),
                _ => None,
            })
        };
        let collection = exchanges().find_map(|(_, exchange)| {
            names_a_person(exchange, fields).then(|| Place::of(&exchange.path))
        });
        let mut history = Self {
            provider,
            collection,
            created: Vec::new(),
            records: Vec::new(),
            failed: Vec::new(),
        };
        for (step, exchange) in exchanges() {
            if !exchange.response.is_success() {
                history.failed.extend(history.makes_customers(exchange).then_some(step));
                continue;
            }
            if history.makes_customers(exchange) {
                history.created.extend(Created::read(step, exchange, fields));
                continue;
            }
            let place = Place::of(&exchange.path);
            let collection = history.collection.as_ref();
            let is_record =
                collection.is_some_and(|collection| place.is_a_record(collection, fields));
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
        let items = provider.listing.items;
        let all = steps
            .iter()
            .enumerate()
            .flat_map(|(step, each)| records(each, items).map(move |record| (step, record)));
        let ours = all.filter(|(_, record)| history.is_ours(record));
        history.records = ours.map(|(step, record)| (step, record.clone())).collect();
        history
    }

    /// What the provider's customers look like.
    pub(super) fn fields(&self) -> &'p Customer {
        &self.provider.customer
    }

    /// The records of a list, where a body is one.
    pub(super) fn items<'b>(&self, body: &'b Json) -> Option<&'b Vec<Json>> {
        body[self.provider.listing.items].as_array()
    }

    /// The provider's own id of a record.
    pub(super) fn id_of(&self, record: &Json) -> Option<String> {
        self.fields().id_of(record)
    }

    /// The one record that an answer is about: its body, or the first of its items.
    pub(super) fn record_of<'e>(&self, exchange: &'e Exchange) -> Option<&'e Json> {
        let body = exchange.json.as_ref()?;
        match self.items(body) {
            Some(items) => items.first(),
            None => Some(body).filter(|body| body.is_object()),
        }
    }

    /// Whether a request makes a customer. Others make members, endpoints or whatever else.
    pub(super) fn makes_customers(&self, exchange: &Exchange) -> bool {
        let there = |collection: &Place| collection.is_at(&Place::of(&exchange.path));
        names_a_person(exchange, self.fields()) && self.collection.as_ref().is_some_and(there)
    }

    /// Whether an answer is about customers: it comes from where they are posted to, and what it
    /// holds does not say whose it is.
    pub(super) fn is_about_customers(&self, exchange: &Exchange) -> bool {
        let place = Place::of(&exchange.path);
        let there =
            self.collection.as_ref().is_none_or(|collection| place.below(collection).is_some());
        let items = self.provider.listing.items;
        let mut theirs = exchange.json.iter().flat_map(|body| [body, &body[items][0]]);
        there && theirs.all(|record| record.get(self.fields().reference).is_none())
    }

    /// Whether a request is for a customer itself or for their list, and not for something below,
    /// such as a customer's state.
    pub(super) fn is_of_a_customer(&self, exchange: &Exchange) -> bool {
        let place = Place::of(&exchange.path);
        self.collection.as_ref().is_none_or(|collection| {
            place.below(collection).is_none_or(<[_]>::is_empty)
                || place.is_a_record(collection, self.fields())
        })
    }

    /// What a request asks for, where it asks for customers.
    pub(super) fn asked<'a>(&self, place: &'a Place) -> Vec<Asked<'a>> {
        let collection = self.collection.as_ref();
        collection.map(|collection| place.asks(collection, self.fields())).unwrap_or_default()
    }

    /// The customer that is asked for: the newest one made before `step`, a living one first.
    pub(super) fn customer(&self, asked: &[Asked<'_>], step: usize) -> Option<&Created> {
        self.position(asked, step).and_then(|index| self.created.get(index))
    }

    fn position(&self, asked: &[Asked<'_>], step: usize) -> Option<usize> {
        let named = |created: &Created| {
            created.step < step && asked.iter().any(|asked| created.is(asked, self.fields()))
        };
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
            let id = self.id_of(self.record_of(exchange)?)?;
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

    /// Whether customers were created with this external ID, and the target's answers kept it;
    /// nothing where none was.
    pub(super) fn kept(&self, external_id: &str) -> Option<bool> {
        let key = self.fields().external_id;
        let mut sent =
            self.created.iter().filter(|created| created.text(key) == Some(external_id)).peekable();
        sent.peek()?;
        let differs = |record: &Json| record.get(key).is_some_and(|id| id != external_id);
        Some(!sent.any(|created| self.records_of(created).any(differs)))
    }

    /// What to try where a creation sent this external ID under another key than the API's.
    pub(super) fn near_miss(&self, external_id: &str) -> Option<String> {
        let key = self.fields().external_id;
        let unsent = self.created.iter().filter(|created| created.text(key) != Some(external_id));
        let (line, miss) =
            unsent.filter(|created| !places(created.body(), external_id, "").is_empty()).find_map(
                |created| Some((&created.line, near::miss(created.body(), key, external_id)?)),
            )?;
        Some(format!(
            "{line} was sent with {miss} in place of a usable `{key}`: send it as `{key}`, as \
             text, at the top level of the body."
        ))
    }

    /// What became of the external ID of the customer that a path names; nothing where that is not
    /// known.
    pub(super) fn mapping_of(&self, path: &str, step: usize) -> Option<Mapping<'_>> {
        let place = Place::of(path);
        let created = self.customer(&self.asked(&place), step)?;
        let key = self.fields().external_id;
        let mut found = self.records_of(created).filter_map(|record| record.get(key));
        Some(match created.text(key) {
            Some(sent) if found.any(|found| found != sent) => Mapping::Changed,
            Some(sent) => Mapping::Kept(sent),
            // It may have been set by an update since.
            None if found.any(|found| !found.is_null()) => Mapping::Changed,
            None => Mapping::None,
        })
    }

    /// The mapping as it was sent and as it came back, for a customer that is `asked` for by a part
    /// of it: the key, what was sent, and the first record that says otherwise.
    pub(super) fn broken_key(&self, asked: &[Asked<'_>]) -> Option<(&'static str, &str, &Json)> {
        let fields = self.fields();
        self.created.iter().find_map(|created| {
            [fields.external_id, fields.email].into_iter().find_map(|key| {
                created.texts_by_step(key).find_map(|(steps, sent)| {
                    asked.iter().find(|asked| asked.is_met_by(key, sent, fields))?;
                    let records = self.records.iter().filter(|(step, record)| {
                        steps.contains(step)
                            && created.id.is_some()
                            && self.id_of(record) == created.id
                    });
                    let mut found = records.filter_map(|(_, record)| record.get(key));
                    Some((key, sent, found.find(|found| found.as_str() != Some(sent))?))
                })
            })
        })
    }

    fn records_of<'a>(&'a self, created: &'a Created) -> impl Iterator<Item = &'a Json> {
        let records = self.records.iter().map(|(_, record)| record);
        records.filter(|record| created.id.is_some() && self.id_of(record) == created.id)
    }

    fn is_ours(&self, record: &Json) -> bool {
        self.id_of(record).is_some_and(|id| self.knows_id(&id))
    }

    /// Whether `asked` names the customer that the target calls `id`.
    pub(super) fn is_asked_for(&self, id: &str, asked: &[Asked<'_>]) -> bool {
        let mut created = self.created.iter().filter(|created| created.id.as_deref() == Some(id));
        created.any(|created| asked.iter().any(|asked| created.is(asked, self.fields())))
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
fn records<'a>(step: &'a StepEvidence, items: &str) -> impl Iterator<Item = &'a Json> + use<'a> {
    let body = match &step.outcome {
        Outcome::Exchange(exchange) if exchange.response.is_success() => exchange.json.as_ref(),
        _ => None,
    };
    body.into_iter().chain(body.and_then(|body| body[items].as_array()).into_iter().flatten())
}

/// Whether a request posts a record with an e-mail or an external ID, in any spelling.
fn names_a_person(exchange: &Exchange, fields: &Customer) -> bool {
    let sent = exchange.sent.as_ref().filter(|_| exchange.method == "POST");
    let names = |(key, value): (&String, &Json)| {
        let keys = [fields.email, fields.external_id];
        value.is_string() && keys.iter().any(|known| letters(key) == letters(known))
    };
    sent.and_then(Json::as_object).is_some_and(|sent| sent.iter().any(names))
}
