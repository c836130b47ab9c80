//! The files of an app's folder that say what it is: code, manifests and examples of its
//! environment. Links are not followed, and what is read has bounds.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use crate::init::{SourceFile, Tree};
use crate::provider::Language;

/// The most files that are read.
const MOST_FILES: usize = 5_000;
/// The most bytes of a file; larger ones are made by programs.
const MOST_BYTES: u64 = 512 << 10;
/// The most bytes of all files.
const MOST_BYTES_IN_ALL: usize = 64 << 20;
/// How deep folders are looked into.
const DEEPEST: usize = 16;

/// What others wrote, or programs made.
const LEFT_OUT: [&str; 14] = [
    "node_modules",
    "vendor",
    "target",
    "dist",
    "build",
    "out",
    "venv",
    "__pycache__",
    "site-packages",
    "coverage",
    "tmp",
    "log",
    "storage",
    "_generated",
];

/// Files that are read whatever their names end in. Of lock files the name says enough.
const MANIFESTS: [&str; 6] =
    ["package.json", "pyproject.toml", "requirements.txt", "Gemfile", "composer.json", "go.mod"];
const LOCKS: [&str; 4] = ["pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"];
/// Never `.env` itself: it holds secrets.
const EXAMPLES: [&str; 5] =
    [".env.example", ".env.sample", ".env.template", ".env.local.example", ".env.dist"];

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) tree: Tree,
    /// Whether there was more than is read.
    pub(super) cut: bool,
    bytes: usize,
}

/// Reads the folder of an app.
pub(super) fn walk(folder: &Path) -> io::Result<Walked> {
    let mut walked = Walked::default();
    walked.folder(folder, "", 0)?;
    walked.tree.files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(walked)
}

impl Walked {
    fn folder(&mut self, folder: &Path, inside: &str, depth: usize) -> io::Result<()> {
        let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let path = format!("{inside}{name}");
            // A link has a type of its own here, and is neither.
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                if name.starts_with('.') || LEFT_OUT.contains(&name.as_str()) {
                    continue;
                }
                if depth == DEEPEST {
                    self.cut = true;
                    continue;
                }
                // A folder that may not be read holds nothing for this.
                let _ = self.folder(&entry.path(), &format!("{path}/"), depth + 1);
            } else if kind.is_file() {
                self.file(&entry.path(), path, &name);
            }
        }
        Ok(())
    }

    fn file(&mut self, file: &Path, path: String, name: &str) {
        let wanted = Language::of(name).is_some_and(|_| !name.ends_with(".min.js"))
            || MANIFESTS.contains(&name)
            || EXAMPLES.contains(&name);
        let lock = LOCKS.contains(&name);
        if !wanted && !lock {
            return;
        }
        if self.tree.files.len() == MOST_FILES || self.bytes >= MOST_BYTES_IN_ALL {
            self.cut = true;
            return;
        }
        let text = if lock { Some(String::new()) } else { read(file) };
        if let Some(text) = text {
            self.bytes += text.len();
            self.tree.files.push(SourceFile { path, text });
        }
    }
}

/// The text of a file; None where it is too large, or no text.
fn read(file: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(file).ok()?.take(MOST_BYTES + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MOST_BYTES).then(|| String::from_utf8(bytes).ok()).flatten()
}
