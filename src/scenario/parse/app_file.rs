//! From a tree to an [`AppFile`].

use core::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::deliver::word;
use super::fields::{Fields, line, list, string, wrong_type};
use super::template::template;
use super::times::duration;
use super::{capture, expect, request};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::node::{Entry, Node, NodeKind, Text};
use crate::scenario::{
    Action, AppFile, AppStep, Exec, Expect, Handler, Part, Product, Span, Start, Template, Word,
    yaml,
};

const KEYS: [&str; 3] = ["app", "products", "sandbox"];
const APP_KEYS: [&str; 7] = ["url", "start", "webhook", "user", "state", "access", "ignore"];
const STEP_KEYS: [&str; 12] = [
    "app", "exec", "query", "headers", "body", "form", "raw", "follow", "expect", "capture",
    "secret", "delete",
];

/// How long an app may take to get ready where its file does not say.
const READY: Duration = Duration::from_mins(1);

/// Whether a tree is an app file's rather than a scenario's.
pub(in crate::scenario) fn is_app_file(root: &Node) -> bool {
    let NodeKind::Mapping(entries) = &root.kind else { return false };
    let has = |key: &str| entries.iter().any(|Entry { key: found, .. }| found.value == key);
    has("app") && !has("steps")
}

/// Reads an app file. None, or a finding, where something is wrong with it.
pub(in crate::scenario) fn app_file(findings: &mut Findings) -> Option<AppFile> {
    let root = yaml::read(findings)?;
    let mut fields = Fields::of(root, "an app file", findings)?;
    let app = fields.require("app", "an app file", findings);
    let products = fields.take("products").map_or_else(Vec::new, |node| products(node, findings));
    let sandbox = fields.take("sandbox").and_then(|node| sandbox(node, findings));
    fields.finish("an app file", &KEYS, findings);
    let mut fields = Fields::of(app?, "`app`", findings)?;
    let url = fields.require("url", "`app`", findings);
    let url = url.and_then(|node| text(node, "`url`", findings));
    let start = fields.take("start").map(|node| start(node, findings));
    // Whose calls are led elsewhere is named by the provider.
    let provider = findings.provider().name;
    let led = fields.key_span(provider);
    let options = [(true, "intercept"), (false, "none")];
    let intercept = fields.take(provider).and_then(|node| word(node, provider, &options, findings));
    let intercept = intercept == Some(true);
    if let (true, None, Some(led)) = (intercept, &start, led) {
        let message = format!("`{provider}: intercept` without `start`");
        findings.add(
            Diagnostic::new(led, message)
                .help("only an app that is started here can be led here: say how it is started"),
        );
    }
    let handler = fields.take("webhook").map(|node| handler(node, findings));
    let (user, delete) = match fields.take("user") {
        Some(node) => user(node, findings),
        None => (None, None),
    };
    let state = fields.take("state").and_then(|node| {
        let (step, _) = step(node, "`state`", findings);
        step
    });
    let access = fields.take("access").map(|node| access(node, findings));
    let ignore =
        fields.take("ignore").map_or_else(Vec::new, |node| words(node, "ignore", findings));
    fields.finish("`app`", &[&APP_KEYS[..], &[provider]].concat(), findings);
    Some(AppFile {
        source: Arc::clone(findings.source()),
        url: url?,
        start: match start {
            Some(start) => Some(start?),
            None => None,
        },
        intercept,
        handler: handler.unwrap_or_default(),
        user,
        state,
        delete,
        access,
        ignore: ignore.into_iter().map(|word| word.value).collect(),
        products,
        sandbox,
    })
}

fn text(node: Node, what: &str, findings: &mut Findings) -> Option<Template> {
    string(node, what, findings).and_then(|text| template(&text, findings))
}

fn start(node: Node, findings: &mut Findings) -> Option<Start> {
    let mut fields = Fields::of(node, "`start`", findings)?;
    let command = fields.require("command", "`start`", findings);
    let command = command.and_then(|node| text(node, "`command`", findings));
    let ready = fields.take("ready").map(|node| {
        string(node, "`ready`", findings).and_then(|text| request::request_line(&text, findings))
    });
    let within = fields.take("within").and_then(|node| duration(node, "within", findings));
    let env = fields.take("env").map_or_else(Vec::new, |node| env(node, findings));
    fields.finish("`start`", &["command", "ready", "within", "env"], findings);
    Some(Start {
        command: command?,
        ready: match ready {
            Some(ready) => ready?,
            None => ("GET".to_owned(), literal_path("/")),
        },
        within: within.unwrap_or(READY),
        env,
    })
}

