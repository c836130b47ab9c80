//! Variables in the syntax of other tools: `{{x}}`, `$x`, `<<x>>`, `%{x}`, `#{x}`, and in paths
//! `{x}` and `:x`. Sent as they stand, they would make a scenario green that tests nothing.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::diagnostic::Diagnostic;
use super::node::{Node, NodeKind};
use super::suggest::closest;
use super::{BUILT_IN_VARIABLES, Span};

type Pattern = LazyLock<Option<Regex>>;

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(&text.replace("NAME", r"[A-Za-z_][A-Za-z0-9_]*")).ok()
}

/// What is never meant as a text, whatever it names.
static ANYWHERE: Pattern = LazyLock::new(|| {
    pattern(concat!(
        // Mustache, Jinja, Postman, hurl, workflows
        r#"\$?\{\{\{?[~-]?\s*[#^/&>@$=.]?\s*(NAME[\w.\-\[\]'"$ ]*)(?:[|(?][^{}\n]*)?\}\}\}?"#,
        // StepCI, CircleCI
        r"|<<\s*(NAME[\w.\-]*)\s*>>",
        // Ruby, Artillery, Logstash, Robot Framework
        r"|[#%@]\{\s*(NAME[\w.\-\[\]]*)\s*\}",
    ))
});

/// What may be a text, unless it names something that the scenario has.
static WHERE_KNOWN: Pattern = LazyLock::new(|| pattern(r"\$\(?(NAME)\)?|\{(NAME)\}|%(NAME)%"));

/// A text that is nothing but a variable of a shell.
static WHOLE: Pattern = LazyLock::new(|| pattern(r"^\$(NAME(?:\.NAME)*)$"));

/// Parameters of paths: of `OpenAPI` and many routers, of Express and Rails, of Flask, of Next.js,
/// of shells.
static IN_PATH: Pattern = LazyLock::new(|| {
    pattern(r"\{([^{}/?&=]+)\}|/:(NAME)|/<(?:NAME:)?(NAME)>|/\[(?:\.\.\.)?(NAME)\]|[/=]\$(NAME)")
});

/// Ours: variables, and the literal `${`.
static OWN: Pattern = LazyLock::new(|| pattern(r"\$\$\{|\$\{NAME(?:\.NAME)*\}"));

/// What other tools call a value that is new each time.
const GENERATORS: [&str; 8] =
    ["guid", "uuid", "newuuid", "randomuuid", "random", "randomint", "timestamp", "isotimestamp"];

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// A path, perhaps with a query.
    Path,
    /// A key, which may well begin with a `$`.
    Key,
    /// Anything else.
    Value,
}

/// What another tool would fill in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    /// Where in the text it stands.
    pub(super) at: Span,
    /// As it is written.
    written: String,
    /// What it names.
    name: String,
}

/// Everything in `text` that another tool would fill in, in order. `known` are the variables of the
/// file.
pub(super) fn foreign(text: &str, position: Position, known: &[String]) -> Vec<Foreign> {
    let is_plain = |text: &str| !text.contains(['{', '$', '<', '%', '[']) && !text.contains("/:");
    if is_plain(text) {
        return Vec::new();
    }
    let masked = masked(text);
    // Most texts hold nothing but our own. The other expressions take longer to make than a run.
    if is_plain(&masked) {
        return Vec::new();
    }
    let mut found: Vec<Foreign> = Vec::new();
    let mut look = |pattern: &Pattern, fits: &dyn Fn(&Captures<'_>, &str) -> bool| {
        for captures in pattern.iter().flat_map(|pattern| pattern.captures_iter(&masked)) {
            let Some(whole) = captures.get(0) else { continue };
            let name =
                captures.iter().skip(1).flatten().next().map_or("", |name| name.as_str().trim());
            // A separator may stand before it.
            let start = whole.start() + usize::from(whole.as_str().starts_with(['/', '=']));
            let at = Span { start, end: whole.end() };
            let new =
                found.iter().all(|other| other.at.end <= at.start || at.end <= other.at.start);
            if new && fits(&captures, name) {
                let written = text.get(at.start..at.end).unwrap_or("").to_owned();
                found.push(Foreign { at, written, name: name.to_owned() });
            }
        }
    };
    look(&ANYWHERE, &|_, _| true);
    match position {
        Position::Path => look(&IN_PATH, &|_, _| true),
        Position::Value => look(&WHOLE, &|_, _| true),
        Position::Key => {}
    }
    // Of a key, nothing is known that it could name.
    look(&WHERE_KNOWN, &|captures, name| {
        // `\p{…}` is a class of a regular expression.
        let start = captures.get(0).map_or(0, |whole| whole.start());
        let class = masked[..start].ends_with(r"\p") || masked[..start].ends_with(r"\P");
        !class && same(name, known).is_some()
    });
    found.sort_by_key(|foreign| foreign.at.start);
    found
}

