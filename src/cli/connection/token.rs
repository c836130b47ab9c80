//! The bearer token as it was handed over: what is visibly none is refused before anything is sent,
//! and never printed.

use std::sync::LazyLock;

use anyhow::{bail, ensure};
use regex::Regex;

use crate::secret::Secret;

/// `NAME=value`, as in a `.env` file. What follows the `=` is more than the padding of base64.
static ASSIGNMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?:export\s+)?[A-Za-z_][A-Za-z0-9_.]*\s*=\s*[^=\s]").ok());

/// A variable of a shell, of Windows, of a workflow or of a template that nothing filled in.
static UNEXPANDED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\$[A-Za-z_({]|^\$env:|^%[A-Za-z_][A-Za-z0-9_]*%$|\$?\{\{|^[#@%]\{").ok()
});

/// What stands in documentation where a token goes.
static PLACEHOLDER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let word = r"(?i)^(?:polar_[a-z]+_)?(?:";
    let words = [
        // Masked, cut off, or nothing after the prefix.
        r"[x*•.…_-]*",
        r"[a-z0-9_-]*(?:x{3,}|\*{2,}|•{2,}|\.{3,}|…)[x*•.…]*",
        r"<.*>|\[.*\]",
        r"(?:your|my|the|insert|enter|paste|replace|put)[_-].*",
        r"(?:change|replace)[_-]?(?:me|this)|token|secret|todo|placeholder|example|null|undefined|none",
    ];
    Regex::new(&format!("{word}{})$", words.join("|"))).ok()
});

/// The token in `text`. `origin` says where it was found.
pub(super) fn token_from(text: &str, origin: &str) -> anyhow::Result<Secret> {
    // Editors put a byte order mark at the beginning of files.
    let token = text.trim_start_matches('\u{feff}').trim();
    ensure!(
        !token.is_empty(),
        "{origin} is empty; it should hold the bearer token and nothing else"
    );
    if let Some(slip) = slip(token) {
        bail!("{origin} {slip}");
    }
    let printable = token.bytes().all(|byte| byte.is_ascii_graphic());
    ensure!(
        printable,
        "{origin} holds more than a bearer token: spaces, line breaks or characters that no header \
         can carry"
    );
    Ok(Secret::new(token))
}

/// What was handed over in place of a token.
fn slip(token: &str) -> Option<&'static str> {
    let is = |pattern: &LazyLock<Option<Regex>>| {
        pattern.as_ref().is_some_and(|pattern| pattern.is_match(token))
    };
    let lower = token.to_ascii_lowercase();
    if quoted(token) {
        Some("holds quotes around the token; leave them out")
    } else if lower.starts_with("authorization:") {
        Some("holds a whole header; leave out all but the token itself")
    } else if is(&ASSIGNMENT) {
        Some("holds an assignment; leave out all but the value after the `=`")
    } else if ["bearer ", "bearer:", "bearer\t", "token "]
        .iter()
        .any(|scheme| lower.starts_with(scheme))
    {
        Some("begins with the scheme; leave out `Bearer`, which is added when the token is sent")
    } else if is(&UNEXPANDED) {
        Some("holds the name of a variable in place of its value: nothing filled it in")
    } else if is(&PLACEHOLDER) {
        Some("holds a placeholder; put a real token there")
    } else {
        None
    }
}

/// Whether quotes stand around it, or on one side of it.
fn quoted(token: &str) -> bool {
    const QUOTES: [char; 7] = ['"', '\'', '`', '“', '”', '‘', '’'];
    token.starts_with(QUOTES) || (token.ends_with(QUOTES) && !token.contains('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_as_it_is() {
        for token in [
            "polar_oat_3Fh8sKqZ0xAbCdEf",
            "secret=",
            "dG9rZW4=",
            "a",
            "T0ken-1",
            "from_a_file",
            "polar_oat_s3cret/+\"token\"=1234",
            "eyJhbGciOiJub25lIn0.eyJ4IjoxfQ.xxq",
            "yourself",
            "polar_oat_exxon",
        ] {
            assert_eq!(
                token_from(&format!(" {token}\n"), "it").unwrap().expose(),
                token,
                "{token}"
            );
        }
        assert_eq!(token_from("\u{feff}abc\r\n", "it").unwrap().expose(), "abc");
    }

    #[test]
    fn what_is_visibly_none_is_told_and_not_printed() {
        for (text, said) in [
            ("\"polar_oat_abc\"", "quotes"),
            ("'polar_oat_abc'", "quotes"),
            ("“polar_oat_abc”", "quotes"),
            ("polar_oat_abc\"", "quotes"),
            ("POLAR_ACCESS_TOKEN=polar_oat_abc", "an assignment"),
            ("export POLAR_ACCESS_TOKEN=\"polar_oat_abc\"", "an assignment"),
            ("token = polar_oat_abc", "an assignment"),
            ("A=1\nB=2", "an assignment"),
            ("${POLAR_ACCESS_TOKEN}", "the name of a variable"),
            ("$POLAR_ACCESS_TOKEN", "the name of a variable"),
            ("$(cat token)", "the name of a variable"),
            ("%POLAR_ACCESS_TOKEN%", "the name of a variable"),
            ("$env:POLAR_ACCESS_TOKEN", "the name of a variable"),
            ("{{ secrets.POLAR_ACCESS_TOKEN }}", "the name of a variable"),
            ("${{ secrets.POLAR_ACCESS_TOKEN }}", "the name of a variable"),
            ("Bearer polar_oat_abc", "leave out `Bearer`"),
            ("bearer  polar_oat_abc", "leave out `Bearer`"),
            ("Authorization: Bearer polar_oat_abc", "a whole header"),
            ("polar_oat_…", "a placeholder"),
            ("polar_oat_...", "a placeholder"),
            ("polar_oat_", "a placeholder"),
            ("polar_oat_xxxxxxxx", "a placeholder"),
            ("polar_oat_abcd••••••", "a placeholder"),
            ("polar_oat_abcd...", "a placeholder"),
            ("xxx", "a placeholder"),
            ("***", "a placeholder"),
            ("<your-token>", "a placeholder"),
            ("YOUR_TOKEN_HERE", "a placeholder"),
            ("changeme", "a placeholder"),
            ("undefined", "a placeholder"),
            ("polar_oat_a b", "more than a bearer token"),
            ("polar_oat_a\nb", "more than a bearer token"),
            ("polar_oat_a\u{200b}b", "more than a bearer token"),
            ("  \n", "is empty"),
        ] {
            let error = token_from(text, "it").unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
            assert!(!error.contains("polar_oat_a"), "{error}");
        }
    }
}
