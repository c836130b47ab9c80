//! What an app file needs to know, put together from everything that was seen.

use std::collections::BTreeMap;

use regex::Regex;

use super::routes::{Route, routes};
use super::stack::{self, Auth, Framework, is_code};
use super::tree::{Seen, SourceFile, Tree};
use crate::provider::Provider;

/// Something that was seen in the code, or guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known<T> {
    /// What it is.
    pub value: T,
    /// Where it was seen; None for a guess.
    pub seen: Option<Seen>,
}

impl<T> Known<T> {
    fn seen(value: T, seen: Seen) -> Self {
        Self { value, seen: Some(seen) }
    }

    fn guess(value: T) -> Self {
        Self { value, seen: None }
    }
}

/// How a user is made, or the state is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A request to the app: method and path, and the keys of its body.
    Request {
        /// In capitals.
        method: String,
        /// From `/`.
        path: String,
        /// `name`, `email`, `password`, as the code reads them.
        body: Vec<&'static str>,
    },
    /// A program, and its arguments.
    Exec(Vec<&'static str>),
}

/// What is known of an app.
#[derive(Debug, Clone)]
pub struct App {
    /// What answers its requests.
    pub framework: Known<Framework>,
    /// What keeps its users.
    pub auth: Option<Known<Auth>>,
    /// How it is started.
    pub command: Known<String>,
    /// Where it listens.
    pub port: Known<u16>,
    /// Where it takes webhooks.
    pub handler: Option<Known<String>>,
    /// The variables of the environment that it reads, and what each has to hold in a run, such as
    /// `target.token`.
    pub env: Vec<(String, &'static str, Option<Seen>)>,
    /// Variables of the provider that keep what they hold.
    pub kept: Vec<(String, Seen)>,
    /// Whether none of them says where the API is.
    pub intercept: bool,
    /// How a user signs up.
    pub user: Known<Step>,
    /// Where the answer has the user's id.
    pub user_id: &'static str,
    /// How an account is deleted.
    pub delete: Option<Known<String>>,
    /// What the app knows about a user.
    pub state: Known<Step>,
    /// What the state has while the user has access: a key and its value.
    pub access: Known<(String, String)>,
    /// The id of a product.
    pub product: Known<String>,
}

/// Where no product is seen.
const PRODUCT: &str = "3f1c6f0e-6f2e-4f0a-9c55-0a1b2c3d4e5f";

/// Looks at an app; None where no manifest says what it is.
#[must_use]
pub fn look(tree: &Tree, provider: &Provider) -> Option<App> {
    let (framework, seen) = stack::framework(tree)?;
    let routes = routes(tree, framework);
    let auth = stack::auth(tree).map(|(auth, seen)| Known::seen(auth, seen));
    let port = match stack::port(tree) {
        Some((port, seen)) if framework != Framework::Convex => Known::seen(port, seen),
        _ => Known::guess(framework.port()),
    };
    let (command, guessed) = stack::command(tree, framework, port.value);
    let command = Known { value: command, seen: (!guessed).then(|| seen.clone()) };
    let (env, kept) = variables(tree, provider);
    let (user, user_id) = user(tree, &routes, framework, auth.as_ref().map(|auth| auth.value));
    let state = state(&routes, framework);
    Some(App {
        framework: Known::seen(framework, seen),
        command,
        port,
        handler: handler(tree, &routes, provider),
        intercept: !env.iter().any(|(_, holds, _)| *holds == "target.url"),
        env,
        kept,
        user,
        user_id,
        delete: delete(&routes),
        access: access(tree, &state),
        state,
        product: product(tree),
        auth,
    })
}

/// The route that looks most like the handler of the provider's webhooks.
fn handler(tree: &Tree, routes: &[Route], provider: &Provider) -> Option<Known<String>> {
    let name = provider.name;
    let weight = |route: &&Route| {
        let path = route.path.to_lowercase();
        let about = |text: &str| text.to_lowercase().contains(name);
        let file = tree.file(&route.seen.path).is_some_and(|file| about(&file.text));
        match (about(&path), path.contains("webhook") || path.ends_with("/events")) {
            (true, true) => 3,
            (false, true) if file => 2,
            (true, false) if file => 1,
            _ => 0,
        }
    };
    let takes = |route: &&Route| matches!(route.method.as_str(), "" | "POST");
    let best = routes.iter().filter(takes).filter(|route| weight(route) > 0);
    if let Some(best) =
        best.max_by_key(|route| (weight(route), core::cmp::Reverse(route.path.len())))
    {
        let seen = best.whole.then(|| best.seen.clone());
        return Some(Known { value: best.path.clone(), seen });
    }
    // Plugins have paths of their own.
    let usual = provider.webhook.usual_paths;
    let plugin = |pattern: &str, wanted: &dyn Fn(&str) -> bool| {
        let (_, seen) = tree.find(pattern, |file| is_code(&file.path))?;
        let path = usual.iter().find(|path| wanted(path))?;
        Some(Known::seen((*path).to_owned(), seen))
    };
    plugin(&format!("[\"']@{name}-sh/better-auth[\"']"), &|path| path.starts_with("/api/auth/"))
        .or_else(|| plugin(r"\.registerRoutes\(\s*http\b", &|path| path.ends_with("/events")))
}

type Env = Vec<(String, &'static str, Option<Seen>)>;

/// The provider's variables: those that a run fills in, and the others.
fn variables(tree: &Tree, provider: &Provider) -> (Env, Vec<(String, Seen)>) {
    let prefix = provider.name.to_uppercase();
    let mut found = BTreeMap::<String, Seen>::new();
    if let Ok(pattern) = Regex::new(&format!(r"\b{prefix}_[A-Z0-9_]+\b")) {
        for file in tree.files.iter().filter(|file| is_code(&file.path) || is_example(file)) {
            for name in pattern.find_iter(&file.text) {
                let seen = || file.seen(name.start());
                found.entry(name.as_str().to_owned()).or_insert_with(seen);
            }
        }
    }
    let (mut env, mut kept): (Env, _) = (Vec::new(), Vec::new());
    for (name, seen) in found {
        match holds(&name) {
            Some(holds) => env.push((name, holds, Some(seen))),
            None => kept.push((name, seen)),
        }
    }
    for (name, holds) in [
        (provider.token.variable.to_owned(), "target.token"),
        (format!("{prefix}_WEBHOOK_SECRET"), "webhook.secret"),
    ] {
        if !env.iter().any(|(_, known, _)| *known == holds) {
            env.push((name, holds, None));
        }
    }
    (env, kept)
}

/// What a variable of this name holds in a run.
fn holds(name: &str) -> Option<&'static str> {
    let has = |part: &str| name.contains(part);
    if has("PRODUCT") && has("ID") {
        Some("product.id")
    } else if has("SECRET") {
        Some("webhook.secret")
    } else if has("TOKEN") || has("API_KEY") {
        Some("target.token")
    } else if ["BASE_URL", "API_URL", "SERVER_URL", "API_BASE", "API_HOST"].iter().any(|it| has(it))
    {
        Some("target.url")
    } else {
        None
    }
}

/// A file that shows which variables there are.
fn is_example(file: &SourceFile) -> bool {
    file.name().starts_with(".env")
}

/// The first route of this method whose path is like the pattern.
fn route<'a>(routes: &'a [Route], method: &str, pattern: &str) -> Option<&'a Route> {
    let pattern = Regex::new(pattern).ok()?;
    let fits = |route: &&Route| {
        let fixed = !route.path.contains(['[', ':', '{', '*', '<']);
        (route.method == method || route.method.is_empty())
            && fixed
            && pattern.is_match(&route.path.to_lowercase())
    };
    routes.iter().find(fits)
}

