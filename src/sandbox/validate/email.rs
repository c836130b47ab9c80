//! E-mail addresses, refused with the words of Python's `email-validator`, which the real API uses.
//!
//! What that library looks up in DNS is not looked up here; see `docs/sandbox.md`. The crates for
//! e-mail syntax say yes or no, and draw the line elsewhere; the reason is part of the answer here.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Reader;

const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 253;
const LONGEST_LABEL: usize = 63;
/// pydantic's own limit, before it looks any closer.
const LONGEST_INPUT: usize = 2048;
/// Names that never take mail, by RFC 6761 and others.
const RESERVED: [&str; 6] = ["arpa", "invalid", "local", "localhost", "onion", "test"];

/// Reads an address: spaces around it taken off, the domain in lower case, the rest as given.
pub(crate) fn email(reader: &mut Reader, value: &Value) -> Option<String> {
    let Value::String(text) = value else {
        return reader.flaw("string_type", "Input should be a valid string", value);
    };
    match parse(text) {
        Ok(address) => Some(address),
        Err(reason) => {
            let msg = format!("value is not a valid email address: {reason}");
            reader.flaw_with("value_error", msg, value, json!({"reason": reason}))
        }
    }
}

fn parse(text: &str) -> Result<String, String> {
    if text.chars().count() > LONGEST_INPUT {
        return Err(format!("Length must not exceed {LONGEST_INPUT} characters"));
    }
    let text = without_display_name(text).trim();
    let Some((local, domain)) = text.split_once('@') else {
        return Err("An email address must have an @-sign.".to_owned());
    };
    check_local(local)?;
    let domain = check_domain(domain)?;
    let address = format!("{local}@{domain}");
    let length = address.chars().count();
    if length > LONGEST {
        return Err(format!("The email address is too long {}.", excess(length, LONGEST)));
    }
    Ok(address)
}

/// `Ann Able <ann@example.com>` is read as the address in it.
fn without_display_name(text: &str) -> &str {
    let inner = text.trim_end().strip_suffix('>').and_then(|rest| rest.split_once('<'));
    match inner {
        Some((name, address)) if name.chars().all(|c| c.is_alphanumeric() || c == '_' || c.is_whitespace()) => address,
        _ => text,
    }
}

fn check_local(local: &str) -> Result<(), String> {
    let length = local.chars().count();
    if length == 0 {
        return Err("There must be something before the @-sign.".to_owned());
    }
    if length > LONGEST_LOCAL {
        return Err(format!("The email address is too long before the @-sign {}.", excess(length, LONGEST_LOCAL)));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_!#$%&'*+-/=?^`{|}~.".contains(c) || !c.is_ascii();
    if let Some(bad) = refused(local, allowed) {
        return Err(format!("The email address contains invalid characters before the @-sign: {bad}."));
    }
    check_dots(
        local,
        "An email address cannot start with a period.",
        "An email address cannot have a period immediately before the @-sign.",
    )
}

fn check_domain(domain: &str) -> Result<String, String> {
    if domain.is_empty() {
        return Err("There must be something after the @-sign.".to_owned());
    }
    if domain.starts_with('[') && domain.ends_with(']') {
        return Err("A bracketed IP address after the @-sign is not allowed here.".to_owned());
    }
    if let Some(bad) = refused(domain, |c| c.is_ascii_alphanumeric() || c == '-' || c == '.' || !c.is_ascii()) {
        return Err(format!("The part after the @-sign contains invalid characters: {bad}."));
    }
    check_dots(
        domain,
        "An email address cannot have a period immediately after the @-sign.",
        "An email address cannot end with a period.",
    )?;
    check_hyphens(domain)?;
    let ascii = idna::domain_to_ascii(domain)
        .map_err(|_| "The part after the @-sign contains invalid characters.".to_owned())?;
    if ascii.len() > LONGEST_DOMAIN {
        return Err(format!("The email address is too long after the @-sign {}.", excess(ascii.len(), LONGEST_DOMAIN)));
    }
    if let Some(label) = ascii.split('.').find(|label| label.len() > LONGEST_LABEL) {
        let excess = excess(label.len(), LONGEST_LABEL);
        return Err(format!("After the @-sign, periods cannot be separated by so many characters {excess}."));
    }
    if !ascii.contains('.') {
        return Err("The part after the @-sign is not valid. It should have a period.".to_owned());
    }
    if !ascii.ends_with(|c: char| c.is_ascii_alphabetic()) {
        return Err("The part after the @-sign is not valid. It is not within a valid top-level domain.".to_owned());
    }
    if RESERVED.iter().any(|name| ascii == *name || ascii.ends_with(&format!(".{name}"))) {
        return Err(
            "The part after the @-sign is a special-use or reserved name that cannot be used with email.".to_owned()
        );
    }
    Ok(idna::domain_to_unicode(&ascii).0)
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
fn refused(part: &str, allowed: impl Fn(char) -> bool) -> Option<String> {
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
            ("a@b.1", "The part after the @-sign is not valid. It is not within a valid top-level domain."),
            ("a@b.test", "The part after the @-sign is a special-use or reserved name that cannot be used with email."),
        ] {
            assert_eq!(parse(text), Err(reason.to_owned()), "{text}");
        }
    }
}
