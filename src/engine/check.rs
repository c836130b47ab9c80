//! What a step expects of an answer, and whether the answer is like that.

use serde_json::{Value as Json, json};

use super::capture;
use super::context::Context;
use crate::event::{Body as Excerpt, Check, Status};
use crate::evidence::decides_alone;
use crate::http;
use crate::scenario::{Expect, Role, Shape, StatusPattern, Step};
use crate::variables::{FillError, Variables};

/// What a step expects of an answer, variables filled in.
pub(super) struct Expected {
    pub(super) status: StatusPattern,
    headers: Vec<(String, Shape)>,
    body: Option<Shape>,
    access: Option<Access>,
}

/// Whether the user has to have access, and what tells that.
struct Access {
    wanted: bool,
    status: Option<StatusPattern>,
    headers: Vec<(String, Shape)>,
    body: Option<Shape>,
}

/// What an answer was found to be.
pub(super) struct Checked {
    pub(super) checks: Vec<Check>,
    /// The body, where it is JSON: without what changes by itself.
    pub(super) json: Option<Json>,
    /// Whether the scenario looks into the body.
    pub(super) wants_json: bool,
}

impl Expected {
    pub(super) fn fill(
        context: &Context<'_>,
        variables: &Variables,
        step: &Step,
    ) -> Result<Self, FillError> {
        let access = match step.role {
            Role::State { access: Some(wanted) } => {
                let access = context.planned.app.access_of(step.session.as_deref());
                access.map(|access| Access::fill(wanted, &access, variables)).transpose()?
            }
            _ => None,
        };
        // An app may well answer a user without access with a refusal.
        let usual = if matches!(step.role, Role::State { .. }) {
            StatusPattern::AnyOf([2, 3, 4].map(StatusPattern::Class).to_vec())
        } else {
            StatusPattern::Class(2)
        };
        let status = step.expect.status.clone().unwrap_or(usual);
        let (headers, body) = filled(&step.expect, variables)?;
        Ok(Self { status, headers, body, access })
    }

    /// Makes every check.
    pub(super) fn check(
        &self,
        context: &Context<'_>,
        step: &Step,
        response: &http::Response,
    ) -> Checked {
        let mut checks = vec![leaf("status", written(&self.status), json!(response.status))];
        checks[0].status = status(self.status.holds(response.status));
        // What is expected of a record is not held against a refusal: that would bury what it says.
        let decided = decides_alone(&self.status, response.status);
        for (name, pattern) in self.headers.iter().filter(|_| !decided) {
            let found: Vec<_> = response.all(name).map(Json::from).collect();
            let fits = found.iter().find(|found| pattern.matches(Some(found)));
            pattern.check(&format!("headers.{name}"), fits.or(found.first()), &mut checks);
        }
        let mut json = response.json().map(|json| context.unmarked(&json).into_owned());
        if let (Role::State { .. }, Some(json)) = (step.role, &mut json) {
            without(json, &context.planned.app.ignore);
        }
        let text = self.body.as_ref().filter(|pattern| pattern.is_of_text());
        let text = text.and_then(|_| text_of(response, json.as_ref()));
        if let Some(pattern) = self.body.as_ref().filter(|_| !decided) {
            match text.as_ref().or(json.as_ref()) {
                Some(body) => pattern.check("body", Some(body), &mut checks),
                None => checks.push(leaf(
                    "body",
                    pattern.clone().into_json(),
                    Json::String(Excerpt::of(&response.body).text),
                )),
            }
        }
        if let Some(access) = self.access.as_ref().filter(|_| !decided) {
            let has = access.is_given(response, json.as_ref());
            let check = leaf("access", json!(access.wanted), json!(has));
            checks.push(Check { status: status(has == access.wanted), ..check });
        }
        let wants_json = self.body.is_some() && text.is_none() || capture::reads_json(step);
        Checked { checks, json, wants_json }
    }
}

impl Access {
    fn fill(wanted: bool, access: &Expect, variables: &Variables) -> Result<Self, FillError> {
        let (headers, body) = filled(access, variables)?;
        Ok(Self { wanted, status: access.status.clone(), headers, body })
    }

    /// Whether the answer is like that of a user with access.
    fn is_given(&self, response: &http::Response, json: Option<&Json>) -> bool {
        let header = |(name, pattern): &(String, Shape)| {
            response.all(name).any(|found| pattern.matches(Some(&Json::from(found))))
        };
        let right_status = match &self.status {
            Some(status) => status.holds(response.status),
            None => response.is_success(),
        };
        right_status
            && self.headers.iter().all(header)
            && self.body.as_ref().is_none_or(|body| {
                body.matches(json)
                    || text_of(response, json).is_some_and(|text| body.matches(Some(&text)))
            })
    }
}

/// The headers and the body that are expected, variables filled in.
type Filled = (Vec<(String, Shape)>, Option<Shape>);

fn filled(expect: &Expect, variables: &Variables) -> Result<Filled, FillError> {
    let headers = expect
        .headers
        .iter()
        .map(|(name, pattern)| Ok((name.to_lowercase(), variables.fill(pattern)?)));
    let headers = headers.collect::<Result<_, FillError>>()?;
    let body = expect.body.as_ref().map(|pattern| variables.fill(pattern)).transpose()?;
    Ok((headers, body))
}

/// Takes keys out of a value, at any depth.
fn without(value: &mut Json, keys: &[String]) {
    match value {
        Json::Object(entries) => {
            entries.retain(|key, _| !keys.contains(key));
            entries.values_mut().for_each(|each| without(each, keys));
        }
        Json::Array(items) => items.iter_mut().for_each(|item| without(item, keys)),
        _ => {}
    }
}

/// A check that failed until something says otherwise.
fn leaf(path: &str, expected: Json, actual: Json) -> Check {
    let (path, status) = (path.to_owned(), Status::Failed);
    Check { path, expected, actual, missing: false, status, line: None }
}

fn status(holds: bool) -> Status {
    if holds { Status::Passed } else { Status::Failed }
}

/// A status as it is written in a scenario.
pub(super) fn written(status: &StatusPattern) -> Json {
    match status {
        StatusPattern::Code(code) => json!(code),
        StatusPattern::Class(_) => json!(status.to_string()),
        StatusPattern::AnyOf(all) => all.iter().map(written).collect(),
    }
}

/// The body as text, where it is not JSON or does not call itself that.
fn text_of(response: &http::Response, json: Option<&Json>) -> Option<Json> {
    let plain = response.header("content-type").is_some_and(|kind| kind.starts_with("text/"));
    let text = (json.is_none() || plain).then(|| str::from_utf8(&response.body).ok()).flatten();
    text.map(Json::from)
}
