//! Requests that the API must refuse and that were accepted, and the other way round: what that
//! means for the app.

use serde_json::Value as Json;

use super::asked::Place;
use super::created::Created;
use super::finding::{Finding, SCRIPTED, UNFINDABLE};
use super::format::{how_it_differs, plain};
use super::history::{History, Mapping};
use super::lookup::{mistaken, of_nothing};
use super::near::letters;
use super::record::still_there;
use crate::event::Code;
use crate::evidence::Exchange;
use crate::http::reasons::Said;
use crate::provider::Customer;
use crate::scenario::MARK;

/// A success where a refusal was expected.
pub(super) fn accepted(
    history: &History,
    step: usize,
    exchange: &Exchange,
    line: &str,
) -> Option<Finding> {
    let status = exchange.response.status;
    let refusal = &exchange.expected;
    let instead = format!("({line} was answered {status}, where {refusal} was expected)");
    let (fields, hints) = (history.fields(), &history.provider.hints);
    let key = fields.external_id;
    let sent = exchange.sent.as_ref();
    let sent_id = sent.and_then(|sent| sent.get(key));
    if history.makes_customers(exchange) {
        if let Some(number) = sent_id.filter(|id| !id.is_string() && !id.is_null()) {
            return Some(finding(
                format!(
                    "The target takes {number}, which is not text, for {} {key} {instead}. As a \
                     number, 007 and 7 are one user, and long ids are rounded to others.",
                    article(key)
                ),
                &format!("Refuse {} {key} that is not a string; send ids as text.", article(key)),
            ));
        }
        let twice = |key: &str, same: fn(&str, &str) -> bool| {
            let sent = sent?.get(key)?.as_str()?;
            history
                .alive_before(step)
                .any(|other| other.text(key).is_some_and(|text| same(text, sent)))
                .then_some(sent)
        };
        if let Some(id) = twice(key, |one, other| one.trim() == other.trim()) {
            let second = finding(
                format!(
                    "The target made a second customer for the {key} {id} {instead}. Two \
                     customers stand for one user: what was bought as the one is not found under \
                     the other."
                ),
                hints.unique_external_id,
            );
            // A target that loses the id cannot know that it is taken.
            return Some(second.follows_from(UNFINDABLE));
        }
        let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
        if let Some(email) = twice(fields.email, same) {
            return Some(finding(
                format!(
                    "The target made a second customer for the e-mail {email} {instead}. An app \
                     that finds its users by e-mail finds either of them."
                ),
                hints.unique_email,
            ));
        }
    }
    if exchange.method == "PATCH"
        && let Some(sent_id) = sent_id
    {
        let now = &history.record_of(exchange).unwrap_or(&Json::Null)[key];
        let (what, meaning) = if now == sent_id {
            (
                format!("changed the {key} of a customer to"),
                "From now on its webhooks name another user, and who paid before cannot be found.",
            )
        } else {
            (
                format!("ignored a new {key} and kept"),
                "The app believes that the customer has the new one, and waits for webhooks that \
                 name it.",
            )
        };
        return Some(finding(
            format!("The target {what} {} {instead}. {meaning}", plain(now)),
            hints.keep_external_id,
        ));
    }
    let record = history.record_of(exchange).filter(|_| exchange.method == "GET")?;
    let found = history.id_of(record)?;
    history
        .deleted_before(step, &found)
        .then(|| still_there(Code::UnexpectedStatus, &found, &format!("{line} still finds it")))
}

fn finding(message: String, hint: &str) -> Finding {
    Finding::new(Code::UnexpectedStatus, message, hint).follows_from(SCRIPTED)
}

/// A refusal where a success was expected: the API's own words, what to add to them, and what to
/// try.
pub(super) fn rejected(
    history: &History,
    step: usize,
    exchange: &Exchange,
    message: &str,
) -> Finding {
    let status = exchange.response.status;
    let finding = |meaning: &str, hint: &str| {
        let space = if meaning.is_empty() { "" } else { " " };
        Finding::new(Code::Rejected, format!("{message}{space}{meaning}"), hint)
            .follows_from(SCRIPTED)
    };
    let (fields, hints) = (history.fields(), &history.provider.hints);
    let app_id = fields.external_id;
    let blames = |key: &str| blames(exchange, key, fields);
    let new = history.makes_customers(exchange);
    let sent = |key: &str| exchange.sent.as_ref().and_then(|sent| sent[key].as_str());
    for key in [app_id, fields.email].into_iter().filter(|key| new && blames(key)) {
        let Some(text) = sent(key) else { continue };
        if let Some((meaning, hint)) = taken_by(history, step, key, text) {
            return finding(&meaning, &hint);
        }
    }
    if exchange.method == "PATCH"
        && blames(app_id)
        && let Some(id) = sent(app_id)
    {
        return match history.mapping_of(&exchange.path, step) {
            // It was changed on the way in, so this is another one to the target.
            Some(Mapping::Changed) => finding("", hints.set_once).follows_from(UNFINDABLE),
            Some(Mapping::Kept(kept)) if kept == id => finding(
                &format!(
                    "The customer has this {app_id} already, so nothing would change. An app that \
                     sends it with every update of a user cannot update any."
                ),
                &format!(
                    "Accept the {app_id} that a customer already has; refuse only another one."
                ),
            ),
            Some(Mapping::None) => finding(
                "The customer was created without one. A customer that gets none later can never \
                 be tied back.",
                &format!(
                    "Let an update set the {app_id} of a customer that has none: null may become \
                     a value, once."
                ),
            ),
            _ => finding("", hints.set_once),
        };
    }
    let (refused_domain, hint) = hints.refused_domain;
    if blames(fields.email) && says(exchange, refused_domain) {
        return finding("", hint);
    }
    let place = Place::of(&exchange.path);
    if let Some((meaning, hint)) =
        mistaken(history, step, &history.asked(&place)).filter(|_| exchange.method != "POST")
    {
        return finding(&meaning, &hint);
    }
    if matches!(status, 404 | 410)
        && !history.asked(&place).is_empty()
        && let Some(finding) = of_nothing(history, step, message)
    {
        return finding;
    }
    let silent = !matches!(exchange.said(), Said::Reasons(_));
    let base_url = format!(
        "Check the base URL: a path is appended to it, so it usually ends before /{}.",
        fields.collection.split('/').nth(1).unwrap_or_default()
    );
    let hint = match status {
        404 | 405 if history.created_before(step) => {
            "Other requests of this scenario succeeded, so the target may not have this path; \
             leave the scenario out by naming the others: `tieback run NAME...`."
        }
        404 | 405 => &base_url,
        _ if new && says(exchange, hints.taken) => {
            "It is taken already, perhaps by an earlier run. Put ${run.id} into what a \
             scenario creates; an app looks a user's customer up before it creates one."
        }
        _ if silent => {
            "Look at the target's log for why. -v shows the whole answer and the body that was \
             sent."
        }
        _ => "Change what the reason names; -v shows the body that was sent.",
    };
    let marked_key = fields.metadata;
    let marked = exchange.sent.as_ref().is_some_and(|sent| !sent[marked_key][MARK].is_null());
    // The scenario has the body without the mark.
    let whole = format!(
        "{hint} The run adds one key to it, `{marked_key}.{MARK}`; `mark: false` on the step \
         leaves that off."
    );
    finding("", if marked && hint.ends_with("the body that was sent.") { &whole } else { hint })
}

