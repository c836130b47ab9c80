//! E-mail addresses, refused with the words of Python's `email-validator`, which the real API uses.
//!
//! What that library looks up in DNS is not looked up here; see `docs/sandbox.md`. The crates for
//! e-mail syntax say yes or no, and draw the line elsewhere; the reason is part of the answer here.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Validator;
use super::idna2008::check_label;
use super::mailbox::split;

const LONGEST: usize = 254;
const LONGEST_DOMAIN: usize = 253;
const LONGEST_LABEL: usize = 63;
/// pydantic's own limit, before it looks any closer.
const LONGEST_INPUT: usize = 2048;
/// Names that never take mail, by RFC 6761 and others.
const RESERVED: [&str; 6] = ["arpa", "invalid", "local", "localhost", "onion", "test"];

/// Reads an address: spaces around it taken off, the domain in lower case, the rest as given.
pub(crate) fn email(validator: &mut Validator, value: &Value) -> Option<String> {
    let Value::String(text) = value else {
        return validator.flaw("string_type", "Input should be a valid string", value);
    };
    validator.uses(text);
    match parse(text) {
        Ok(address) => Some(address),
        Err(reason) => {
            let msg = format!("value is not a valid email address: {reason}");
            validator.flaw_with("value_error", msg, value, json!({"reason": reason}))
        }
    }
}

fn parse(text: &str) -> Result<String, String> {
    if text.chars().count() > LONGEST_INPUT {
        return Err(format!("Length must not exceed {LONGEST_INPUT} characters"));
    }
    let (local, domain) = split(text)?;
    check_local(local)?;
    let domain = check_domain(domain)?;
    let address = format!("{local}@{domain}");
    let length = address.chars().count();
    if length > LONGEST {
        return Err(format!("The email address is too long {}.", excess(length, LONGEST)));
    }
    Ok(address)
}

fn check_local(local: &str) -> Result<(), String> {
    if local.is_empty() {
        return Err("There must be something before the @-sign.".to_owned());
    }
    if let Some(bad) = refused(local, is_atom) {
        return Err(format!(
            "The email address contains invalid characters before the @-sign: {bad}."
        ));
    }
    check_dots(
        local,
        "An email address cannot start with a period.",
        "An email address cannot have a period immediately before the @-sign.",
    )?;
    check_invisible(local)
}

/// Letters, digits and what else may stand before the @-sign, beyond ASCII too.
pub(super) fn is_atom(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_!#$%&'*+-/=?^`{|}~.".contains(c) || !c.is_ascii()
}

/// Invisible characters are refused by name. These are the common ones; the library has all.
fn check_invisible(part: &str) -> Result<(), String> {
    const INVISIBLE: [(char, &str); 16] = [
        ('\u{a0}', "NO-BREAK SPACE"),
        ('\u{ad}', "SOFT HYPHEN"),
        ('\u{200b}', "ZERO WIDTH SPACE"),
        ('\u{200c}', "ZERO WIDTH NON-JOINER"),
        ('\u{200d}', "ZERO WIDTH JOINER"),
        ('\u{200e}', "LEFT-TO-RIGHT MARK"),
        ('\u{200f}', "RIGHT-TO-LEFT MARK"),
        ('\u{2028}', "LINE SEPARATOR"),
        ('\u{202a}', "LEFT-TO-RIGHT EMBEDDING"),
        ('\u{202b}', "RIGHT-TO-LEFT EMBEDDING"),
        ('\u{202d}', "LEFT-TO-RIGHT OVERRIDE"),
        ('\u{202e}', "RIGHT-TO-LEFT OVERRIDE"),
        ('\u{202f}', "NARROW NO-BREAK SPACE"),
        ('\u{2060}', "WORD JOINER"),
        ('\u{3000}', "IDEOGRAPHIC SPACE"),
        ('\u{feff}', "ZERO WIDTH NO-BREAK SPACE"),
    ];
    let found: Vec<_> =
        INVISIBLE.iter().filter(|(c, _)| part.contains(*c)).map(|(_, name)| *name).collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(format!("The email address contains unsafe characters: {}.", found.join(", ")))
}

fn check_domain(domain: &str) -> Result<String, String> {
    if domain.is_empty() {
        return Err("There must be something after the @-sign.".to_owned());
    }
    if domain.starts_with('[') && domain.ends_with(']') {
        return Err("A bracketed IP address after the @-sign is not allowed here.".to_owned());
    }
    if let Some(bad) =
        refused(domain, |c| c.is_ascii_alphanumeric() || c == '-' || c == '.' || !c.is_ascii())
    {
        return Err(format!("The part after the @-sign contains invalid characters: {bad}."));
    }
    check_invisible(domain)?;
    check_dots(
        domain,
        "An email address cannot have a period immediately after the @-sign.",
        "An email address cannot end with a period.",
    )?;
    check_hyphens(domain)?;
    if domain
        .split('.')
        .any(|label| label.get(2..4) == Some("--") && !label.to_ascii_lowercase().starts_with("xn"))
    {
        return Err("An email address cannot have two letters followed by two dashes immediately \
            after the @-sign or after a period, except Punycode."
            .to_owned());
    }
    let ascii = idna::domain_to_ascii(domain)
        .map_err(|_| "The part after the @-sign contains invalid characters.".to_owned())?;
    check_labels(domain, &ascii)?;
    if ascii.len() > LONGEST_DOMAIN {
        return Err(format!(
            "The email address is too long after the @-sign {}.",
            excess(ascii.len(), LONGEST_DOMAIN)
        ));
    }
    if let Some(label) = ascii.split('.').find(|label| label.len() > LONGEST_LABEL) {
        let excess = excess(label.len(), LONGEST_LABEL);
        return Err(format!(
            "After the @-sign, periods cannot be separated by so many characters {excess}."
        ));
    }
    if !ascii.contains('.') {
        return Err("The part after the @-sign is not valid. It should have a period.".to_owned());
    }
    if !ascii.ends_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(
            "The part after the @-sign is not valid. It is not within a valid top-level domain."
                .to_owned(),
        );
    }
    if RESERVED.iter().any(|name| ascii == *name || ascii.ends_with(&format!(".{name}"))) {
        return Err(
            "The part after the @-sign is a special-use or reserved name that cannot be used with \
             email."
                .to_owned(),
        );
    }
    Ok(idna::domain_to_unicode(&ascii).0)
}

