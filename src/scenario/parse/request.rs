//! What a request step sends.

use super::deliver::flag;
use super::fields::{Fields, all, literal_key, string, wrong_type};
use super::template::{path_template, template};
use super::value::value;
use super::{headers, list};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::node::{Node, NodeKind, Text};
use crate::scenario::suggest::closest;
use crate::scenario::{
    Auth, Body, MARK, Part, Request, Shape, ShapeKind, Span, TargetName, Template, UndoRequest,
};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Takes what belongs to the request under `key` out of a step's fields: `app` goes to the app,
/// `request` to the API.
pub(super) fn request(fields: &mut Fields, key: &str, findings: &mut Findings) -> Option<Request> {
    let target = if key == "app" { TargetName::App } else { TargetName::Api };
    let line = fields
        .take(key)
        .and_then(|node| string(node, &format!("`{key}`"), findings))
        .and_then(|text| request_line(&text, findings));
    let query = fields.take("query").map_or_else(Vec::new, |node| query(node, findings));
    // The API's token is not for the app.
    let auth = if target == TargetName::App { Auth::None } else { Auth::Token };
    let auth = fields.take("auth").map_or(auth, |node| self::auth(&node, findings));
    let follow = fields.take("follow").and_then(|node| flag(&node, "follow", findings));
    let headers =
        fields.take("headers").map_or_else(Vec::new, |node| headers::headers(node, auth, findings));
    let body = body(fields, findings);
    let undo = fields.take("undo").map_or_else(Vec::new, |node| undo(node, findings));
    let mark_key = fields.key_span("mark");
    let mark = fields.take("mark").is_none_or(|node| mark(&node, findings));
    let (method, path) = line?;
    if let Some(key) = mark_key.filter(|_| method != "POST") {
        let finding = Diagnostic::new(key, format!("`mark` on a {method} request"));
        findings.add(finding.help("only what a POST creates is marked: leave it out"));
    }
    Some(Request {
        target,
        method,
        path,
        query,
        headers,
        body,
        auth,
        mark,
        undo,
        follow: follow.unwrap_or(false),
    })
}

/// Whether the run's mark goes into what is created.
fn mark(node: &Node, findings: &mut Findings) -> bool {
    match &node.kind {
        NodeKind::Bool(mark) => return *mark,
        NodeKind::Reported => {}
        _ => {
            let finding = Diagnostic::new(node.span, "`mark` can only be `false`");
            let key = findings.provider().customer.metadata;
            findings.add(finding.help(format!(
                "`mark: false` leaves `{key}.{MARK}` off; remove the key to have it"
            )));
        }
    }
    true
}

/// `METHOD /path`
pub(super) fn request_line(text: &Text, findings: &mut Findings) -> Option<(String, Template)> {
    let line = text.value.trim_end();
    let method = line.split(char::is_whitespace).next().unwrap_or("");
    let here = text.place(Span { start: 0, end: method.len() });
    let Some(known) = METHODS.into_iter().find(|known| *known == method) else {
        let meant = method.to_ascii_uppercase();
        let finding = if method.is_empty() {
            Diagnostic::new(text.span, "a request without a method")
        } else if method.contains('/') {
            Diagnostic::new(here, "a request starts with its method")
        } else {
            Diagnostic::new(here, format!("unknown method `{method}`"))
        };
        let methods = format!("write `METHOD /path`, the method being one of {}", list(&METHODS));
        findings.add(
            finding.suggest(closest(&meant, METHODS).filter(|_| !method.contains('/')), methods),
        );
        return None;
    };
    let rest = &line[method.len()..];
    let from = line.len() - rest.trim_start().len();
    if from == line.len() {
        findings.add(
            Diagnostic::new(text.span, "a request without a path")
                .help(format!("write `{known} {}…`", findings.provider().root)),
        );
        return None;
    }
    let path = path_template(text, from, findings)?;
    check_path(&path, findings)?;
    Some((known.to_owned(), path))
}

