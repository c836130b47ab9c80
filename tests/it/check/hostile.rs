//! No text, however odd, gets more out of the reader than messages.

use std::fmt::Write as _;

use proptest::prelude::*;
use tieback::provider::POLAR;
use tieback::scenario::{MAX_BYTES, read};

/// Reads `text`, and holds what comes out to what every caller relies on.
fn survives(text: &str) {
    let Err(found) = read("a.yaml", text, &POLAR) else { return };
    assert!(!found.is_empty(), "refused without a word: {text:?}");
    for diagnostic in found {
        let source = &diagnostic.source.text;
        for span in
            std::iter::once(diagnostic.span).chain(diagnostic.related.iter().map(|(span, _)| *span))
        {
            assert!(
                span.start <= span.end && source.get(span.start..span.end).is_some(),
                "{diagnostic:?}"
            );
        }
        let shown = diagnostic.render(false);
        assert!(
            (shown.starts_with("error: ") || shown.starts_with("warning: "))
                && shown.contains(" --> a.yaml:"),
            "{shown}"
        );
        assert!(shown.chars().all(|char| char == '\n' || !char.is_control()), "{shown:?}");
        assert!(diagnostic.render(true).len() >= shown.len());
    }
}

/// What files are made of, and what breaks them.
const PIECES: [&str; 63] = [
    "name",
    "title",
    "tags",
    "vars",
    "steps",
    "request",
    "event",
    "where",
    "expect",
    "capture",
    "undo",
    "within",
    "body",
    "raw",
    "headers",
    "query",
    "status",
    ": ",
    ":",
    "- ",
    "-",
    "\n",
    "\n  ",
    "\n    ",
    "\r\n",
    "\r",
    "\t",
    " ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"",
    "'",
    "${",
    "${a}",
    "$${",
    "$type",
    "$not",
    "$$x",
    "|\n",
    ">-\n",
    "#",
    "&a",
    "*a",
    "!!str ",
    "---\n",
    "...\n",
    "? ",
    "%",
    "@",
    "<<",
    "007",
    "1e3",
    "NO",
    "é",
    "\u{202e}",
    "\u{feff}",
    "\u{2003}",
    "\\u00e9",
    "GET /v1/",
    "customer.created",
];

proptest! {
    // `PROPTEST_CASES=300000 cargo test --release --test it check::hostile` takes half a minute and
    // finds more.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        survives(&text);
    }

    #[test]
    fn any_soup_of_yaml_is_survived(
        pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40),
    ) {
        survives(&pieces.concat());
    }

    #[test]
    fn any_damage_to_a_good_file_is_survived(
        at in 0..2000_usize, length in 0..20_usize, piece in prop::sample::select(&PIECES[..]),
    ) {
        let mut chars: Vec<char> = include_str!("good/full.yaml").chars().collect();
        let start = at.min(chars.len());
        let end = (start + length).min(chars.len());
        chars.splice(start..end, piece.chars());
        survives(&chars.into_iter().collect::<String>());
    }

    #[test]
    fn any_value_anywhere_is_survived(
        key in prop::sample::select(&PIECES[..17]),
        value in "\\PC{0,12}",
    ) {
        let step = "steps:\n  - name: c\n    request: GET /";
        survives(&format!("name: a\ntitle: b\n{step}\n    {key}: {value}\n"));
        survives(&format!("name: a\ntitle: b\nvars:\n  x: {value}\n{step}{value}\n"));
    }
}

#[test]
fn depth_and_size_are_bounded() {
    for piece in ["[", "{a: ", "- ", "? ", "[{", "a:\n ", "!t ", "&a ", "\"", "- - ", "|"] {
        survives(&piece.repeat(5_000));
    }
    let mut stairs = String::new();
    for depth in 0..400 {
        let _ = writeln!(stairs, "{}a:", " ".repeat(depth));
    }
    survives(&stairs);
    survives(&"a: 1\n".repeat(20_000));
    survives(&"é".repeat(MAX_BYTES));
    survives(&format!("name: {}", "x".repeat(MAX_BYTES - 6)));
    let mut many = String::new();
    for index in 0..10_000 {
        let _ = writeln!(many, "k{index}: 007");
    }
    survives(&many);
    assert!(read("a.yaml", &many, &POLAR).unwrap_err().len() <= 50);
}
