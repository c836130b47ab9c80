//! Text that a CI system acts on when it stands in a log: `::add-mask::x` at the start of a line on
//! GitHub, `##vso[…]` anywhere on Azure, and so on. A backslash in it keeps it readable, and breaks
//! it.

use std::borrow::Cow;

/// What acts anywhere in a line, in lower case, and how much of it stands before the backslash.
const ANYWHERE: [(&str, usize); 4] = [
    // GitLab's and Travis's foldable sections.
    ("section_start:", 13),
    ("section_end:", 11),
    ("travis_fold:", 11),
    ("travis_time:", 11),
];

/// What acts at the very start of a line: Buildkite's groups.
const AT_START: [&str; 4] = ["---", "+++", "~~~", "^^^"];

/// `text` with a backslash in everything in it that a CI system would act on.
#[must_use]
pub fn defused(text: &str) -> Cow<'_, str> {
    let breaks = command_places(text);
    if breaks.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + breaks.len());
    let mut done = 0;
    for at in breaks {
        safe.push_str(&text[done..at]);
        safe.push('\\');
        done = at;
    }
    safe.push_str(&text[done..]);
    Cow::Owned(safe)
}

/// Where a CI system would act on `text`, in order: the places in front of which something has to
/// stand.
#[must_use]
pub fn command_places(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    // Almost no text has any of it.
    if !text.contains(['#', '-', '+', '~', '^', '_']) && !text.contains("::") {
        return found;
    }
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        found.extend(at_start(line).into_iter().chain(anywhere(line)).map(|at| line_start + at));
        line_start += line.len();
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn at_start(line: &str) -> Option<usize> {
    let begun = plain_start(line);
    if AT_START.iter().any(|mark| line[begun..].starts_with(mark)) {
        return Some(begun);
    }
    // GitHub looks behind white space as well.
    let indented = begun + line[begun..].len() - line[begun..].trim_start().len();
    let rest = line[indented..].strip_prefix("::")?;
    rest.starts_with(|first: char| first.is_ascii_alphabetic()).then_some(indented)
}

/// Where a line begins behind the colours at its start, which some systems do not count.
fn plain_start(line: &str) -> usize {
    let mut start = 0;
    while let Some(code) = line[start..].strip_prefix("\u{1b}[") {
        let Some(end) = code.find('m') else { break };
        start += 2 + end + 1;
    }
    start
}

fn anywhere(line: &str) -> Vec<usize> {
    let bytes = line.as_bytes();
    let mut found = Vec::new();
    for at in 0..bytes.len() {
        match bytes[at] {
            // `##[group]`, `##vso[task.setvariable …]`, `##teamcity[…]`: between the two signs.
            b'#' if bytes.get(at + 1) == Some(&b'#') => {
                let name =
                    bytes[at + 2..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
                if bytes.get(at + 2 + name) == Some(&b'[') {
                    found.push(at + 1);
                }
            }
            b's' | b't' | b'S' | b'T' => {
                let rest = &bytes[at..];
                let holds = |mark: &str| {
                    rest.len() >= mark.len()
                        && rest[..mark.len()].eq_ignore_ascii_case(mark.as_bytes())
                };
                found.extend(
                    ANYWHERE.iter().filter(|(mark, _)| holds(mark)).map(|(_, cut)| at + cut),
                );
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn commands_are_broken_and_readable() {
        for (text, safe) in [
            ("::add-mask::x", r"\::add-mask::x"),
            (" \u{a0}\t::error file=a::b", " \u{a0}\t\\::error file=a::b"),
            ("a\n::set-output name=b::c\n", "a\n\\::set-output name=b::c\n"),
            ("\u{1b}[31m::warning::x", "\u{1b}[31m\\::warning::x"),
            ("x ##[add-mask]y", r"x #\#[add-mask]y"),
            ("x ##vso[task.setvariable variable=a]b", r"x #\#vso[task.setvariable variable=a]b"),
            ("###VSO[x]", r"##\#VSO[x]"),
            ("##teamcity[buildStop]", r"#\#teamcity[buildStop]"),
            ("section_start:1:a", r"section_start\:1:a"),
            ("xtravis_fold:end:a", r"xtravis_fold\:end:a"),
            ("--- group", r"\--- group"),
            ("+++ group", r"\+++ group"),
            ("~~~ group", r"\~~~ group"),
            ("^^^ +++", r"\^^^ +++"),
        ] {
            assert_eq!(defused(text), safe);
        }
    }

    #[test]
    fn what_no_system_acts_on_is_kept() {
        for text in [
            "std::io",
            "see ::1",
            "[::1]:80",
            "a ::b",
            "::1",
            "## heading",
            "# a #[b]",
            "a --- b",
            "  --- b",
            "C++ ~~",
            "section_start",
            "",
            "x::add-mask::y",
        ] {
            assert!(matches!(defused(text), Cow::Borrowed(_)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn once_is_enough(text in "([ :#\\[a-z\n-]|::a|##v\\[|section_start:|---){0,12}") {
            let safe = defused(&text).into_owned();
            prop_assert_eq!(defused(&safe), safe.as_str());
        }
    }
}
