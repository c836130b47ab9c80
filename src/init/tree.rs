//! The files of an app, as they were read.

use std::fmt;

use regex::Regex;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path from the folder of the app, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
}

impl SourceFile {
    /// The last part of its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Where the byte `at` stands.
    #[must_use]
    pub fn seen(&self, at: usize) -> Seen {
        let before = self.text.as_bytes().iter().take(at);
        Seen { path: self.path.clone(), line: 1 + before.filter(|byte| **byte == b'\n').count() }
    }
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}

/// The files of an app, by their paths.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// In the order of their paths.
    pub files: Vec<SourceFile>,
}

impl Tree {
    /// The file at this path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The first place where the pattern is found, in files that are like `which`: the first group,
    /// or the whole.
    pub(super) fn find(
        &self,
        pattern: &str,
        which: impl Fn(&SourceFile) -> bool,
    ) -> Option<(String, Seen)> {
        let pattern = Regex::new(pattern).ok()?;
        self.files.iter().filter(|file| which(file)).find_map(|file| {
            let found = pattern.captures(&file.text)?;
            let text = found.get(1).or_else(|| found.get(0))?;
            Some((text.as_str().to_owned(), file.seen(text.start())))
        })
    }
}
