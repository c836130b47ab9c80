//! What an app is built with, from its manifests.

use regex::Regex;

use super::tree::{Seen, SourceFile, Tree};
use crate::provider::Language;

/// What answers the app's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    /// Next.js.
    Next,
    /// `SvelteKit`.
    SvelteKit,
    /// Hono.
    Hono,
    /// Express.
    Express,
    /// Convex, where its HTTP actions take the webhooks.
    Convex,
    /// Something else on Node.js, Bun or Deno.
    Node,
    /// `FastAPI`.
    FastApi,
    /// Django.
    Django,
    /// Ruby on Rails.
    Rails,
    /// Laravel.
    Laravel,
    /// Go's own server, or a router on it.
    Go,
}

impl Framework {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Next => "Next.js",
            Self::SvelteKit => "SvelteKit",
            Self::Hono => "Hono",
            Self::Express => "Express",
            Self::Convex => "Convex",
            Self::Node => "a package.json without a framework known here",
            Self::FastApi => "FastAPI",
            Self::Django => "Django",
            Self::Rails => "Rails",
            Self::Laravel => "Laravel",
            Self::Go => "Go",
        }
    }

    /// The port that it listens on unless told otherwise.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::SvelteKit => 5173,
            Self::FastApi | Self::Django | Self::Laravel => 8000,
            Self::Go => 8080,
            Self::Convex => 3211,
            _ => 3000,
        }
    }
}

/// What keeps the app's users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// better-auth.
    BetterAuth,
    /// Auth.js, or `NextAuth`.
    AuthJs,
    /// Clerk.
    Clerk,
    /// Supabase.
    Supabase,
}

impl Auth {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BetterAuth => "better-auth",
            Self::AuthJs => "Auth.js",
            Self::Clerk => "Clerk",
            Self::Supabase => "Supabase",
        }
    }
}

/// Manifests, in the order in which they are asked, with what they name.
const FRAMEWORKS: [(&str, &str, Framework); 11] = [
    ("package.json", r#""next"\s*:"#, Framework::Next),
    ("package.json", r#""@sveltejs/kit"\s*:"#, Framework::SvelteKit),
    ("package.json", r#""hono"\s*:"#, Framework::Hono),
    ("package.json", r#""express"\s*:"#, Framework::Express),
    ("pyproject.toml", r"(?i)\bfastapi\b", Framework::FastApi),
    ("requirements.txt", r"(?im)^fastapi\b", Framework::FastApi),
    ("pyproject.toml", r"(?i)\bdjango\b", Framework::Django),
    ("requirements.txt", r"(?im)^django\b", Framework::Django),
    ("Gemfile", r#"gem\s+["']rails["']"#, Framework::Rails),
    ("composer.json", r#""laravel/framework"\s*:"#, Framework::Laravel),
    ("go.mod", r"(?m)^module\s", Framework::Go),
];

const AUTHS: [(&str, Auth); 4] = [
    (r#""better-auth"\s*:"#, Auth::BetterAuth),
    (r#""(?:next-auth|@auth/[a-z-]+)"\s*:"#, Auth::AuthJs),
    (r#""@clerk/[a-z-]+"\s*:"#, Auth::Clerk),
    (r#""@supabase/[a-z-]+"\s*:"#, Auth::Supabase),
];

fn found(file: &SourceFile, pattern: &str) -> Option<Seen> {
    Some(file.seen(Regex::new(pattern).ok()?.find(&file.text)?.start()))
}

/// What answers the app's requests; None where no manifest is known.
pub(super) fn framework(tree: &Tree) -> Option<(Framework, Seen)> {
    let package = tree.file("package.json");
    let actions = |file: &&SourceFile| file.path.starts_with("convex/http.");
    if let (Some(package), Some(_)) = (package, tree.files.iter().find(actions))
        && let Some(seen) = found(package, r#""convex"\s*:"#)
    {
        return Some((Framework::Convex, seen));
    }
    let known = FRAMEWORKS.iter().find_map(|(manifest, pattern, framework)| {
        Some((*framework, found(tree.file(manifest)?, pattern)?))
    });
    known.or_else(|| Some((Framework::Node, package?.seen(0))))
}

/// What keeps its users.
pub(super) fn auth(tree: &Tree) -> Option<(Auth, Seen)> {
    let package = tree.file("package.json")?;
    AUTHS.iter().find_map(|(pattern, auth)| Some((*auth, found(package, pattern)?)))
}

/// The shell command that starts the app on its port, and whether it is only a guess.
pub(super) fn command(tree: &Tree, framework: Framework, port: u16) -> (String, bool) {
    match framework {
        Framework::FastApi => {
            let module = tree.find(r"(?m)^\w+\s*=\s*FastAPI\(", |file| is(file, Language::Python));
            let file = module.as_ref().map_or("main.py", |(_, seen)| seen.path.as_str());
            let variable = module.as_ref().and_then(|(text, _)| text.split(['=', ' ']).next());
            let module = file.trim_end_matches(".py").replace('/', ".");
            let command =
                format!("python -m uvicorn {module}:{} --port {port}", variable.unwrap_or("app"));
            (command, variable.is_none())
        }
        Framework::Django => (format!("python manage.py runserver {port} --noreload"), false),
        Framework::Rails => (format!("bin/rails server -p {port}"), false),
        Framework::Laravel => (format!("php artisan serve --port={port}"), false),
        Framework::Go => {
            let main = tree.find(r"(?m)^func main\(\)", |file| is(file, Language::Go));
            let folder = main.as_ref().and_then(|(_, seen)| seen.path.rsplit_once('/'));
            let package = folder.map_or_else(|| ".".to_owned(), |(path, _)| format!("./{path}"));
            (format!("go run {package}"), main.is_none())
        }
        _ => script(tree),
    }
}

/// `npm run dev`, or what the manifest has in its place.
fn script(tree: &Tree) -> (String, bool) {
    let lock = |name: &str| tree.file(name).is_some();
    let runner = if lock("pnpm-lock.yaml") {
        "pnpm"
    } else if lock("yarn.lock") {
        "yarn"
    } else if lock("bun.lock") || lock("bun.lockb") {
        "bun"
    } else {
        "npm"
    };
    let manifest = tree.file("package.json").map_or("", |file| file.text.as_str());
    let has = |name: &str| {
        let scripts: Option<serde_json::Value> = serde_json::from_str(manifest).ok();
        scripts.is_some_and(|it| it["scripts"][name].is_string())
    };
    let name = ["dev", "start"].into_iter().find(|name| has(name));
    (format!("{runner} run {}", name.unwrap_or("dev")), name.is_none())
}

/// The port that the code or a script names.
pub(super) fn port(tree: &Tree) -> Option<(u16, Seen)> {
    let pattern = concat!(
        r#"(?:\blisten(?:AndServe)?\(\s*["']?:?|\bListenAndServe\(\s*":|\bport:\s*|"#,
        r#"\bPORT\)?\s*(?:\?\?|\|\|)\s*["']?|--port[ =]|\bdev -p )(\d{4,5})\b"#
    );
    let which = |file: &SourceFile| file.path == "package.json" || is_code(&file.path);
    let (port, seen) = tree.find(pattern, which)?;
    Some((port.parse().ok()?, seen))
}

/// A file of code, configuration of tools left out.
pub(super) fn is_code(path: &str) -> bool {
    Language::of(path).is_some() && !path.contains(".config.")
}

fn is(file: &SourceFile, language: Language) -> bool {
    Language::of(&file.path) == Some(language)
}