/// Refuses paths that a URL parser would turn into other paths.
fn check_path(path: &Template, findings: &mut Findings) -> Option<()> {
    // A variable becomes one segment whatever it holds; any letter stands for it here.
    let shape: String = path
        .parts
        .iter()
        .map(|part| if let Part::Text(text) = part { text } else { "x" })
        .collect();
    let provider = findings.provider();
    let finding = |title: &str| Diagnostic::new(path.span, title);
    let before_query = shape.split('?').next().unwrap_or("");
    let segments = || before_query.split('/').skip(1);
    let count = segments().count();
    let dots = |segment: &str| {
        segment.starts_with(['.', '%'])
            && matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
    };
    let finding = if before_query.contains("://") {
        finding("a URL where a path is wanted").help(format!(
            "the host comes from `--base-url`; write the path, such as `{}`",
            provider.customer.collection
        ))
    } else if !shape.starts_with('/') {
        finding("a path starts with `/`").help(match path.parts.first() {
            Some(Part::Variable { .. }) => {
                "a variable fills one segment: write out the path around it".to_owned()
            }
            _ => format!("write `{}…`", provider.root),
        })
    } else if shape.starts_with("//") {
        finding("a path starts with exactly one `/`").help("two of them would name another host")
    } else if shape.contains(|char: char| char.is_whitespace() || char.is_control()) {
        finding("white space in a path")
            .help("write `%20`, or put the value into a variable or under `query`")
    } else if shape.contains('\\') {
        finding("a backslash in a path").help("write `/`, or `%5C` for a literal backslash")
    } else if shape.contains('#') {
        finding("a `#` in a path")
            .help("what follows it would not be sent; write `%23` for a literal `#`")
    } else if segments().any(dots) {
        finding("a `.` or `..` segment in a path").help("write out the path that is meant")
    } else if segments().enumerate().any(|(index, segment)| segment.is_empty() && index + 1 < count)
    {
        finding("an empty segment in a path").help("two slashes follow each other: remove one")
    } else {
        return Some(());
    };
    findings.add(finding);
    None
}

fn query(node: Node, findings: &mut Findings) -> Vec<(String, Shape)> {
    let NodeKind::Mapping(entries) = node.kind else {
        wrong_type(&node, "`query`", "a mapping", findings);
        return Vec::new();
    };
    let pairs = entries.into_iter().filter_map(|entry| {
        literal_key(&entry.key, findings);
        let what = format!("`{}`", entry.key.value);
        if let NodeKind::Sequence(items) = &entry.value.kind {
            all(items.iter().collect(), |item| parameter(item, &what, findings))?;
        } else {
            parameter(&entry.value, &what, findings)?;
        }
        Some((entry.key.value, value(entry.value, findings)?))
    });
    pairs.collect()
}

/// Whether a value can stand in a query.
fn parameter(node: &Node, what: &str, findings: &mut Findings) -> Option<()> {
    if matches!(node.kind, NodeKind::Text(_) | NodeKind::Number(_) | NodeKind::Bool(_)) {
        return Some(());
    }
    wrong_type(node, what, "a string, a number, a boolean or a list of them", findings);
    None
}

fn auth(node: &Node, findings: &mut Findings) -> Auth {
    match &node.kind {
        NodeKind::Text(text) if text.value == "none" => return Auth::None,
        NodeKind::Reported => {}
        _ => {
            let finding = Diagnostic::new(node.span, "`auth` can only be `none`")
                .label("the token goes along by itself");
            findings
                .add(finding.help("`auth: none` leaves the token out; remove the key to send it"));
        }
    }
    Auth::Token
}

/// What is sent: under one of these keys.
pub(super) const BODIES: [&str; 3] = ["body", "form", "raw"];