/// Whether the answer holds `words`, in any case.
fn says(exchange: &Exchange, words: &str) -> bool {
    String::from_utf8_lossy(&exchange.response.body).to_lowercase().contains(words)
}

/// Whether a refusal may be about the value under `key`: it says so, or does not say what it is
/// about.
fn blames(exchange: &Exchange, key: &str, fields: &Customer) -> bool {
    if !matches!(exchange.response.status, 400 | 409 | 422) {
        return false;
    }
    let (reasons, body) = match exchange.said() {
        Said::Reasons(reasons) => (reasons, String::new()),
        Said::Body(body) => (Vec::new(), body),
        Said::Nothing => return true,
    };
    let placed = |place: &str, key: &str| {
        letters(place.rsplit(['.', '/']).next().unwrap_or(place)) == letters(key)
    };
    let names = |key: &str| {
        reasons.iter().any(|reason| {
            reason.place.as_deref().is_some_and(|place| placed(place, key))
                || mentions(&reason.text, key)
        }) || mentions(&body, key)
    };
    let silent = reasons.iter().all(|reason| reason.place.is_none());
    names(key) || silent && ![fields.external_id, fields.email].into_iter().any(names)
}

/// Whether a text names a key, however it is spelt: `external_id`, "external ID", `externalId`.
fn mentions(text: &str, key: &str) -> bool {
    let words: Vec<String> =
        text.split(|char: char| !char.is_alphanumeric()).map(letters).collect();
    let key = letters(key);
    (1..=2).any(|count| words.windows(count).any(|some| some.concat() == key))
}

/// The article before a key: "an" before a vowel.
fn article(key: &str) -> &'static str {
    if key.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// Whose value it is that is refused as taken, as far as the scenario knows.
fn taken_by(history: &History, step: usize, key: &str, text: &str) -> Option<(String, String)> {
    let app_id = history.fields().external_id;
    let same = |other: &&Created| other.text(key) == Some(text);
    if history.alive_before(step).any(|other| same(&other)) {
        return None;
    }
    if history.created.iter().filter(|other| other.step < step).any(|other| same(&other)) {
        let meaning = format!(
            "The customer that had this {key} was deleted before. A user who comes back cannot \
             become a customer again, and every sign-up of theirs fails."
        );
        return Some((
            meaning,
            format!("Free the {app_id} and the e-mail of a customer as soon as it is deleted."),
        ));
    }
    let alike = |other: &&Created| {
        let other = other.text(key).unwrap_or_default();
        key == app_id && other.split_whitespace().eq(text.split_whitespace())
            || other.to_lowercase().trim() == text.to_lowercase().trim()
    };
    let other = history.alive_before(step).find(alike)?.text(key)?;
    let how = how_it_differs(&Json::from(other), &Json::from(text.trim()));
    let meaning = format!(
        "It may take {} for {other}{how}: then two users cannot both be customers, or one gets \
         what the other paid for.",
        text.trim()
    );
    Some((
        meaning,
        "Compare external ids letter by letter: an external ID is an opaque, case-sensitive string."
            .to_owned(),
    ))
}

/// What to try where nothing more is known of an unexpected status.
pub(super) const OTHERWISE: &str = "Check what the target does with this request; the scenario \
    (`tieback list NAME` prints a built-in one) says what the step is for.";

/// What to try where another status came than the one expected.
pub(super) fn otherwise(expected: u16, status: u16) -> &'static str {
    match (expected, status) {
        (200..=299, 200..=299) => {
            "It was done, as it should be. A client that goes by the status takes it for something \
             else: answer with the status that the real API has."
        }
        (400..=499, 400 | 402 | 406..=428) => {
            "It was refused, as it should be. An app that tells refusals apart by their status \
             takes this one for another: answer with the status that the real API has."
        }
        (400..=499, 200..=299) => {
            "The target does what this step expects it to refuse; code that was tried here fails \
             where it is refused. Refuse it as the real API does, with the status that was \
             expected."
        }
        _ => OTHERWISE,
    }
}
