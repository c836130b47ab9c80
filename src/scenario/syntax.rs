//! Syntax errors in the words of people who write scenarios, not of a YAML parser.

use super::diagnostic::Diagnostic;
use super::{Span, diagnostic::floor, foreign};

/// Explains an error of the YAML parser: what it says, the byte where it noticed, and the innermost
/// `{` or `[` that is still open.
pub(super) fn explain(text: &str, info: &str, at: usize, open: Option<usize>) -> Diagnostic {
    let at = floor(text, at);
    if let Some(value) = open.and_then(|_| unquoted_variable(text, at)) {
        let written = &text[value.start..value.end];
        return Diagnostic::new(value, "a variable inside `{ }` or `[ ]` has to be quoted")
            .label("YAML takes this `{` for a mapping")
            .help(format!("write `\"{written}\"`"));
    }
    let line = text[..at].rfind('\n').map_or(0, |found| found + 1);
    if let Some(foreign) = foreign::first_in(&text[line..]) {
        return foreign.explain_unquoted(line + foreign.at.start);
    }
    let finding = |title: &str| Diagnostic::new(spot(text, at), title);
    match info {
        "mapping values are not allowed in this context" => second_colon(text, at),
        _ if info.starts_with("unexpected character") => {
            let value = rest_of_line(text, at);
            let first = text[at..].chars().next().unwrap_or(' ');
            let first = if first == '`' { "a backtick".to_owned() } else { format!("`{first}`") };
            Diagnostic::new(value, format!("a text that starts with {first} has to be quoted"))
                .help(quoted(&text[value.start..value.end]))
        }
        _ if info.contains("tab") && !info.contains("table") => {
            let tab = text[..at].rfind('\t').filter(|tab| !text[*tab..at].contains('\n'));
            let tab = tab.or_else(|| text[at..].find('\t').map(|found| at + found)).unwrap_or(at);
            Diagnostic::new(Span { start: tab, end: tab + 1 }, "a tab where YAML takes only spaces")
                .help("indent with two spaces")
        }
        "while parsing a flow mapping, did not find expected ',' or '}'"
        | "while parsing a flow sequence, expected ',' or ']'" => unfinished(text, at, open),
        "while scanning a quoted scalar, found unexpected end of stream" => {
            finding("this quote is never closed").help("close it, or leave out both quotes")
        }
        "while parsing a quoted scalar, found unknown escape character" => {
            finding("an unknown escape in a double-quoted text")
                .help("write `\\\\` for a backslash, or use single quotes")
        }
        "simple key expect ':'" | "simple key expected" => {
            let end = text[..at].trim_end().len();
            let line = rest_of_line(text, text[..end].rfind('\n').map_or(0, |found| found + 1));
            Diagnostic::new(line, "a line without a `:`")
                .help("a mapping has one `key: value` a line")
        }
        "while parsing a block mapping, did not find expected key" => {
            Diagnostic::new(rest_of_line(text, at), "this does not fit the lines above").help(
                "keys of one mapping start in the same column; text after a closing quote is \
                     not allowed",
            )
        }
        "while parsing a block collection, did not find expected '-' indicator" => {
            Diagnostic::new(rest_of_line(text, at), "this does not fit the list above").help(
                "start the line with `- ` for a new item, or indent it like the keys of the \
                     item above",
            )
        }
        "block sequence entries are not allowed in this context" => {
            finding("a list cannot start here")
                .help("start it on the next line; quote a text that starts with `- `")
        }
        "invalid trailing content after double-quoted scalar" => {
            Diagnostic::new(rest_of_line(text, at), "text after a closing quote").help(match open {
                Some(_) => "put a `,` between two values, or quote the whole value",
                None => "quote the whole value",
            })
        }
        "misplaced bracket" => finding("a closing bracket that nothing opened"),
        _ if info.contains("anchor") => {
            let value = rest_of_line(text, at);
            Diagnostic::new(value, "anchors and aliases are not supported").help(format!(
                "write the value out, or quote it if it is a text: {}",
                quote(&text[value.start..value.end])
            ))
        }
        _ if info.contains("tag") || info.contains("TAG") || info.contains("handle") => {
            finding("tags are not supported")
                .help("leave the tag out, and quote a text that starts with `!`")
        }
        "recursion limit exceeded" => finding("nested too deeply"),
        _ => finding("not valid YAML").label(info),
    }
}