/// A path that is written here.
fn literal_path(path: &str) -> Template {
    Template { span: Span::default(), parts: vec![Part::Text(path.to_owned())] }
}

fn env(node: Node, findings: &mut Findings) -> Vec<(String, Template)> {
    let NodeKind::Mapping(entries) = node.kind else {
        wrong_type(&node, "`env`", "a mapping", findings);
        return Vec::new();
    };
    let pair = |Entry { key, value }: Entry| {
        let what = format!("the variable `{}`", key.value);
        Some((key.value, text(value, &what, findings)?))
    };
    entries.into_iter().filter_map(pair).collect()
}

fn handler(node: Node, findings: &mut Findings) -> Handler {
    let Some(mut fields) = Fields::of(node, "`webhook`", findings) else {
        return Handler::default();
    };
    let path = fields.take("path").and_then(|node| line(node, "`path`", findings));
    let secret = fields.take("secret").and_then(|node| text(node, "`secret`", findings));
    let public_url =
        fields.take("public_url").and_then(|node| text(node, "`public_url`", findings));
    fields.finish("`webhook`", &["path", "secret", "public_url"], findings);
    if let Some(path) = path.as_ref().filter(|path| !is_path(path)) {
        let finding = Diagnostic::new(path.span, "a path starts with exactly one `/`");
        findings.add(finding.help("write the path alone: the host comes from `url`"));
    }
    let path = path.map(|path| Word { value: path.value, span: path.span });
    Handler { path, public_url, secret }
}

fn is_path(text: &Text) -> bool {
    text.value.starts_with('/') && !text.value.starts_with("//") && !text.value.contains(' ')
}

/// How a user is made, and how the account is deleted.
fn user(node: Node, findings: &mut Findings) -> (Option<AppStep>, Option<AppStep>) {
    let span = node.span;
    let (user, delete) = step(node, "`user`", findings);
    let captures_id =
        user.as_ref().is_none_or(|user| user.capture.iter().any(|it| it.name == "user_id"));
    if !captures_id {
        let finding = Diagnostic::new(span, "`user` without the capture `user_id`");
        findings.add(
            finding.help("say where the answer has the user's id: `capture: { user_id: user.id }`"),
        );
    }
    let delete = delete.and_then(|node| step(node, "`delete`", findings).0);
    (user, delete)
}

/// A request to the app or a program, and what stands under `delete`.
fn step(node: Node, what: &str, findings: &mut Findings) -> (Option<AppStep>, Option<Node>) {
    let span = node.span;
    let Some(mut fields) = Fields::of(node, what, findings) else { return (None, None) };
    let expect = fields.take("expect").map(|node| expect::expect(node, false, findings));
    let capture = fields
        .take("capture")
        .map_or_else(Vec::new, |node| capture::captures(node, false, findings));
    let hidden =
        fields.take("secret").map_or_else(Vec::new, |node| words(node, "secret", findings));
    let delete = if what == "`user`" { fields.take("delete") } else { None };
    // Keys of a request to the API.
    for key in ["auth", "undo", "mark"] {
        if let Some(span) = fields.key_span(key) {
            fields.take(key);
            let finding = Diagnostic::new(span, format!("unknown key `{key}` in {what}"));
            findings.add(finding.help(format!("the keys here are {}", list(&STEP_KEYS))));
        }
    }
    let action = match (fields.key_span("app"), fields.key_span("exec")) {
        (Some(_), None) => request::request(&mut fields, "app", findings)
            .map(|request| Action::Request(Box::new(request))),
        (None, Some(_)) => {
            let node = fields.take("exec");
            node.and_then(|node| exec(node, findings)).map(Action::Exec)
        }
        (Some(app), Some(exec)) => {
            let finding = Diagnostic::new(exec, format!("{what} with both `app` and `exec`"));
            findings.add(finding.related(app, "the request").help("keep one of them"));
            None
        }
        (None, None) => {
            let finding = Diagnostic::new(span, format!("{what} that does nothing"));
            findings.add(finding.help(
                "add a request to the app, `app: GET /api/me`, or a program, `exec: [psql, …]`",
            ));
            None
        }
    };
    fields.finish(what, &STEP_KEYS, findings);
    let Some(action) = action else { return (None, delete) };
    let expect = expect.unwrap_or_default();
    let hidden = hidden.into_iter().map(|word| word.value).collect();
    (Some(AppStep { span, action, expect, capture, hidden }), delete)
}