fn body(fields: &mut Fields, findings: &mut Findings) -> Body {
    let mut places = BODIES.iter().filter_map(|key| Some((*key, fields.key_span(key)?)));
    if let (Some((one, first)), Some((other, second))) = (places.next(), places.next()) {
        let finding = Diagnostic::new(second, format!("both `{one}` and `{other}`"))
            .related(first, format!("the {one}"));
        findings.add(finding.help(
            "`body` is sent as JSON, `form` as a form, `raw` as it stands: keep one of them",
        ));
    }
    let (raw, form) = (fields.take("raw"), fields.take("form"));
    if let Some(node) = fields.take("body") {
        if node.is_missing() {
            let finding =
                Diagnostic::new(node.span, "`body` is empty").label("a value has to follow");
            findings
                .add(finding.help("leave `body` out to send none; write `null` to send a null"));
            return Body::None;
        }
        return value(node, findings).map_or(Body::None, Body::Json);
    }
    if let Some(node) = form {
        return self::form(node, findings).map_or(Body::None, Body::Form);
    }
    let Some(node) = raw else { return Body::None };
    if matches!(node.kind, NodeKind::Mapping(_) | NodeKind::Sequence(_)) {
        let finding = Diagnostic::new(node.span, "`raw` has to be a string")
            .label(format!("this is {}", node.describe()));
        findings.add(finding.help("write `body` instead to send JSON"));
        return Body::None;
    }
    let text = string(node, "`raw`", findings).and_then(|text| template(&text, findings));
    text.map_or(Body::None, Body::Raw)
}

fn form(node: Node, findings: &mut Findings) -> Option<Shape> {
    if !matches!(node.kind, NodeKind::Mapping(_)) {
        wrong_type(&node, "`form`", "a mapping", findings);
        return None;
    }
    let form = value(node, findings)?;
    let mut null = None;
    form.walk(&mut |shape| {
        if let ShapeKind::Literal(serde_json::Value::Null) = shape.kind {
            null.get_or_insert(shape.span);
        }
    });
    if let Some(span) = null {
        let finding = Diagnostic::new(span, "a form cannot hold a null");
        findings.add(finding.help("leave the key out, or send an empty text: `\"\"`"));
        return None;
    }
    Some(form)
}

/// One request, or a list of them.
fn undo(node: Node, findings: &mut Findings) -> Vec<UndoRequest> {
    match node.kind {
        NodeKind::Sequence(all) if all.is_empty() => {
            let finding = Diagnostic::new(node.span, "`undo` is empty");
            findings.add(finding.help("leave it out where there is nothing to undo"));
            Vec::new()
        }
        NodeKind::Sequence(all) => {
            all.into_iter().filter_map(|each| undo_request(each, findings)).collect()
        }
        NodeKind::Text(_) | NodeKind::Mapping(_) => {
            undo_request(node, findings).into_iter().collect()
        }
        _ => {
            wrong_type(&node, "`undo`", "a request line or a list of them", findings);
            Vec::new()
        }
    }
}

const UNDO_KEYS: [&str; 6] = ["request", "headers", "body", "form", "raw", "auth"];

/// A request line, or a mapping with more than that.
fn undo_request(node: Node, findings: &mut Findings) -> Option<UndoRequest> {
    let (line, mut rest) = match node.kind {
        NodeKind::Mapping(_) => {
            let mut fields = Fields::of(node, "`undo`", findings)?;
            (fields.require("request", "an `undo`", findings), Some(fields))
        }
        _ => (Some(node), None),
    };
    let text = line.and_then(|line| string(line, "`undo`", findings));
    let line = text.as_ref().and_then(|text| request_line(text, findings));
    let (mut auth, mut headers, mut body) = (Auth::Token, Vec::new(), Body::None);
    if let Some(fields) = &mut rest {
        auth = fields.take("auth").map_or(auth, |node| self::auth(&node, findings));
        let given = fields.take("headers");
        headers = given.map_or(headers, |node| headers::headers(node, auth, findings));
        body = self::body(fields, findings);
    }
    let with_more = rest.is_some();
    if let Some(fields) = rest {
        fields.finish("an `undo`", &UNDO_KEYS, findings);
    }
    let (method, path) = line?;
    let (text, bodiless) = (text?, matches!(method.as_str(), "POST" | "PUT" | "PATCH"));
    if method != "DELETE" && !(bodiless && with_more) {
        let here = text.place(Span { start: 0, end: method.len() });
        let what = if bodiless { "and no body" } else { "changes nothing" };
        let finding = Diagnostic::new(here, format!("an `undo` with {method} {what}"));
        // A 2xx to it would count as undone.
        findings.add(finding.help(if bodiless {
            "write the `DELETE` that removes what was made, or a mapping: \
             `{ request: …, body: … }`"
        } else {
            "write the `DELETE` that removes what was made"
        }));
    }
    Some(UndoRequest { method, path, headers, body, auth })
}