fn request(method: &str, path: &str, body: &[&'static str]) -> Step {
    Step::Request { method: method.to_owned(), path: path.to_owned(), body: body.to_vec() }
}

/// How a user signs up, and where the answer has the user's id.
fn user(
    tree: &Tree,
    routes: &[Route],
    framework: Framework,
    auth: Option<Auth>,
) -> (Known<Step>, &'static str) {
    if auth == Some(Auth::BetterAuth) {
        let (_, seen) = tree
            .find(r"\bbetterAuth\(", |file| is_code(&file.path))
            .unwrap_or_else(|| (String::new(), Seen { path: "package.json".to_owned(), line: 1 }));
        let body = ["name", "email", "password"];
        return (Known::seen(request("POST", "/api/auth/sign-up/email", &body), seen), "user.id");
    }
    if let Some(found) = route(routes, "POST", r"sign[-_]?up|regist(?:er|ration)|/users/?$") {
        let text = tree.file(&found.seen.path).map_or("", |file| file.text.as_str());
        let keys = ["name", "email", "password"];
        let mut body: Vec<_> = keys
            .into_iter()
            .filter(|key| {
                Regex::new(&format!(r"\b{key}\b")).is_ok_and(|pattern| pattern.is_match(text))
            })
            .collect();
        if !body.contains(&"email") {
            body.push("email");
        }
        let nested = Regex::new(r#"\buser["']?\s*(?::|=>)\s*[\[{]"#);
        let user_id =
            if nested.is_ok_and(|nested| nested.is_match(text)) { "user.id" } else { "id" };
        let seen = found.whole.then(|| found.seen.clone());
        return (Known { value: request("POST", &found.path, &body), seen }, user_id);
    }
    let exec: &[&str] = match (framework, auth) {
        (Framework::Django, _) => &["python", "manage.py", "test_user", "${email}"],
        (Framework::Rails, _) => &["bin/rails", "runner", "script/test_user.rb", "${email}"],
        (Framework::Laravel, _) => &["php", "artisan", "app:test-user", "${email}"],
        (Framework::Convex, _) => {
            &["npx", "convex", "run", "testing:makeUser", r#"{"email":"${email}"}"#]
        }
        (_, Some(_)) => &["node", "scripts/test-user.mjs", "${email}"],
        _ => &[],
    };
    if exec.is_empty() {
        (Known::guess(request("POST", "/api/sign-up", &["email", "password"])), "user.id")
    } else {
        (Known::guess(Step::Exec(exec.to_vec())), "id")
    }
}

/// Where the app says what the user has.
fn state(routes: &[Route], framework: Framework) -> Known<Step> {
    let found = ["subscription|entitlement|/plan", r"billing|/me/?$|/account/?$|/access/?$"]
        .into_iter()
        .find_map(|pattern| route(routes, "GET", pattern))
        .filter(|route| !route.path.contains("webhook"));
    match found {
        Some(found) => {
            let seen = found.whole.then(|| found.seen.clone());
            Known { value: request("GET", &found.path, &[]), seen }
        }
        None if framework == Framework::Convex => Known::guess(Step::Exec(vec![
            "npx",
            "convex",
            "run",
            "testing:state",
            r#"{"userId":"${user_id}"}"#,
        ])),
        None => Known::guess(request("GET", "/api/subscription", &[])),
    }
}

fn delete(routes: &[Route]) -> Option<Known<String>> {
    let found = route(routes, "DELETE", r"/account/?$|/me/?$|/user/?$")?;
    // Where any method will do, it may be none.
    (found.method == "DELETE")
        .then(|| Known { value: found.path.clone(), seen: found.whole.then(|| found.seen.clone()) })
}

/// What the state has while the user has access, as far as its file shows.
fn access(tree: &Tree, state: &Known<Step>) -> Known<(String, String)> {
    let file = state.seen.as_ref().and_then(|seen| tree.file(&seen.path));
    let text = file.map_or("", |file| file.text.as_str());
    let first = |pattern: &str| {
        let found = Regex::new(pattern).ok()?.captures(text)?;
        let at = found.get(0)?.start();
        Some((found.get(1)?.as_str().to_owned(), file?.seen(at)))
    };
    let flag = r#"\b(hasAccess|has_access|isPro|is_pro|isPremium|is_premium|isSubscribed|is_subscribed|subscribed|premium)\b["']?\s*(?::|=>)"#;
    if let Some((value, seen)) = first(r#"["'](pro|premium|plus|paid)["']"#)
        && let Some((key, _)) = first(r#"\b(plan|tier)\b["']?\s*(?::|=>)"#)
    {
        return Known::seen((key, value), seen);
    }
    match first(flag) {
        Some((key, seen)) => Known::seen((key, "true".to_owned()), seen),
        None => Known::guess(("plan".to_owned(), "pro".to_owned())),
    }
}

/// The id of a product that the code or an example of its environment names.
fn product(tree: &Tree) -> Known<String> {
    let pattern = r#"(?i)product\w*["']?\s*[:=]\s*\[?\s*["']?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b"#;
    match tree.find(pattern, |file| is_code(&file.path) || is_example(file)) {
        Some((id, seen)) => Known::seen(id.to_lowercase(), seen),
        None => Known::guess(PRODUCT.to_owned()),
    }
}