fn exec(node: Node, findings: &mut Findings) -> Option<Exec> {
    let NodeKind::Sequence(items) = node.kind else {
        wrong_type(&node, "`exec`", "a list: the program, then its arguments", findings);
        return None;
    };
    if items.is_empty() {
        let finding = Diagnostic::new(node.span, "`exec` is empty");
        findings.add(finding.help("name the program, then its arguments: `[psql, -c, …]`"));
        return None;
    }
    let words = items.into_iter().map(|item| text(item, "a part of `exec`", findings));
    let command = words.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()?;
    Some(Exec { command })
}

/// What the state is like with access, where it says so at all.
fn access(node: Node, findings: &mut Findings) -> Expect {
    let span = node.span;
    let expect = expect::expect(node, false, findings);
    if expect.status.is_none() && expect.headers.is_empty() && expect.body.is_none() {
        let finding = Diagnostic::new(span, "`access` asks for nothing");
        findings.add(finding.help("say what the state is like: `{ body: { plan: pro } }`"));
    }
    expect
}

fn words(node: Node, key: &str, findings: &mut Findings) -> Vec<Word> {
    let what = format!("`{key}`");
    let NodeKind::Sequence(items) = node.kind else {
        wrong_type(&node, &what, "a list", findings);
        return Vec::new();
    };
    let words = items.into_iter().filter_map(|item| line(item, &what, findings));
    words.map(|text| Word { value: text.value, span: text.span }).collect()
}

fn products(node: Node, findings: &mut Findings) -> Vec<Product> {
    let NodeKind::Sequence(items) = node.kind else {
        wrong_type(&node, "`products`", "a list", findings);
        return Vec::new();
    };
    items.into_iter().filter_map(|item| product(item, findings)).collect()
}

fn product(node: Node, findings: &mut Findings) -> Option<Product> {
    let mut fields = Fields::of(node, "a product", findings)?;
    let id = fields.require("id", "a product", findings);
    let id = id.and_then(|node| text(node, "`id`", findings));
    let name = fields.require("name", "a product", findings);
    let name = name.and_then(|node| line(node, "`name`", findings));
    let price = fields.take("price").and_then(|node| price(&node, findings));
    let intervals =
        [("day", "day"), ("week", "week"), ("month", "month"), ("year", "year"), ("once", "once")];
    let interval = fields.take("interval");
    let interval = interval.and_then(|node| word(node, "interval", &intervals, findings));
    fields.finish("a product", &["id", "name", "price", "interval"], findings);
    Some(Product {
        id: id?,
        name: name?.value,
        price: price.unwrap_or(0),
        interval: match interval.unwrap_or("month") {
            "once" => None,
            interval => Some(interval),
        },
    })
}

/// `free`, or an amount in the smallest unit of the currency.
fn price(node: &Node, findings: &mut Findings) -> Option<u64> {
    match &node.kind {
        NodeKind::Number(number) if number.as_u64().is_some() => number.as_u64(),
        NodeKind::Text(text) if text.value == "free" => Some(0),
        NodeKind::Reported => None,
        _ => {
            let finding = Diagnostic::new(node.span, "invalid `price`");
            findings.add(finding.help("write `free`, or an amount in cents such as `1500`"));
            None
        }
    }
}

/// `{ listen: 127.0.0.1:4010 }`
fn sandbox(node: Node, findings: &mut Findings) -> Option<SocketAddr> {
    let mut fields = Fields::of(node, "`sandbox`", findings)?;
    let listen = fields.require("listen", "`sandbox`", findings);
    let listen = listen.and_then(|node| line(node, "`listen`", findings));
    fields.finish("`sandbox`", &["listen"], findings);
    let listen = listen?;
    let address = listen.value.parse::<SocketAddr>().ok();
    if address.is_none_or(|address| !address.ip().is_loopback()) {
        let title = format!("invalid address `{}`", listen.value);
        let finding = Diagnostic::new(listen.span, title);
        findings.add(finding.help("write an address of this machine: `127.0.0.1:4010`"));
        return None;
    }
    address
}
