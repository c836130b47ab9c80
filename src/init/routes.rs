//! The routes of an app, as its framework writes them.

use regex::Regex;

use super::stack::Framework;
use super::tree::{Seen, SourceFile, Tree};

/// A path that the app answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    /// In capitals; empty where any will do, or where it is not known.
    pub(super) method: String,
    pub(super) path: String,
    pub(super) seen: Seen,
    /// Whether what stands before the path is known.
    pub(super) whole: bool,
}

/// Every route of the app.
pub(super) fn routes(tree: &Tree, framework: Framework) -> Vec<Route> {
    match framework {
        Framework::Next => by_files(tree, &[NEXT_APP, NEXT_PAGES]),
        Framework::SvelteKit => by_files(tree, &[SVELTE]),
        Framework::Convex => convex(tree),
        Framework::Django => django(tree),
        Framework::Rails => rails(tree),
        Framework::Laravel => laravel(tree),
        Framework::FastApi => called(tree, &FAST_API),
        Framework::Go => called(tree, &GO),
        Framework::Hono | Framework::Express | Framework::Node => called(tree, &SCRIPT),
    }
}

const NEXT_APP: &str = r"^(?:src/)?app/(?:(.*)/)?route\.[cm]?[jt]sx?$";
const NEXT_PAGES: &str = r"^(?:src/)?pages/(api/.*?)(?:/index)?\.[cm]?[jt]sx?$";
const SVELTE: &str = r"^src/routes/(?:(.*)/)?\+server\.[jt]s$";

/// Frameworks in which the path of a file is the path of its route.
fn by_files(tree: &Tree, patterns: &[&str]) -> Vec<Route> {
    let exported = r"export\s+(?:const|(?:async\s+)?function)\s+(?:\{\s*)?(GET|POST|PUT|PATCH|DELETE)\b(?:\s*,\s*(GET|POST|PUT|PATCH|DELETE)\b)?";
    let Ok(exported) = Regex::new(exported) else { return Vec::new() };
    let mut routes = Vec::new();
    for pattern in patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()) {
        for file in &tree.files {
            let Some(found) = pattern.captures(&file.path) else { continue };
            let inside = found.get(1).map_or("", |inside| inside.as_str());
            let shown = |part: &&str| !part.starts_with(['(', '@']) && !part.is_empty();
            let parts: Vec<_> = inside.split('/').filter(shown).collect();
            let path = format!("/{}", parts.join("/"));
            let mut methods: Vec<(String, usize)> = Vec::new();
            for found in exported.captures_iter(&file.text) {
                let names = found.iter().skip(1).flatten();
                methods.extend(names.map(|name| (name.as_str().to_owned(), name.start())));
            }
            // A handler of `pages/api` answers every method.
            if methods.is_empty() {
                methods.push((String::new(), 0));
            }
            routes.extend(methods.into_iter().map(|(method, at)| Route {
                method,
                path: path.clone(),
                seen: file.seen(at),
                whole: true,
            }));
        }
    }
    routes
}

/// How routes are called in a language: groups `on`, `method`, `path`, and what puts a prefix before
/// those of a variable.
struct Calls {
    ending: &'static [&'static str],
    route: &'static str,
    /// Groups `on` and `prefix`.
    prefixes: &'static [&'static str],
    /// Variables that are the app itself.
    whole: &'static [&'static str],
}