/// `text` with what is ours covered up, byte for byte.
fn masked(text: &str) -> String {
    let cover = |captures: &Captures<'_>| "~".repeat(captures[0].len());
    OWN.as_ref().map_or_else(|| text.to_owned(), |own| own.replace_all(text, cover).into_owned())
}

impl Foreign {
    /// The same for what YAML cannot read, when nothing is known of the file yet.
    pub(super) fn explain_unquoted(&self, start: usize) -> Diagnostic {
        let span = Span { start, end: start + self.written.len() };
        let names: Vec<_> =
            BUILT_IN_VARIABLES.map(str::to_owned).into_iter().chain([self.name.clone()]).collect();
        self.explain(span, &names)
    }

    /// The error, with what was probably meant.
    pub(super) fn explain(&self, span: Span, known: &[String]) -> Diagnostic {
        let finding =
            Diagnostic::new(span, format!("`{}` is the syntax of another tool", self.written));
        match meant(&self.name, known) {
            Some(meant) => finding.help(format!("did you mean `${{{meant}}}`?")),
            None => finding.help(
                "a variable is written `${name}`: add it to `vars`, or capture it in an earlier \
                 step",
            ),
        }
    }
}

/// The variable that `name` was probably meant to be.
fn meant<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let last = name.rsplit(['.', ' ']).next().unwrap_or(name);
    let generated = GENERATORS.contains(&plain(last).as_str());
    same(name, known)
        .or_else(|| same(last, known))
        .or_else(|| generated.then_some(BUILT_IN_VARIABLES[0]))
        .or_else(|| closest(name, known.iter().map(String::as_str)))
}

/// The variable that is called `name`, in another spelling: `userId`, `run_id`.
fn same<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let exact = known.iter().find(|known| *known == name);
    exact.or_else(|| known.iter().find(|known| plain(known) == plain(name))).map(String::as_str)
}

/// A name without what spellings differ in.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|each| each.to_ascii_lowercase()).collect()
}

/// The variables that a file defines, before anything else is known of it.
pub(super) fn defined(root: &Node) -> Vec<String> {
    let rows = items(entry(root, "each")).iter().flat_map(|row| keys(Some(row)));
    let captured = items(entry(root, "steps")).iter().flat_map(|step| keys(entry(step, "capture")));
    let mut seen = HashSet::new();
    let all = rows
        .chain(keys(entry(root, "vars")))
        .chain(captured)
        .chain(BUILT_IN_VARIABLES.map(str::to_owned));
    all.filter(|name| seen.insert(name.clone())).collect()
}

fn entry<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let NodeKind::Mapping(entries) = &node.kind else { return None };
    entries.iter().find(|entry| entry.key.value == name).map(|entry| &entry.value)
}

