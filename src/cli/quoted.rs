//! What was typed, as errors quote it: a password in a URL or a token in the wrong place is typed
//! as well.

use crate::provider::POLAR;
use crate::secret::REDACTED;

/// Shorter tokens are not looked for: taking every `a` out of a message would destroy it.
const SHORTEST: usize = 8;

/// `text`, which may quote what was typed, without secrets that stood in it.
pub(super) fn without_secrets(text: &str) -> String {
    let arguments: Vec<_> =
        std::env::args_os().skip(1).map(|each| each.to_string_lossy().into_owned()).collect();
    let mut words = secret_words(&arguments);
    // A word may hold another.
    words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    words.iter().fold(text.to_owned(), |text, (word, shown)| text.replace(word, shown))
}

/// The words that hold a secret, each with what is printed of it.
fn secret_words(arguments: &[String]) -> Vec<(String, String)> {
    let mut words = Vec::new();
    let mut before = "";
    for argument in arguments {
        let (name, value) = argument.split_once('=').unwrap_or((before, argument));
        let is_token = name == "--token" && value.len() >= SHORTEST;
        for word in [argument.as_str(), value] {
            let shown = match word {
                _ if is_token => word.replace(value, REDACTED),
                _ => shown(word),
            };
            if shown != word
                && words.last().is_none_or(|(known, _): &(String, String)| known != word)
            {
                words.push((word.to_owned(), shown));
            }
        }
        before = argument;
    }
    words
}

/// What is printed of one word that was typed.
pub(super) fn shown(word: &str) -> String {
    if is_suspect(word) { shown_url(word) } else { word.to_owned() }
}

/// Whether a word is a URL, or what stands in one before the host, or a token.
fn is_suspect(word: &str) -> bool {
    let user = word.split('@').next().filter(|user| user.len() < word.len());
    word.contains("://") || user.is_some_and(|user| user.contains(':')) || looks_secret(word)
}

/// Whether a token or a webhook's secret begins in `text`.
fn looks_secret(text: &str) -> bool {
    [POLAR.token.family, POLAR.webhook.secret_prefix].iter().any(|prefix| text.contains(prefix))
}

/// What is printed of `text`, which is a URL or was meant to be one: neither a user name, a
/// password, a query nor a fragment, and nothing that looks like a token.
pub(super) fn shown_url(text: &str) -> String {
    const HIDDEN: &str = "…";
    let text = text.trim();
    let is_scheme =
        |text: &str| text.chars().all(|each| each.is_ascii_alphanumeric() || "+-.".contains(each));
    let scheme = text.find("://").filter(|at| is_scheme(&text[..*at])).map_or(0, |at| at + 3);
    let (scheme, rest) = text.split_at(scheme);
    let after = rest.find(['?', '#']);
    // A password may hold anything, also what ends a host: all that stands before an `@` is left
    // out.
    let (before, rest) = match (rest.rfind('@'), after) {
        (Some(at), Some(query)) if query < at => return format!("{scheme}{HIDDEN}"),
        (Some(at), _) => (HIDDEN.to_owned() + "@", &rest[at + 1..]),
        (None, _) => (String::new(), rest),
    };
    let (rest, query) = match rest.find(['?', '#']) {
        Some(at) => (&rest[..at], format!("{}{HIDDEN}", &rest[at..=at])),
        None => (rest, String::new()),
    };
    if looks_secret(rest) {
        return format!("{scheme}{HIDDEN}");
    }
    format!("{scheme}{before}{rest}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(arguments: &[&str]) -> Vec<String> {
        let arguments: Vec<_> = arguments.iter().map(|each| (*each).to_owned()).collect();
        secret_words(&arguments).into_iter().map(|(_, shown)| shown).collect()
    }

    #[test]
    fn what_is_typed_and_secret_is_known() {
        assert_eq!(words(&["run", "--wait", "30s", "--var", "email=me@example.com"]), [""; 0]);
        assert_eq!(words(&["--listen", "http://u:pw@host:1"]), ["http://…@host:1"]);
        assert_eq!(
            words(&["--wait=http://host/?key=abc"]),
            ["--wait=http://host/?…", "http://host/?…"]
        );
        assert_eq!(words(&["--token", "sesame_open"]), [REDACTED]);
        assert_eq!(words(&["--token=sesame_open"]), [&format!("--token={REDACTED}"), REDACTED]);
        assert_eq!(words(&["polar_oat_abc"]), ["…"]);
        assert_eq!(words(&["u:pw@host"]), ["…@host"]);
    }

    #[test]
    fn a_url_is_shown_without_what_may_be_secret() {
        for (text, shown) in [
            ("http://api.example/v1", "http://api.example/v1"),
            ("http://u:pw@api.example/v1", "http://…@api.example/v1"),
            ("ftp://u:p@ss/w#rd@host", "ftp://…"),
            ("https://u:p/w@host:1/x", "https://…@host:1/x"),
            ("https://u:p@w@host", "https://…@host"),
            ("u:pw@host", "…@host"),
            ("//u:pw@host", "…@host"),
            ("http:/u:pw@host", "…@host"),
            ("https://host/?token=abc", "https://host/?…"),
            ("https://host/#abc", "https://host/#…"),
            ("https://host/?mail=a@b", "https://…"),
            ("x?next=http://u:pw@host", "…"),
            ("polar_oat_abc", "…"),
            ("https://polar_oat_abc", "https://…"),
            ("https://[::1", "https://[::1"),
            ("sandbox-api.polar.sh", "sandbox-api.polar.sh"),
        ] {
            assert_eq!(shown_url(text), shown, "{text}");
        }
    }
}
