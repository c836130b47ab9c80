//! Texts with one layer of escapes taken off, and where each byte of them stood.
//!
//! A secret that an API hands back may be escaped for a URL, for JSON, for HTML, in part or twice.
//! To list every spelling is hopeless, to undo them is not.

/// `\ud83d\ude00`, and any entity that is undone.
const LONGEST_ESCAPE: usize = 12;

/// Bytes, and for each the range of the original text that it stands for.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) bytes: Vec<u8>,
    places: Vec<(usize, usize)>,
}

impl Layer {
    /// A text as it is.
    pub(super) fn plain(text: &str) -> Self {
        Self {
            bytes: text.as_bytes().to_vec(),
            places: (0..text.len()).map(|at| (at, at + 1)).collect(),
        }
    }

    /// Whether [`Layer::unfolded`] has anything to do.
    pub(super) fn is_folded(&self) -> bool {
        self.bytes.iter().any(|byte| is_escape_start(*byte))
    }

    /// With one layer of escapes less; `None` where there is none. Where the text was `cut` off,
    /// half an escape at its end is left out.
    pub(super) fn unfolded(&self, cut: bool) -> Option<Self> {
        let mut next = Self {
            bytes: Vec::with_capacity(self.bytes.len()),
            places: Vec::with_capacity(self.bytes.len()),
        };
        let mut at = 0;
        let mut found = false;
        while let Some(byte) = self.bytes.get(at) {
            let rest = &self.bytes[at..];
            let escape = match byte {
                b'%' => percent(rest),
                b'\\' => backslash(rest),
                b'&' => entity(rest),
                _ => None,
            };
            let half =
                cut && escape.is_none() && rest.len() < LONGEST_ESCAPE && is_escape_start(*byte);
            found |= escape.is_some() || half;
            if half {
                break;
            }
            let (meant, length) = escape.unwrap_or((Meant::byte(*byte), 1));
            let place = self.place(at, at + length);
            next.places.extend(meant.bytes().iter().map(|_| place));
            next.bytes.extend_from_slice(meant.bytes());
            at += length;
        }
        found.then_some(next)
    }

    /// Where the bytes from `start` to `end` stood; the range must not be empty.
    pub(super) fn place(&self, start: usize, end: usize) -> (usize, usize) {
        (self.places[start].0, self.places[end - 1].1)
    }
}

fn is_escape_start(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&')
}

/// A byte, or a character in UTF-8.
#[derive(Debug, Clone, Copy)]
struct Meant {
    buffer: [u8; 4],
    length: usize,
}

impl Meant {
    fn byte(byte: u8) -> Self {
        Self { buffer: [byte, 0, 0, 0], length: 1 }
    }

    fn char(char: char) -> Self {
        let mut buffer = [0; 4];
        let length = char.encode_utf8(&mut buffer).len();
        Self { buffer, length }
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

/// What an escape means, and how long it is.
type Escape = Option<(Meant, usize)>;

/// `%2F`
fn percent(rest: &[u8]) -> Escape {
    let code = hex(rest.get(1..3)?)?;
    Some((Meant::byte(u8::try_from(code).ok()?), 3))
}

/// `\/`, `\"`, `\n`, `\u002F`, and pairs of those for what one cannot say.
fn backslash(rest: &[u8]) -> Escape {
    let meant = match rest.get(1)? {
        b'u' => {
            let first = hex(rest.get(2..6)?)?;
            let second =
                rest.get(6..8).filter(|start| *start == b"\\u").and_then(|_| hex(rest.get(8..12)?));
            return match (char::from_u32(first), second) {
                (Some(char), _) => Some((Meant::char(char), 6)),
                (None, Some(second @ 0xdc00..0xe000)) if first < 0xdc00 => {
                    let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    Some((Meant::char(char::from_u32(code)?), 12))
                }
                _ => None,
            };
        }
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'f' => 12,
        b'r' => b'\r',
        other @ (b'"' | b'\'' | b'\\' | b'/') => *other,
        _ => return None,
    };
    Some((Meant::byte(meant), 2))
}

/// `&#47;`, `&#x2F;`, `&quot;`
fn entity(rest: &[u8]) -> Escape {
    let end = rest.iter().take(12).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&rest[1..end]).ok()?;
    let char = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((Meant::char(char), end + 1))
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_undone_and_what_is_none_is_kept() {
        for (text, meant) in [
            ("a%2Fb%2fc", "a/b/c"),
            (r#"\/\"\\\u002F\ud83d\udc4d"#, "/\"\\/👍"),
            ("&#47;&#x2F;&amp;&quot;", "//&\""),
            ("%2", "%2"),
            ("%zz \\x \\u12 \\ud800 & &; &nbsp; \\", "%zz \\x \\u12 \\ud800 & &; &nbsp; \\"),
        ] {
            let layer = Layer::plain(text);
            let shown = layer.unfolded(false).unwrap_or(layer);
            assert_eq!(String::from_utf8_lossy(&shown.bytes), meant);
        }
    }

    #[test]
    fn half_an_escape_is_left_out_at_a_cut() {
        for text in ["a%", "a%2", "a\\", "a\\u00", "a\\ud83d\\ude0", "a&", "a&#x2F"] {
            assert_eq!(Layer::plain(text).unfolded(true).unwrap().bytes, b"a", "{text}");
        }
    }

    #[test]
    fn every_byte_knows_where_it_stood() {
        let layer = Layer::plain("é%25%32F!")
            .unfolded(false)
            .and_then(|layer| layer.unfolded(false))
            .unwrap();
        assert_eq!(layer.bytes, "é/!".as_bytes());
        assert_eq!(layer.place(2, 3), (2, 9));
        assert_eq!(layer.place(0, 4), (0, 10));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_survived(text in "([%\\\\&#;ux0-9a-fD]|\\PC){0,40}") {
            let mut layer = Layer::plain(&text);
            while let Some(next) = layer.unfolded(false) {
                prop_assert!(next.bytes.len() < layer.bytes.len());
                prop_assert_eq!(next.bytes.len(), next.places.len());
                layer = next;
            }
        }
    }
}
