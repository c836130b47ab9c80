//! Who owns the record that a request is about to change.
//!
//! A target may lie about ids, and may answer a creation with what was there before. So where an id
//! came out of one of its answers, the record it leads to must be shown to be this run's before
//! anything is changed or deleted there: it carries the run's id, or its creation was new, and
//! nothing shows that it is older than the run.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::age::{Age, Beginning};
use super::context::Context;
use super::lenient;
use super::prepare::get_like;
use crate::http::{Client, Failure, Request as HttpRequest, Response, encode};
use crate::provider::Customer;
use crate::scenario::{Part, Request, Shape, Template};

/// Who owns the record that a path leads to.
#[derive(Debug)]
pub(super) enum Ownership {
    /// This run's.
    Ours,
    /// The target says that the record does not exist.
    Denied,
    /// No record is shown there: it does not exist, or this path cannot read it; holds the status.
    Unseen(u16),
    /// Not this run's, or not provably so.
    Foreign(Judged),
    /// The look-up failed; says why.
    Unknown(String),
    /// No answer came.
    Unanswered(Failure),
}

/// Who owns a record, judged by what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// This run's.
    Ours,
    /// It was there before the run; holds when it was made, in its own words.
    Before(String),
    /// It is what this run asked for, and nothing shows that it is new.
    Unclear,
    /// Another's.
    Stranger,
}

impl Judged {
    /// Why it is not touched, as it stands after "the record there".
    pub(super) fn why(&self) -> String {
        match self {
            Self::Ours | Self::Stranger => "carries nothing of this run".to_owned(),
            Self::Before(made) => format!("was there before this run (it was made at {made})"),
            Self::Unclear => {
                "may have been there before this run: nothing shows that it is new".to_owned()
            }
        }
    }
}

/// Whether a step may change what its path leads to.
pub(super) enum Permission {
    /// It may; holds where a GET has shown a record of this run.
    Granted(Option<String>),
    /// It may not; says why, as it stands after "the record there".
    Refused(String),
}

