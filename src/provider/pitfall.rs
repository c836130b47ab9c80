//! What is seen to break in the code of apps, as patterns.

/// A language that apps are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// TypeScript and JavaScript.
    Script,
    /// Python.
    Python,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
    /// Go.
    Go,
}

impl Language {
    /// The language of a file, by how its name ends.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        Some(match path.rsplit_once('.')?.1 {
            "ts" | "tsx" | "mts" | "cts" | "js" | "jsx" | "mjs" | "cjs" => Self::Script,
            "py" => Self::Python,
            "rb" => Self::Ruby,
            "php" => Self::Php,
            "go" => Self::Go,
            _ => return None,
        })
    }
}

/// Where `wrong` is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Anywhere in the file.
    File,
    /// Between the parentheses that follow this pattern.
    Call(&'static str),
    /// The same, where an earlier call of the second pattern lacks what is wrong in this one.
    CallAfter(&'static str, &'static str),
    /// In the block that this pattern begins.
    Block(&'static str),
}

/// A mistake as it looks in one language. Patterns are regular expressions, read without comments;
/// an empty one is left out. `NAME` stands for what the group `name` of `wrong` has found.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// The languages.
    pub languages: &'static [Language],
    /// Found in files that it is looked for in.
    pub about: &'static str,
    /// Where it is looked for.
    pub part: Part,
    /// The mistake.
    pub wrong: &'static str,
    /// Found in the file as well.
    pub also: &'static str,
    /// What in the same part shows that it is none.
    pub right: &'static str,
    /// What anywhere in the file shows that it is none.
    pub never: &'static str,
}

impl Look {
    /// Nothing but the default of each field.
    pub const ANY: Self = Self {
        languages: &[],
        about: "",
        part: Part::File,
        wrong: "",
        also: "",
        right: "",
        never: "",
    };
}

/// A mistake in the code of apps.
#[derive(Debug, Clone, Copy)]
pub struct Pitfall {
    /// What is said of it: a fragment in lower case.
    pub title: &'static str,
    /// What to do.
    pub help: &'static str,
    /// The diagnosis whose page is about it.
    pub page: &'static str,
    /// How it looks.
    pub looks: &'static [Look],
}