fn keys(node: Option<&Node>) -> impl Iterator<Item = String> {
    let entries = match node.map(|node| &node.kind) {
        Some(NodeKind::Mapping(entries)) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().map(|entry| entry.key.value.clone())
}

fn items(node: Option<&Node>) -> &[Node] {
    match node.map(|node| &node.kind) {
        Some(NodeKind::Sequence(items)) => items,
        _ => &[],
    }
}

/// What stands in YAML without quotes at the beginning of `text`: YAML takes its braces for
/// mappings, and `#` for a comment.
pub(super) fn unquoted(text: &str) -> Option<Foreign> {
    first_in(text).filter(|foreign| foreign.at.start == 0)
}

/// The first one on the first line of `text` around which no quotes stand.
pub(super) fn first_in(text: &str) -> Option<Foreign> {
    let line = text.lines().next().unwrap_or("");
    ANYWHERE.as_ref()?.captures_iter(line).find_map(|captures| {
        let whole = captures.get(0)?;
        let name = captures.iter().skip(1).flatten().next()?.as_str().trim().to_owned();
        let quotes = line[..whole.start()].matches(['"', '\'']).count();
        let at = Span { start: whole.start(), end: whole.end() };
        quotes.is_multiple_of(2).then(|| Foreign { at, written: whole.as_str().to_owned(), name })
    })
}

/// `{user_id}` without quotes: YAML takes it for a mapping.
pub(super) fn braces(node: &Node, written: &str, known: &[String]) -> Option<Foreign> {
    let NodeKind::Mapping(entries) = &node.kind else { return None };
    let [entry] = entries.as_slice() else { return None };
    let fits = written.starts_with('{')
        && entry.value.is_missing()
        && same(&entry.key.value, known).is_some();
    fits.then(|| Foreign {
        at: Span::default(),
        written: written.to_owned(),
        name: entry.key.value.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, position: Position) -> Vec<(String, Option<&'static str>)> {
        let known = ["user_id", "email", "run.id", "email_domain"].map(str::to_owned).to_vec();
        let known: &'static [String] = known.leak();
        let found = foreign(text, position, known);
        found.into_iter().map(|each| (each.written, meant(&each.name, known))).collect()
    }

    #[test]
    fn variables_of_other_tools_are_found_with_what_was_meant() {
        for (text, written, meant) in [
            ("{{user_id}}", "{{user_id}}", Some("user_id")),
            ("a {{ user_id }} b", "{{ user_id }}", Some("user_id")),
            ("{{{userId}}}", "{{{userId}}}", Some("user_id")),
            ("${{ vars.user_id }}", "${{ vars.user_id }}", Some("user_id")),
            ("{{ user_id | upper }}", "{{ user_id | upper }}", Some("user_id")),
            ("{{$guid}}", "{{$guid}}", Some("run.id")),
            ("{{nothing_like_it}}", "{{nothing_like_it}}", None),
            ("user_$run_id", "$run_id", Some("run.id")),
            ("$user_id", "$user_id", Some("user_id")),
            ("$(user_id)", "$(user_id)", Some("user_id")),
            ("$other", "$other", None),
            ("<<user_id>>", "<<user_id>>", Some("user_id")),
            ("%{user_id}", "%{user_id}", Some("user_id")),
            ("user_#{run_id}", "#{run_id}", Some("run.id")),
            ("{user_id}@x", "{user_id}", Some("user_id")),
            ("%user_id%", "%user_id%", Some("user_id")),
            ("${user_id} {{email}}", "{{email}}", Some("email")),
            ("{{usr_id}}", "{{usr_id}}", Some("user_id")),
        ] {
            assert_eq!(found(text, Position::Value), [(written.to_owned(), meant)], "{text}");
        }
        assert_eq!(found("{{email}}{{user_id}}", Position::Value).len(), 2);
    }

    #[test]
    fn parameters_of_routers_are_found_in_paths() {
        for (path, written) in [
            ("/v1/customers/{user_id}", "{user_id}"),
            ("/v1/customers/{id}/state", "{id}"),
            ("/v1/customers/{customer-id}", "{customer-id}"),
            ("/v1/customers/:id", ":id"),
            ("/v1/customers/:id/state", ":id"),
            ("/v1/customers/<id>", "<id>"),
            ("/v1/customers/<int:id>", "<int:id>"),
            ("/v1/customers/[id]", "[id]"),
            ("/v1/customers/$id", "$id"),
            ("/v1/customers/?email=$mail", "$mail"),
            ("/v1/customers/?email={email}", "{email}"),
            ("/v1/customers/{{id}}", "{{id}}"),
            ("/v1/customers/#{id}", "#{id}"),
        ] {
            assert_eq!(
                found(path, Position::Path).into_iter().map(|each| each.0).collect::<Vec<_>>(),
                [written],
                "{path}"
            );
        }
    }

    #[test]
    fn texts_that_only_look_like_it_are_left_alone() {
        for text in [
            "$5",
            "US$ 5",
            "pa$$word",
            "pa$word",
            "{}",
            "{name}",
            "{\"a\":{\"b\":{\"c\":1}}}",
            "{{\"broken\"",
            "<<EOF",
            "100%",
            "$${user_id}",
            "$${email}: ${email}",
            "a:b",
            ":id",
            r"\d{2}x{3,5}",
            r"\p{L}$",
            "^[0-9a-f]{64}@anonymized\\.polar\\.sh$",
            "#1 {x} %d",
            "[user_id]",
        ] {
            assert_eq!(found(text, Position::Value), [], "{text}");
        }
        for path in
            ["/v1/customers/${user_id}", "/v1/models/x:run", "/a?t=12:30", "/a?x=$5", "/v1/a%20b"]
        {
            assert_eq!(found(path, Position::Path), [], "{path}");
        }
    }
}