/// The e-mails and external IDs of a record, by key.
type Identities = Vec<(&'static str, String)>;

/// What a scenario knows of the records that it made and met.
#[derive(Debug, Default, Clone)]
pub(super) struct Ledger {
    made: Vec<Made>,
    /// The paths of records that are known to be this run's, because a GET has shown them.
    own: HashSet<String>,
    /// The ids of records that an answer has shown to be this run's.
    ids: HashSet<String>,
    /// The paths of what its steps have deleted.
    removed: HashSet<String>,
}

/// What a creation made, by its answer.
#[derive(Debug, Clone)]
struct Made {
    id: Option<String>,
    given: Identities,
    /// Whether the target called it new: a 201, with a record that is not older than the scenario.
    new: bool,
}

impl Made {
    /// Whether the record with this id and these keys is what this made: it has the same id or key,
    /// and no other key than it was given.
    fn fits(&self, id: Option<&String>, keys: &Identities) -> bool {
        let same_id = id.is_some() && self.id.as_ref() == id;
        let differs = |(key, value): &(&str, String)| {
            keys.iter().any(|(other, found)| other == key && found != value)
        };
        (same_id || self.asked_for(keys)) && !self.given.iter().any(differs)
    }

    /// Whether it was given one of these keys.
    fn asked_for(&self, keys: &Identities) -> bool {
        self.given.iter().any(|given| keys.contains(given))
    }
}

impl Ledger {
    /// Whether what stood at `place` was deleted by a step.
    pub(super) fn removed(&self, place: &str) -> bool {
        self.removed.contains(place)
    }

    /// The paths of what steps deleted.
    pub(super) fn removals(&self) -> impl Iterator<Item = &str> {
        self.removed.iter().map(String::as_str)
    }

    /// Records where a GET has shown a record of this run.
    pub(super) fn own(&mut self, place: Option<String>) {
        self.own.extend(place);
    }

    /// Whether a GET has shown a record of this run at `place`.
    pub(super) fn has_shown(&self, place: &str) -> bool {
        self.own.contains(place)
    }

    /// Whether `path` holds the id of a record that an answer has shown to be this run's.
    pub(super) fn vouches_for(&self, path: &str) -> bool {
        let segments: HashSet<_> = record(path).split('/').collect();
        self.ids.iter().any(|id| segments.contains(encode(id).as_str()))
    }

    /// Judges who owns a record in `answer`.
    pub(super) fn judge(&self, context: &Context<'_>, record: &Json, answer: &Response) -> Judged {
        let customer = context.customer();
        let (id, keys) = (lenient::id(record, customer.id), identities(customer, record));
        let mentions = context.carries_the_run_s_id(record);
        let made: Vec<_> = self.made.iter().filter(|made| made.fits(id.as_ref(), &keys)).collect();
        let new = made.iter().any(|made| made.new);
        // Nothing older can be found under a key that this run made up.
        let made_up = !keys_are_others(context, &keys);
        let age = beginning(context, answer).age(customer, attributes(record));
        match age {
            Age::Before(said) if !(mentions && made_up && !keys.is_empty()) => {
                if mentions || self.made.iter().any(|made| made.asked_for(&keys)) {
                    Judged::Before(said)
                } else {
                    Judged::Stranger
                }
            }
            age if mentions && (made_up || new || age == Age::Since) => Judged::Ours,
            Age::Since if new => Judged::Ours,
            _ if mentions || !made.is_empty() => Judged::Unclear,
            _ => Judged::Stranger,
        }
    }

    /// The record of this run in an answer, with its id; else any record, which it may be.
    pub(super) fn record_in<'a>(
        &self,
        context: &Context<'_>,
        body: &'a Json,
        answer: &Response,
    ) -> Option<(&'a Json, Judged)> {
        let mut records = lenient::records(body, context.customer().id)
            .into_iter()
            .map(|record| (record, self.judge(context, record, answer)));
        let first = records.next()?;
        if first.1 == Judged::Ours {
            return Some(first);
        }
        Some(records.find(|(_, judged)| *judged == Judged::Ours).unwrap_or(first))
    }

    /// Records what a creation sent and what its answer shows. A creation whose answer was lost may
    /// have been refused because another customer has the same e-mail, so what it sent proves
    /// nothing.
    pub(super) fn record_creation(
        &mut self,
        context: &Context<'_>,
        step: &Request,
        sent: Option<&Json>,
        answer: &Response,
    ) {
        if !matches!(step.method.as_str(), "POST" | "PUT") || !answer.is_success() {
            return;
        }
        let customer = context.customer();
        let given = sent.map(|sent| identities(customer, sent)).unwrap_or_default();
        let body = lenient::read(&answer.body).unwrap_or_default();
        let found = self.record_in(context, &body, answer).map(|(record, _)| record);
        let before = found.is_some_and(|found| {
            matches!(beginning(context, answer).age(customer, attributes(found)), Age::Before(_))
        });
        let new = answer.status == 201 && !before;
        let id = found.and_then(|found| lenient::id(found, customer.id));
        self.made.push(Made { id, given, new });
        self.vouch(context, &body, answer);
    }

    /// Remembers the ids of this run's records in an answer.
    fn vouch(&mut self, context: &Context<'_>, body: &Json, answer: &Response) {
        let ours = |record: &&Json| self.judge(context, record, answer) == Judged::Ours;
        let key = context.customer().id;
        let ours = lenient::records(body, key).into_iter().filter(ours);
        let ids: Vec<_> = ours.filter_map(|record| lenient::id(record, key)).collect();
        self.ids.extend(ids);
    }

    /// Who owns the record that a GET shows. Of several, all must be this run's.
    pub(super) fn owner(&self, context: &Context<'_>, found: &Response) -> Ownership {
        if found.denies_record() {
            return Ownership::Denied;
        }
        if matches!(found.status, 404 | 405 | 501) {
            return Ownership::Unseen(found.status);
        }
        if !found.is_success() {
            return Ownership::Unknown(format!("the target answered {}", found.status));
        }
        let Some(body) = lenient::read(&found.body) else {
            return Ownership::Unknown("the answer cannot be read as JSON".to_owned());
        };
        let records = lenient::records(&body, context.customer().id);
        // What has no id is taken whole.
        let records = if records.is_empty() { vec![&body] } else { records };
        let judged = records.into_iter().map(|record| self.judge(context, record, found));
        match judged.into_iter().find(|judged| *judged != Judged::Ours) {
            None => Ownership::Ours,
            Some(other) => Ownership::Foreign(other),
        }
    }

    /// Records what the answer to a step shows: whose record a GET found, what a DELETE removed.
    pub(super) fn record_answer(
        &mut self,
        context: &Context<'_>,
        method: &str,
        path: &str,
        answer: &Response,
    ) {
        if !answer.is_success() {
            return;
        }
        match method {
            "GET" => {
                if matches!(self.owner(context, answer), Ownership::Ours) {
                    self.own.insert(record(path).to_owned());
                }
                let body = lenient::read(&answer.body).unwrap_or_default();
                self.vouch(context, &body, answer);
            }
            "DELETE" => {
                self.removed.insert(record(path).to_owned());
            }
            _ => {}
        }
    }

    /// Who owns the record at `place`, which `change` is about to change: one GET, unless an
    /// earlier one has shown it.
    pub(super) async fn look(
        &self,
        context: &Context<'_>,
        client: &Client,
        change: &HttpRequest,
        place: &str,
    ) -> Ownership {
        if self.has_shown(place) {
            return Ownership::Ours;
        }
        match client.send(&get_like(change, place)).await {
            Ok(found) => self.owner(context, &found),
            Err(failure) => Ownership::Unanswered(failure),
        }
    }

    /// Why a step must not change what its path leads to, if that is so; else where a record of
    /// this run was seen first. Fails where no answer says what is there.
    pub(super) async fn permits(
        &self,
        context: &Context<'_>,
        client: &Client,
        step: &Request,
        change: &HttpRequest,
    ) -> Result<Permission, Failure> {
        let place = place(context, &step.path, &step.query, &change.path);
        let Some(place) = place.filter(|_| changes_what_is_there(&step.method)) else {
            return Ok(Permission::Granted(None));
        };
        Ok(match self.look(context, client, change, place).await {
            Ownership::Ours => Permission::Granted(Some(place.to_owned())),
            // There is nothing to change.
            Ownership::Denied => Permission::Granted(None),
            // The answer that named it decides whose it is.
            Ownership::Unseen(_) if self.vouches_for(place) || self.removed(place) => {
                Permission::Granted(None)
            }
            Ownership::Unseen(status) => {
                let why = format!("could not be read first: the target answered {status}");
                Permission::Refused(why)
            }
            Ownership::Foreign(judged) => Permission::Refused(judged.why()),
            Ownership::Unknown(why) => {
                Permission::Refused(format!("could not be read first: {why}"))
            }
            Ownership::Unanswered(failure) => return Err(failure),
        })
    }
}

