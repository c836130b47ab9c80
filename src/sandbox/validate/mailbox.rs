//! Splitting a mailbox into local part and domain: a display name in front of angle brackets is
//! allowed, a quoted local part is not. The reasons are `email-validator`'s; pydantic takes plain
//! and quoted display names off before it asks.

use super::email::{is_atom, refused};
use super::python_trim;

/// The local part and the domain in `text`.
pub(super) fn split(text: &str) -> Result<(&str, &str), String> {
    let text = python_trim(without_display_name(text));
    let Some(at) = unquoted(text, &['@', '<']) else { return Err(no_at_sign(text).to_owned()) };
    let (left, right) = text.split_at(at);
    if let Some(rest) = right.strip_prefix('<') {
        let address = in_brackets(left.trim_end(), rest)?;
        let Some(at) = unquoted(address, &['@']) else {
            return Err(no_at_sign(address).to_owned());
        };
        // Only names that pydantic does not take off come here.
        check_quotes(&address[..at])?;
        return Err(
            "A display name and angle brackets around the email address are not permitted here."
                .to_owned(),
        );
    }
    check_quotes(left)?;
    Ok((left, &right[1..]))
}

/// `Ann Able <ann@example.com>` and `"Able, Ann" <ann@example.com>` are read as the address in
/// them.
fn without_display_name(text: &str) -> &str {
    let Some(inner) = text.trim_end().strip_suffix('>') else { return text };
    let quoted = inner.trim_start().strip_prefix('"').and_then(|rest| {
        let (name, rest) = rest.split_once('"')?;
        rest.trim_start().strip_prefix('<').filter(|_| !name.is_empty())
    });
    let plain = inner
        .split_once('<')
        .filter(|(name, _)| name.chars().all(|c| c.is_whitespace() || is_name(c)));
    quoted
        .or(plain.map(|(_, address)| address))
        .filter(|address| !address.is_empty())
        .unwrap_or(text)
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || (c != '.' && is_atom(c) && c.is_ascii())
}

/// Where the first of `specials` stands that is not within quotes.
fn unquoted(text: &str, specials: &[char]) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.char_indices().find_map(|(index, c)| {
        if quoted {
            quoted = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
        } else if c == '"' {
            quoted = true;
        } else if specials.contains(&c) {
            return Some(index);
        }
        None
    })
}

fn no_at_sign(text: &str) -> &'static str {
    if text.contains('\u{ff20}') {
        "The email address has the \"full-width\" at-sign (@) character instead of a regular \
         at-sign."
    } else if text.contains('\u{fe6b}') {
        "The email address has the \"small commercial at\" character instead of a regular at-sign."
    } else {
        "An email address must have an @-sign."
    }
}

fn in_brackets<'t>(name: &str, rest: &'t str) -> Result<&'t str, String> {
    if !name.starts_with('"')
        && let Some(bad) = refused(name, |c| c == ' ' || (c != '.' && c.is_ascii() && is_atom(c)))
    {
        return Err(format!(
            "The display name contains invalid characters when not quoted: {bad}."
        ));
    }
    if !rest.contains('>') {
        return Err(
            "An open angle bracket at the start of the email address has to be followed by a \
             close angle bracket at the end."
                .to_owned(),
        );
    }
    let rest = rest.trim_end_matches(' ');
    rest.strip_suffix('>')
        .ok_or_else(|| "There can't be anything after the email address.".to_owned())
}

fn check_quotes(local: &str) -> Result<(), String> {
    match local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(_) => Err("Quoting the part before the @-sign is not allowed here.".to_owned()),
        None => Ok(()),
    }
}
