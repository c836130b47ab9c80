//! Any bytes as a scenario file: a scenario or messages, and messages that point into the file.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let Err(found) = tieback::scenario::read("a.yaml", &text, &tieback::provider::POLAR) else { return };
    assert!(!found.is_empty(), "refused without a word");
    for diagnostic in found {
        let source = &diagnostic.source.text;
        for span in std::iter::once(diagnostic.span).chain(diagnostic.related.iter().map(|(span, _)| *span)) {
            assert!(source.get(span.start..span.end).is_some(), "{diagnostic:?}");
        }
        let shown = diagnostic.render(false);
        assert!(shown.chars().all(|char| char == '\n' || !char.is_control()), "{shown:?}");
    }
});