const SCRIPT: Calls = Calls {
    ending: &[".ts", ".js", ".mts", ".mjs", ".cjs", ".tsx"],
    route: r#"\b(?P<on>\w+)\s*\.\s*(?P<method>get|post|put|patch|delete|all)\(\s*["'`](?P<path>/[^"'`\s]*)["'`]\s*,"#,
    prefixes: &[r#"\.\s*(?:use|route)\(\s*["'`](?P<prefix>/[^"'`]*)["'`]\s*,\s*(?P<on>\w+)"#],
    whole: &["app", "server", "fastify"],
};

const FAST_API: Calls = Calls {
    ending: &[".py"],
    route: r#"@(?P<on>\w+)\.(?P<method>get|post|put|patch|delete)\(\s*["'](?P<path>/?[^"']*)["']"#,
    prefixes: &[
        r#"(?P<on>\w+)\s*=\s*APIRouter\([^)]*prefix\s*=\s*["'](?P<prefix>[^"']+)["']"#,
        r#"include_router\(\s*(?:\w+\.)?(?P<on>\w+)[^)]*prefix\s*=\s*["'](?P<prefix>[^"']+)["']"#,
    ],
    whole: &["app"],
};

const GO: Calls = Calls {
    ending: &[".go"],
    route: r#"\b(?P<on>\w+)\.(?P<method>HandleFunc|Handle|Get|Post|Put|Delete|GET|POST|PUT|DELETE)\(\s*"(?:(?P<verb>GET|POST|PUT|DELETE) )?(?P<path>/[^"]*)""#,
    prefixes: &[],
    whole: &["http", "mux", "r", "router", "e", "app"],
};

/// Frameworks in which a call makes a route.
fn called(tree: &Tree, calls: &Calls) -> Vec<Route> {
    let which = |file: &&SourceFile| calls.ending.iter().any(|ending| file.path.ends_with(ending));
    let Ok(pattern) = Regex::new(calls.route) else { return Vec::new() };
    let mut prefixes: Vec<(String, String)> = Vec::new();
    for prefix in calls.prefixes.iter().rev().filter_map(|prefix| Regex::new(prefix).ok()) {
        for file in tree.files.iter().filter(which) {
            let found = prefix.captures_iter(&file.text);
            prefixes.extend(found.map(|it| (it["on"].to_owned(), it["prefix"].to_owned())));
        }
    }
    let mut routes = Vec::new();
    for file in tree.files.iter().filter(which) {
        for found in pattern.captures_iter(&file.text) {
            let on = &found["on"];
            let before: String = prefixes
                .iter()
                .filter(|(name, _)| name == on || imported(tree, name, &file.path))
                .map(|(_, prefix)| prefix.trim_end_matches('/'))
                .collect();
            let method = found.name("verb").map_or(&found["method"], |verb| verb.as_str());
            let method = method.to_ascii_uppercase();
            let any = ["ALL", "HANDLE", "HANDLEFUNC"].contains(&method.as_str());
            routes.push(Route {
                method: if any { String::new() } else { method },
                path: joined(&before, &found["path"]),
                seen: file.seen(found.get(0).map_or(0, |found| found.start())),
                whole: calls.whole.contains(&on) || !before.is_empty(),
            });
        }
    }
    routes
}

/// Whether a file takes what another exports under this name: `const name = require("./file")`.
fn imported(tree: &Tree, name: &str, path: &str) -> bool {
    let pattern = format!(
        r#"\b(?:const|import)\s+{name}\s*(?:=\s*require\(\s*|from\s+)["']\.{{1,2}}/([^"']+)["']"#
    );
    let Some((wanted, _)) = tree.find(&pattern, |file| file.path != path) else { return false };
    let stem = |path: &str| path.rsplit_once('.').map_or(path, |(stem, _)| stem).to_owned();
    let is_code = crate::provider::Language::of(&wanted).is_some();
    let wanted = if is_code { stem(&wanted) } else { wanted };
    let own = stem(path);
    own == wanted || own.ends_with(&format!("/{wanted}"))
}

fn joined(before: &str, path: &str) -> String {
    let path = path.trim_start_matches('/');
    if path.is_empty() && !before.is_empty() {
        before.to_owned()
    } else {
        format!("{before}/{path}")
    }
}

/// `http.route({ path: "/polar/events", method: "POST", … })`
fn convex(tree: &Tree) -> Vec<Route> {
    let pattern = r#"\.route\(\s*\{\s*path:\s*["'](/[^"']*)["']\s*,\s*method:\s*["'](\w+)["']"#;
    let Ok(pattern) = Regex::new(pattern) else { return Vec::new() };
    let files = tree.files.iter().filter(|file| file.path.starts_with("convex/http."));
    let routes = files.flat_map(|file| {
        let route = |found: regex::Captures<'_>| Route {
            method: found[2].to_owned(),
            path: found[1].to_owned(),
            seen: file.seen(found.get(0).map_or(0, |found| found.start())),
            whole: true,
        };
        pattern.captures_iter(&file.text).map(route).collect::<Vec<_>>()
    });
    routes.collect()
}

