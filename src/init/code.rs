//! A source file without its comments.

use crate::provider::Language;

/// The text of a file, twice; both are as long as it, byte for byte.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) language: Language,
    /// Comments blanked.
    pub(super) text: String,
    /// Comments and what strings hold blanked: each bracket in it is one of the code.
    pub(super) bones: String,
}

/// What the scanner stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Code,
    /// Ends with the line.
    Line,
    /// Ends with `*/`.
    Comment,
    /// Ends with this, so many times; a string of one line ends with the line as well.
    Text {
        quote: u8,
        times: usize,
    },
}

impl Code {
    pub(super) fn new(language: Language, source: &str) -> Self {
        let bytes = source.as_bytes();
        let (mut text, mut bones) = (bytes.to_vec(), bytes.to_vec());
        let (mut inside, mut at) = (Inside::Code, 0);
        while let Some(byte) = bytes.get(at).copied() {
            let rest = bytes.get(at..).unwrap_or_default();
            let (next, length) = step(language, inside, byte, rest);
            let comment = |state| matches!(state, Inside::Line | Inside::Comment);
            let (was, is) = (comment(inside), comment(next));
            for place in at..(at + length).min(bytes.len()) {
                let visible = bytes.get(place).is_some_and(|byte| *byte != b'\n');
                if visible && (was || is) {
                    blank(&mut text, place);
                }
                if visible
                    && (was
                        || is
                        || matches!((inside, next), (Inside::Text { .. }, Inside::Text { .. })))
                {
                    blank(&mut bones, place);
                }
            }
            (inside, at) = (next, at + length);
        }
        // Only whole characters were blanked: what begins and ends a comment or a string is ASCII.
        let read = |bytes| String::from_utf8(bytes).unwrap_or_default();
        Self { language, text: read(text), bones: read(bones) }
    }
}

fn blank(bytes: &mut [u8], place: usize) {
    if let Some(byte) = bytes.get_mut(place) {
        *byte = b' ';
    }
}

/// What the scanner stands in after the next bytes, and how many those are.
fn step(language: Language, inside: Inside, byte: u8, rest: &[u8]) -> (Inside, usize) {
    let slashes = matches!(language, Language::Script | Language::Php | Language::Go);
    let hashes = matches!(language, Language::Python | Language::Ruby | Language::Php);
    match inside {
        Inside::Code => match byte {
            b'/' if slashes && rest.starts_with(b"//") => (Inside::Line, 2),
            b'/' if slashes && rest.starts_with(b"/*") => (Inside::Comment, 2),
            b'#' if hashes => (Inside::Line, 1),
            b'"' | b'\'' => {
                let thrice = language == Language::Python && rest.starts_with(&[byte; 3]);
                let times = if thrice { 3 } else { 1 };
                (Inside::Text { quote: byte, times }, times)
            }
            b'`' if matches!(language, Language::Script | Language::Go) => {
                (Inside::Text { quote: byte, times: 1 }, 1)
            }
            _ => (Inside::Code, 1),
        },
        Inside::Line => (if byte == b'\n' { Inside::Code } else { inside }, 1),
        Inside::Comment if rest.starts_with(b"*/") => (Inside::Code, 2),
        Inside::Text { .. } if byte == b'\\' => (inside, 2),
        Inside::Text { quote, times } if rest.starts_with(&vec![quote; times]) => {
            (Inside::Code, times)
        }
        // A quote in a regular expression, or in what is not read here, hides one line at most.
        Inside::Text { quote, times: 1 } if byte == b'\n' && quote != b'`' => (Inside::Code, 1),
        Inside::Comment | Inside::Text { .. } => (inside, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_blanked_in_place() {
        for (language, source, text, bones) in [
            (Language::Script, "a('x{') // é {\nb", "a('x{')        \nb", "a('  ')        \nb"),
            (Language::Script, "a /* { */ `{\n}`", "a         `{\n}`", "a         ` \n `"),
            (Language::Python, "a # (\n'''(#\n'''b", "a    \n'''(#\n'''b", "a    \n'''  \n'''b"),
            (Language::Ruby, "'#' # x", "'#'    ", "' '    "),
            (Language::Script, r#""\"{" + x"#, r#""\"{" + x"#, r#""   " + x"#),
            (Language::Script, "/'/.test(x)\n{", "/'/.test(x)\n{", "/'         \n{"),
        ] {
            let code = Code::new(language, source);
            assert_eq!(code.text, text);
            assert_eq!(code.bones, bones);
            assert_eq!((code.text.len(), code.bones.len()), (source.len(), source.len()));
        }
    }
}