/// Whether any of these could be the key of a record that was there before.
fn keys_are_others(context: &Context<'_>, keys: &Identities) -> bool {
    keys.iter().any(|(_, value)| !value.to_lowercase().contains(context.run_id()))
}

/// Whether a body asks for a record under a key that could have been there before.
pub(super) fn asks_for_others(context: &Context<'_>, sent: Option<&Json>) -> bool {
    sent.is_some_and(|sent| keys_are_others(context, &identities(context.customer(), sent)))
}

fn beginning(context: &Context<'_>, answer: &Response) -> Beginning {
    let loopback = context.shared.targets.billing().base().is_loopback();
    Beginning::read(answer, context.started.elapsed(), Timestamp::now(), loopback)
}

/// Where to look before a request changes what is there: the path that it goes to, where that
/// holds something that the target named. What the scenario names itself is its author's word.
pub(super) fn place<'a>(
    context: &Context<'_>,
    line: &Template,
    query: &[(String, Shape)],
    path: &'a str,
) -> Option<&'a str> {
    let by_the_target = |parts: &[Part]| {
        let named = |part: &Part| match part {
            Part::Variable { name, .. } => context.planned.variables.get(name).is_err(),
            Part::Text(_) => false,
        };
        parts.iter().any(named)
    };
    let begins_query = |part: &Part| matches!(part, Part::Text(text) if text.contains('?'));
    let end = line.parts.iter().position(begins_query).unwrap_or(line.parts.len());
    let (in_path, in_query) = line.parts.split_at(end);
    let unknown = |(_, value): &(String, Shape)| {
        value.uses().iter().any(|(name, _)| context.planned.variables.get(name).is_err())
    };
    if by_the_target(in_query) || query.iter().any(unknown) {
        Some(path)
    } else {
        by_the_target(in_path).then(|| record(path))
    }
}

/// Where a record keeps what it says: JSON:API has a level of its own for that.
fn attributes(record: &Json) -> &Json {
    record.get("attributes").filter(|attributes| attributes.is_object()).unwrap_or(record)
}

/// The keys of a record that tell it from others.
fn identities(customer: &Customer, record: &Json) -> Identities {
    let record = attributes(record);
    let keys = customer.identity_keys().into_iter();
    keys.filter_map(|key| Some((key, customer.identity(record, key)?))).collect()
}

/// Whether a request changes the very record that its path leads to.
pub(super) fn changes_what_is_there(method: &str) -> bool {
    matches!(method, "PATCH" | "PUT" | "DELETE")
}

/// The path of a record, without a query.
pub(super) fn record(path: &str) -> &str {
    path.split('?').next().unwrap_or(path)
}
