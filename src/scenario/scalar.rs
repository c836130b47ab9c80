//! What an unquoted scalar is: YAML's own guesses, cut down to the ones that surprise no reader.

use serde_json::Number;

use super::Span;
use super::diagnostic::Diagnostic;
use super::syntax::quote;

/// What an unquoted scalar means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plain {
    Null,
    Bool(bool),
    Number(Number),
    Text,
    /// Something that one YAML reader or another turns into a value that is not what stands there.
    Trap(Trap),
}

/// Why an unquoted scalar is refused: what some YAML reader would make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trap {
    Boolean,
    Null,
    LeadingZero,
    Underscore,
    Radix,
    TooLarge,
    TooPrecise,
    Exponent,
    Sign,
    BareDot,
    NotFinite,
    Sexagesimal,
    Merge,
}

impl Trap {
    /// The error, with what to write instead.
    pub(super) fn explain(self, span: Span, value: &str, is_key: bool) -> Diagnostic {
        let quote = quote(value);
        let finding = Diagnostic::new(span, self.title());
        let doubtful = |help: String| {
            finding.clone().label("YAML readers disagree on what this is").help(help)
        };
        match self {
            Self::Merge => finding.help(format!("write the keys out, or quote the key: {quote}")),
            _ if is_key => finding.help(format!("quote it: {quote}")),
            Self::Boolean => {
                doubtful(format!("write `true` or `false` for a boolean, or quote it: {quote}"))
            }
            Self::Null => doubtful(format!("write `null`, or quote it: {quote}")),
            Self::Exponent | Self::Sign | Self::BareDot | Self::Radix => {
                doubtful(format!("write a number in plain digits, or quote it: {quote}"))
            }
            Self::TooPrecise => finding.help(format!("round it, or quote it: {quote}")),
            _ => finding.help(format!("quote it: {quote}")),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Boolean => "this could be a boolean or a text",
            Self::Null => "this could be null or a text",
            Self::LeadingZero => "leading zeros are lost in a number",
            Self::Underscore => "underscores are lost in a number",
            Self::Radix => "this could be a number in another base or a text",
            Self::TooLarge => "an integer beyond 64 bits",
            Self::TooPrecise => "a number with more digits than can be kept",
            Self::Exponent | Self::Sign | Self::BareDot => "this could be a number or a text",
            Self::NotFinite => "JSON has no infinity and no NaN",
            Self::Sexagesimal => "this could be a number in base 60 or a text",
            Self::Merge => "merge keys are not supported",
        }
    }
}

/// Decides what `text` is. The empty text is a null.
pub(super) fn classify(text: &str) -> Plain {
    match text {
        "" | "~" | "null" => return Plain::Null,
        "true" => return Plain::Bool(true),
        "false" => return Plain::Bool(false),
        "<<" => return Plain::Trap(Trap::Merge),
        _ => {}
    }
    match text.to_ascii_lowercase().as_str() {
        "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" => {
            return Plain::Trap(Trap::Boolean);
        }
        "null" => return Plain::Trap(Trap::Null),
        ".inf" | "+.inf" | "-.inf" | ".nan" => return Plain::Trap(Trap::NotFinite),
        _ => {}
    }
    let (signed, rest) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (text.starts_with('+'), rest),
        None => (false, text),
    };
    if is_radix(rest) {
        return Plain::Trap(Trap::Radix);
    }
    if is_sexagesimal(rest) {
        return Plain::Trap(Trap::Sexagesimal);
    }
    decimal(text, signed, rest)
}

/// `rest` is `text` without its sign, and `plus` whether that was a `+`.
fn decimal(text: &str, plus: bool, rest: &str) -> Plain {
    let Some(shape) = Shape::of(rest) else { return Plain::Text };
    if rest.contains('_') {
        return Plain::Trap(Trap::Underscore);
    }
    if shape.whole.len() > 1 && shape.whole.starts_with('0') {
        return Plain::Trap(Trap::LeadingZero);
    }
    if plus {
        return Plain::Trap(Trap::Sign);
    }
    if shape.exponent {
        return Plain::Trap(Trap::Exponent);
    }
    match shape.fraction {
        None => {
            let unsigned = text.parse::<u64>().map(Number::from);
            unsigned
                .or_else(|_| text.parse::<i64>().map(Number::from))
                .map_or(Plain::Trap(Trap::TooLarge), Plain::Number)
        }
        Some("") => Plain::Trap(Trap::BareDot),
        Some(_) if shape.whole.is_empty() => Plain::Trap(Trap::BareDot),
        Some(fraction) => {
            let digits = format!("{}{fraction}", shape.whole);
            // 17 significant digits are the most that a 64-bit float tells apart.
            if digits.trim_start_matches('0').len() > 17 {
                return Plain::Trap(Trap::TooPrecise);
            }
            text.parse().ok().and_then(Number::from_f64).map_or(Plain::Text, Plain::Number)
        }
    }
}