/// `key: a: b`, or a line that is indented below a value.
fn second_colon(text: &str, at: usize) -> Diagnostic {
    let start = text[..at].rfind('\n').map_or(0, |found| found + 1);
    let colon = Span { start: at, end: at + 1 };
    match text[start..at].find(": ") {
        Some(first) if text[start + first + 2..].trim_start().starts_with('$') => {
            let matcher = rest_of_line(text, start + first + 2);
            Diagnostic::new(matcher, "a matcher on the line of its key needs braces")
                .help(format!("write `{{ {} }}`", &text[matcher.start..matcher.end]))
        }
        Some(first) => {
            let value = rest_of_line(text, start + first + 2);
            Diagnostic::new(colon, "a second `: ` on one line")
                .label("this starts another mapping")
                .help(quoted(&text[value.start..value.end]))
        }
        None => Diagnostic::new(
            rest_of_line(text, start),
            "indented below a key that has a value already",
        )
        .help("check the indentation of this line and of the one above"),
    }
}

/// `{ a: 1` or `{ a: 1 b: 2 }`
fn unfinished(text: &str, at: usize, open: Option<usize>) -> Diagnostic {
    let Some(open) = open else {
        return Diagnostic::new(
            spot(text, at),
            "a `,` or a closing bracket is missing before this",
        );
    };
    let (bracket, close) = if text[open..].starts_with('[') { ('[', ']') } else { ('{', '}') };
    if text[at..].trim().is_empty() {
        return Diagnostic::new(
            Span { start: open, end: open + 1 },
            format!("this `{bracket}` is never closed"),
        )
        .help(format!("add the missing `{close}`"));
    }
    Diagnostic::new(spot(text, at), format!("a `,` or a `{close}` is missing before this"))
        .related(Span { start: open, end: open + 1 }, "inside this")
        .help("quote a text that holds `,`, `:`, `{`, `}`, `[` or `]`")
}

/// Where the value stands whose `$` ends before `at` and whose `{` starts there.
fn unquoted_variable(text: &str, at: usize) -> Option<Span> {
    if !text[..at].ends_with('$') || !text[at..].starts_with('{') {
        return None;
    }
    let before = |char: char| char.is_whitespace() || "{[,".contains(char);
    let start = text[..at]
        .char_indices()
        .rfind(|(_, char)| before(*char))
        .map_or(0, |(at, char)| at + char.len_utf8());
    let mut end = at - 1;
    loop {
        let rest = &text[end..];
        let variable = rest
            .strip_prefix("${")
            .and_then(|inner| inner.find(['}', '\n']).map(|close| close + 3));
        match (variable, rest.chars().next()) {
            (Some(length), _) => end += length,
            (None, Some(next)) if !next.is_whitespace() && !",]}:".contains(next) => {
                end += next.len_utf8();
            }
            _ => break,
        }
    }
    Some(Span { start, end: floor(text, end) })
}

/// The character at `at`, or the end of what stands before it.
fn spot(text: &str, at: usize) -> Span {
    match text[at..].chars().next() {
        Some(char) if char != '\n' && char != '\r' => Span { start: at, end: at + char.len_utf8() },
        _ => {
            let end = text[..at].trim_end().len();
            let start = text[..end].char_indices().next_back().map_or(end, |(start, _)| start);
            Span { start, end }
        }
    }
}

/// From the first visible character at or after `at` to the end of the line.
fn rest_of_line(text: &str, at: usize) -> Span {
    let rest = text[at..].split('\n').next().unwrap_or("");
    let start = at + rest.len() - rest.trim_start().len();
    Span { start, end: start + rest.trim().len() }
}

fn quoted(value: &str) -> String {
    format!("quote it: {}", quote(value))
}

/// The value as it has to be written, in backticks.
pub(super) fn quote(value: &str) -> String {
    if value.contains(['"', '\\']) {
        format!("`'{}'`", value.replace('\'', "''"))
    } else {
        format!("`\"{value}\"`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_after_a_wide_space_is_found_whole() {
        let text = "{\u{2003}a_${b}-${c}d, e: 1 }";
        let at = text
            .find('{')
            .and_then(|first| text[first + 1..].find('{').map(|found| first + 1 + found))
            .unwrap();
        let value = unquoted_variable(text, at).unwrap();
        assert_eq!(&text[value.start..value.end], "a_${b}-${c}d");
    }
}