/// `path("webhooks/polar/", views.webhook)`, below what includes its file.
fn django(tree: &Tree) -> Vec<Route> {
    let urls = |file: &&SourceFile| file.name() == "urls.py";
    let (Ok(path), Ok(include)) = (
        Regex::new(r#"\bpath\(\s*["']([^"']*)["']\s*,\s*(\w[\w.]*)"#),
        Regex::new(r#"\bpath\(\s*["']([^"']*)["']\s*,\s*include\(\s*["']([\w.]+)["']"#),
    ) else {
        return Vec::new();
    };
    let mut prefixes: Vec<(String, String)> = Vec::new();
    for file in tree.files.iter().filter(urls) {
        let found = include.captures_iter(&file.text);
        let module = |found: &regex::Captures<'_>| format!("{}.py", found[2].replace('.', "/"));
        prefixes.extend(found.map(|found| (module(&found), found[1].to_owned())));
    }
    let mut routes = Vec::new();
    for file in tree.files.iter().filter(urls) {
        let included = prefixes.iter().find(|(module, _)| file.path.ends_with(module));
        for found in path.captures_iter(&file.text).filter(|found| &found[2] != "include") {
            let before = included.map_or("", |(_, prefix)| prefix.as_str());
            routes.push(Route {
                method: String::new(),
                path: format!("/{before}{}", &found[1]),
                seen: file.seen(found.get(0).map_or(0, |found| found.start())),
                whole: true,
            });
        }
    }
    routes
}

/// `post "webhooks/polar", to: …`, below the `namespace` and `scope` around it.
fn rails(tree: &Tree) -> Vec<Route> {
    let Some(file) = tree.file("config/routes.rb") else { return Vec::new() };
    let (Ok(route), Ok(around)) = (
        Regex::new(r#"^\s*(get|post|put|patch|delete)\s*\(?\s*["']/?([^"']+)["']"#),
        Regex::new(r#"^\s*(?:namespace|scope)\s*\(?\s*(?:path:\s*)?[:"']/?([\w/-]+)["']?.*\bdo\b"#),
    ) else {
        return Vec::new();
    };
    let (mut stack, mut routes, mut at): (Vec<(usize, String)>, _, _) = (vec![], vec![], 0);
    for line in file.text.split_inclusive('\n') {
        let depth = line.len() - line.trim_start().len();
        if !line.trim().is_empty() {
            stack.retain(|(outer, _)| *outer < depth);
        }
        if let Some(found) = around.captures(line) {
            stack.push((depth, found[1].to_owned()));
        } else if let Some(found) = route.captures(line) {
            let around = stack.iter().flat_map(|(_, part)| ["/", part.as_str()]);
            let before: String = around.collect();
            routes.push(Route {
                method: found[1].to_ascii_uppercase(),
                path: format!("{before}/{}", &found[2]),
                seen: file.seen(at),
                whole: true,
            });
        }
        at += line.len();
    }
    routes
}

/// `Route::post('/webhooks/polar', …)`; those of `routes/api.php` stand below `/api`.
fn laravel(tree: &Tree) -> Vec<Route> {
    let pattern = r#"Route::(get|post|put|patch|delete|any)\(\s*['"]/?([^'"]*)['"]"#;
    let Ok(pattern) = Regex::new(pattern) else { return Vec::new() };
    let mut routes = Vec::new();
    for (path, before) in [("routes/web.php", ""), ("routes/api.php", "/api")] {
        let Some(file) = tree.file(path) else { continue };
        let grouped = file.text.contains("prefix(");
        for found in pattern.captures_iter(&file.text) {
            let method = found[1].to_ascii_uppercase();
            routes.push(Route {
                method: if method == "ANY" { String::new() } else { method },
                path: format!("{before}/{}", &found[2]),
                seen: file.seen(found.get(0).map_or(0, |found| found.start())),
                whole: !grouped,
            });
        }
    }
    routes
}