/// What UTS 46 lets pass, IDNA 2008 may not. It is looked at in names beyond ASCII, however
/// written.
fn check_labels(given: &str, ascii: &str) -> Result<(), String> {
    let labels = ascii.split('.').filter(|label| label.starts_with("xn--"));
    for label in labels {
        check_label(&idna::domain_to_unicode(label).0).map_err(|reason| {
            let what = if given.is_ascii() { "not valid IDNA" } else { "invalid" };
            format!("The part after the @-sign is {what} ({reason}).")
        })?;
    }
    Ok(())
}

fn check_dots(part: &str, at_start: &str, at_end: &str) -> Result<(), String> {
    if part.ends_with('.') {
        return Err(at_end.to_owned());
    }
    if part.starts_with('.') {
        return Err(at_start.to_owned());
    }
    if part.contains("..") {
        return Err("An email address cannot have two periods in a row.".to_owned());
    }
    Ok(())
}

fn check_hyphens(domain: &str) -> Result<(), String> {
    let reason = if domain.ends_with('-') {
        "An email address cannot end with a hyphen."
    } else if domain.starts_with('-') {
        "An email address cannot have a hyphen immediately after the @-sign."
    } else if domain.contains(".-") || domain.contains("-.") {
        "An email address cannot have a period and a hyphen next to each other."
    } else {
        return Ok(());
    };
    Err(reason.to_owned())
}

/// The characters that are not allowed, each once, as Python shows them.
pub(super) fn refused(part: &str, allowed: impl Fn(char) -> bool) -> Option<String> {
    let bad: BTreeSet<_> = part.chars().filter(|c| !allowed(*c)).map(shown).collect();
    (!bad.is_empty()).then(|| bad.into_iter().collect::<Vec<_>>().join(", "))
}

fn shown(c: char) -> String {
    match c {
        ' ' => "SPACE".to_owned(),
        '\\' => "\"\\\"".to_owned(),
        '\'' => "\"'\"".to_owned(),
        c if c.is_ascii_graphic() => format!("'{c}'"),
        c => format!("U+{:04X}", u32::from(c)),
    }
}

fn excess(length: usize, limit: usize) -> String {
    let over = length - limit;
    format!("({over} character{} too many)", if over == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn addresses_are_kept_as_given_with_the_domain_in_lower_case() {
        assert_eq!(parse(" Ann+tag@EXAMPLE.com "), Ok("Ann+tag@example.com".to_owned()));
        assert_eq!(parse("Ann Able <ann@example.com>"), Ok("ann@example.com".to_owned()));
        assert_eq!(parse("\"Able, Ann\" <ann@example.com>"), Ok("ann@example.com".to_owned()));
        assert_eq!(
            parse(&format!("{}@example.com", "l".repeat(65))),
            Ok(format!("{}@example.com", "l".repeat(65)))
        );
        assert_eq!(parse("jörg@bücher.example"), Ok("jörg@bücher.example".to_owned()));
    }

    #[test]
    fn each_flaw_has_its_own_reason() {
        for (text, reason) in [
            ("ann", "An email address must have an @-sign."),
            ("@a.io", "There must be something before the @-sign."),
            ("a@", "There must be something after the @-sign."),
            ("a b@a.io", "The email address contains invalid characters before the @-sign: SPACE."),
            ("a@b c.io", "The part after the @-sign contains invalid characters: SPACE."),
            ("a@b@c.io", "The part after the @-sign contains invalid characters: '@'."),
            ("a..b@a.io", "An email address cannot have two periods in a row."),
            ("a@localhost", "The part after the @-sign is not valid. It should have a period."),
            (
                "a@b.1",
                "The part after the @-sign is not valid. It is not within a valid top-level \
                 domain.",
            ),
            (
                "a@ab--c.io",
                "An email address cannot have two letters followed by two dashes immediately \
                 after the @-sign or after a period, except Punycode.",
            ),
            ("a\u{200b}@a.io", "The email address contains unsafe characters: ZERO WIDTH SPACE."),
            ("\"a@b\"@a.io", "Quoting the part before the @-sign is not allowed here."),
            ("Ann. <a@b.io>", "The display name contains invalid characters when not quoted: '.'."),
            (
                "Ann <a@b.io",
                "An open angle bracket at the start of the email address has to be followed by a \
                 close angle bracket at the end.",
            ),
            (
                "a@b.test",
                "The part after the @-sign is a special-use or reserved name that cannot be used \
                 with email.",
            ),
        ] {
            assert_eq!(parse(text), Err(reason.to_owned()), "{text}");
        }
    }
}
