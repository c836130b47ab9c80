//! Which names IDNA 2008 allows in a domain (RFC 5891 to 5893), with the words of Python's `idna`.
//!
//! The crates `url` and `idna` follow the browsers' UTS 46, which lets pass what this refuses:
//! emoji, `_` and other signs, hyphens at the ends. Both have mapped, normalized and checked the
//! direction and the joiners of what comes here.

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, Script};

const LONGEST_LABEL: usize = 63;
const LONGEST_DOMAIN: usize = 253;

/// Why a domain is refused that is ASCII by now, Punycode included; a dot at the end is fine.
pub(super) fn check_domain(ascii: &str) -> Result<(), String> {
    let ascii = ascii.strip_suffix('.').unwrap_or(ascii);
    if ascii.len() > LONGEST_DOMAIN {
        return Err("Domain too long".to_owned());
    }
    ascii.split('.').try_for_each(|label| {
        check_label(&idna::domain_to_unicode(label).0)?;
        if label.len() > LONGEST_LABEL { Err("Label too long".to_owned()) } else { Ok(()) }
    })
}

/// Why a label is refused, as it is shown to people.
pub(super) fn check_label(label: &str) -> Result<(), String> {
    let chars: Vec<char> = label.chars().collect();
    if chars.is_empty() {
        return Err("Empty Label".to_owned());
    }
    if chars.get(2..4) == Some(&['-', '-']) {
        return Err("Label has disallowed hyphens in 3rd and 4th position".to_owned());
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err("Label must not start or end with a hyphen".to_owned());
    }
    if is_mark(chars[0]) {
        return Err("Label begins with an illegal combining character".to_owned());
    }
    for (index, c) in chars.iter().enumerate() {
        let (code, at) = (u32::from(*c), index + 1);
        match in_context(&chars, index) {
            Some(true) => {}
            Some(false) => {
                return Err(format!(
                    "Codepoint U+{code:04X} not allowed at position {at} in '{label}'"
                ));
            }
            None if is_letter_or_digit(*c) => {}
            None => {
                return Err(format!(
                    "Codepoint U+{code:04X} at position {at} of '{label}' not allowed"
                ));
            }
        }
    }
    Ok(())
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn is_mark(c: char) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    matches!(category(c), NonspacingMark | SpacingMark | EnclosingMark)
}

/// RFC 5892, section 2, of what is left after UTS 46 has mapped capitals and other forms away: its
/// exceptions first, then the blocks that it excludes, then letters, digits and marks.
fn is_letter_or_digit(c: char) -> bool {
    use GeneralCategory::{
        DecimalNumber, LowercaseLetter, ModifierLetter, NonspacingMark, OtherLetter, SpacingMark,
    };
    match c {
        // Cherokee capitals are what its small letters are folded to.
        '-' | '\u{6fd}' | '\u{6fe}' | '\u{f0b}' | '\u{3007}' | '\u{13a0}'..='\u{13f5}' => true,
        // Old Hangul in three blocks, marks for symbols, musical notation.
        '\u{640}'
        | '\u{7fa}'
        | '\u{302e}'
        | '\u{302f}'
        | '\u{3031}'..='\u{3035}'
        | '\u{303b}'
        | '\u{1100}'..='\u{11ff}'
        | '\u{a960}'..='\u{a97c}'
        | '\u{d7b0}'..='\u{d7fb}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{1d100}'..='\u{1d24f}' => false,
        c => matches!(
            category(c),
            LowercaseLetter
                | OtherLetter
                | ModifierLetter
                | NonspacingMark
                | SpacingMark
                | DecimalNumber
        ),
    }
}

/// Whether a character stands where it may, of those that may not stand anywhere (RFC 5892,
/// appendix A); `None` for others.
fn in_context(label: &[char], index: usize) -> Option<bool> {
    let before = index.checked_sub(1).and_then(|index| label.get(index));
    let after = label.get(index + 1);
    let is = |c: Option<&char>, script| c.is_some_and(|c| script_of(*c) == script);
    Some(match label[index] {
        '\u{200c}' | '\u{200d}' => true,
        '·' => before == Some(&'l') && after == Some(&'l'),
        '\u{375}' => is(after, Script::Greek),
        '\u{5f3}' | '\u{5f4}' => is(before, Script::Hebrew),
        '\u{30fb}' => label
            .iter()
            .any(|c| matches!(script_of(*c), Script::Hiragana | Script::Katakana | Script::Han)),
        '\u{660}'..='\u{669}' => !label.iter().any(|c| matches!(c, '\u{6f0}'..='\u{6f9}')),
        '\u{6f0}'..='\u{6f9}' => !label.iter().any(|c| matches!(c, '\u{660}'..='\u{669}')),
        _ => return None,
    })
}

fn script_of(c: char) -> Script {
    CodePointMapData::<Script>::new().get(c)
}

#[cfg(test)]
mod tests {
    use super::check_domain;

    /// What `url` makes of the name, and what Python's `idna` 3.20 says to that.
    fn check(name: &str) -> Option<Result<(), String>> {
        let url = url::Url::parse(&format!("https://{name}/")).ok()?;
        url.domain().map(check_domain)
    }

    #[test]
    fn names_in_any_script_are_fine() {
        for name in [
            "localhost",
            "a.com",
            "a.com.",
            "bücher.example",
            "ΑΒΣ.gr",
            "faß.de",
            "ᎠᎡ.example",
            "אב.com",
            "col·lecció.example",
            "͵α.example",
            "א׳.example",
            "あ・.example",
            "क्\u{200d}ष.example",
            "〇.example",
            "ﬁ.example",
        ] {
            assert_eq!(check(name), Some(Ok(())), "{name}");
        }
    }

    #[test]
    fn signs_are_refused_with_the_place() {
        for (name, reason) in [
            ("a_b.com", "Codepoint U+005F at position 2 of 'a_b' not allowed"),
            ("*.a.com", "Codepoint U+002A at position 1 of '*' not allowed"),
            ("xn--ls8h.la", "Codepoint U+1F4A9 at position 1 of '💩' not allowed"),
            ("a·b.com", "Codepoint U+00B7 not allowed at position 2 in 'a·b'"),
            ("・.jp", "Codepoint U+30FB not allowed at position 1 in '・'"),
            ("α͵.com", "Codepoint U+0375 not allowed at position 2 in 'α͵'"),
            ("ᄀ.com", "Codepoint U+1100 at position 1 of 'ᄀ' not allowed"),
            ("-a.com", "Label must not start or end with a hyphen"),
            ("ab--c.com", "Label has disallowed hyphens in 3rd and 4th position"),
            ("a..b.com", "Empty Label"),
            (&format!("{}.com", "a".repeat(64)), "Label too long"),
            (&format!("{}com", "abc.".repeat(63)), "Domain too long"),
        ] {
            assert_eq!(check(name), Some(Err(reason.to_owned())), "{name}");
        }
    }
}