/// The parts of something that looks like a decimal number, underscores and all.
struct Shape<'a> {
    whole: &'a str,
    fraction: Option<&'a str>,
    exponent: bool,
}

impl<'a> Shape<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
            }
            None => (text, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
        let starts = |part: &str| part.starts_with(|first: char| first.is_ascii_digit());
        let plausible = digits(whole)
            && fraction.is_none_or(digits)
            && exponent.is_none_or(|exponent| starts(exponent) && digits(exponent))
            && (starts(whole) || (whole.is_empty() && fraction.is_some_and(starts)));
        plausible.then_some(Self { whole, fraction, exponent: exponent.is_some() })
    }
}

/// `0x1F`, `0o17`, `0b101`
fn is_radix(text: &str) -> bool {
    let mut chars = text.chars();
    let base = match (chars.next(), chars.next()) {
        (Some('0'), Some('x' | 'X')) => 16,
        (Some('0'), Some('o' | 'O')) => 8,
        (Some('0'), Some('b' | 'B')) => 2,
        _ => return false,
    };
    let digits = chars.as_str();
    digits.starts_with(|first: char| first.is_digit(base))
        && digits.chars().all(|each| each.is_digit(base) || each == '_')
}

/// `12:30`, `190:20:30.15`
fn is_sexagesimal(text: &str) -> bool {
    let text = text.split_once('.').map_or(text, |(before, fraction)| {
        if fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
            before
        } else {
            text
        }
    });
    let mut groups = text.split(':');
    let first = groups.next().unwrap_or("");
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut rest = groups.peekable();
    rest.peek().is_some()
        && first.starts_with(|each: char| each.is_ascii_digit())
        && digits(first)
        && rest.all(|group| matches!(group.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_knows_is_what_it_looks_like() {
        assert_eq!(classify(""), Plain::Null);
        assert_eq!(classify("~"), Plain::Null);
        assert_eq!(classify("null"), Plain::Null);
        assert_eq!(classify("false"), Plain::Bool(false));
        assert_eq!(classify("0"), Plain::Number(0.into()));
        assert_eq!(classify("-12"), Plain::Number((-12).into()));
        assert_eq!(classify("18446744073709551615"), Plain::Number(u64::MAX.into()));
        assert_eq!(classify("-9223372036854775808"), Plain::Number(i64::MIN.into()));
        assert_eq!(classify("0.10"), Plain::Number(Number::from_f64(0.1).unwrap()));
        assert_eq!(classify("3.0"), Plain::Number(Number::from_f64(3.0).unwrap()));
    }

    #[test]
    fn what_is_no_number_is_a_text() {
        for text in [
            "a",
            "1.2.3",
            "1-2",
            "12ab",
            "0x",
            "0xZZ",
            "_1",
            "-",
            "+",
            ".",
            "..",
            "e3",
            "1e",
            "2026-11-22",
        ] {
            assert_eq!(classify(text), Plain::Text, "{text}");
        }
        for text in [
            "12:60",
            "a:1",
            "1:",
            "1::2",
            "2026-11-22T10:00:00Z",
            "nope",
            "+1 555 0100",
            "user_${run.id}",
        ] {
            assert_eq!(classify(text), Plain::Text, "{text}");
        }
    }

    #[test]
    fn what_yaml_readers_disagree_on_is_a_trap() {
        let traps: &[(Trap, &[&str])] = &[
            (Trap::Boolean, &["True", "FALSE", "yes", "NO", "No", "on", "OFF", "y", "N"]),
            (Trap::Null, &["Null", "NULL"]),
            (Trap::LeadingZero, &["007", "00", "-08", "01.5", "+01"]),
            (Trap::Underscore, &["1_000", "1_000.5", "0_1", "1._5"]),
            (Trap::Radix, &["0x1F", "0o17", "0b101", "-0xff", "0xF_F"]),
            (Trap::TooLarge, &["18446744073709551616", "-9223372036854775809"]),
            (Trap::TooPrecise, &["0.123456789012345678"]),
            (Trap::Exponent, &["1e3", "12E5", "1.5e-3", "-1e+9"]),
            (Trap::Sign, &["+1", "+1.5"]),
            (Trap::BareDot, &[".5", "5.", "-.5"]),
            (Trap::NotFinite, &[".inf", "-.INF", ".NaN"]),
            (Trap::Sexagesimal, &["12:30", "190:20:30", "1:30.5"]),
            (Trap::Merge, &["<<"]),
        ];
        for (trap, texts) in traps {
            for text in *texts {
                assert_eq!(classify(text), Plain::Trap(*trap), "{text}");
            }
        }
    }
}
