//! Server-sent events, read as the WHATWG HTML standard says ("Interpreting an event stream").
//! Pure: bytes go in, messages come out.
//!
//! Written here because the crates in wide use hold as much of one event as a server cares to
//! send. Of the fields only `data` is kept: the API tells its messages apart inside of it, and
//! cannot send again what was missed, so that `id` and `retry` have no use here.

use std::mem::take;

/// What a stream brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// An event: its `data` lines, joined by line feeds.
    Data(String),
    /// An event that was larger than the limit, and was dropped.
    TooLarge,
}

/// Reads a stream piece by piece, wherever the pieces are cut.
#[derive(Debug)]
pub struct Parser {
    /// The most bytes that are held of one event.
    limit: usize,
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// The data of the event that has not ended yet, each line ended by a line feed; `None` where
    /// the event is too large to keep.
    data: Option<Vec<u8>>,
    /// Whether the line holds anything, also where it was too large to keep.
    in_line: bool,
    /// Whether the last byte was a CR: an LF right after it ends the same line.
    after_cr: bool,
    /// Whether no line has ended yet: a byte order mark may stand there.
    at_start: bool,
}

impl Parser {
    /// A parser that holds at most `limit` bytes of one event.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            data: Some(Vec::new()),
            in_line: false,
            after_cr: false,
            at_start: true,
        }
    }

    /// Reads on; returns the events that ended within `bytes`.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Message> {
        let mut messages = Vec::new();
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            if take(&mut self.after_cr) && first == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let length =
                rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
            let (text, tail) = rest.split_at(length);
            self.hold(text);
            rest = match tail.split_first() {
                Some((end, tail)) => {
                    self.after_cr = *end == b'\r';
                    messages.extend(self.end_line());
                    tail
                }
                None => tail,
            };
        }
        messages
    }

    /// Whether the event that has not ended is larger than the limit already.
    #[must_use]
    pub fn overflows(&self) -> bool {
        self.data.is_none()
    }

    /// Takes a piece of a line, as long as it fits.
    fn hold(&mut self, text: &[u8]) {
        self.in_line |= !text.is_empty();
        let held = self.data.as_ref().map(|data| data.len() + self.line.len());
        if held.is_some_and(|held| held + text.len() <= self.limit) {
            self.line.extend_from_slice(text);
        } else {
            self.line = Vec::new();
            self.data = None;
        }
    }

    fn end_line(&mut self) -> Option<Message> {
        let mut in_line = take(&mut self.in_line);
        let line = take(&mut self.line);
        let mut line = line.as_slice();
        if take(&mut self.at_start)
            && let Some(rest) = line.strip_prefix(b"\xef\xbb\xbf")
        {
            line = rest;
            in_line = !rest.is_empty();
        }
        if !in_line {
            return self.end_event();
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (field, value) =
            colon.map_or((line, &b""[..]), |colon| (&line[..colon], &line[colon + 1..]));
        if field == b"data"
            && let Some(data) = &mut self.data
        {
            data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            data.push(b'\n');
        }
        None
    }

    fn end_event(&mut self) -> Option<Message> {
        let Some(mut data) = self.data.replace(Vec::new()) else { return Some(Message::TooLarge) };
        // An event without any data is none.
        data.pop()?;
        Some(Message::Data(String::from_utf8_lossy(&data).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Vec<Message> {
        Parser::new(1_000).push(bytes)
    }

    fn data(texts: &[&str]) -> Vec<Message> {
        texts.iter().map(|text| Message::Data((*text).to_owned())).collect()
    }

    #[test]
    fn the_examples_of_the_standard() {
        assert_eq!(read(b"data: YHOO\ndata: +2\ndata: 10\n\n"), data(&["YHOO\n+2\n10"]));
        let four = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n\
            data:  third event\n";
        assert_eq!(read(four), data(&["first event", "second event"]));
        assert_eq!(read(b"data\n\ndata\ndata\n\ndata:"), data(&["", "\n"]));
        assert_eq!(read(b"data:test\n\ndata: test\n\n"), data(&["test", "test"]));
    }

    #[test]
    fn lines_end_in_three_ways() {
        for end in ["\n", "\r", "\r\n"] {
            let text = ["data: a", "data: b", "", "", ": ping", "", "event: x", "data: c", "", ""]
                .join(end);
            assert_eq!(read(text.as_bytes()), data(&["a\nb", "c"]), "{end:?}");
        }
        assert_eq!(read(b"data: a\r\r\ndata: b\n\r"), data(&["a", "b"]));
    }

    #[test]
    fn an_event_that_a_cr_ends_does_not_wait_for_the_next_byte() {
        assert_eq!(read(b"data: a\r\r"), data(&["a"]));
    }

    #[test]
    fn one_byte_order_mark_is_passed_over_and_only_at_the_start() {
        assert_eq!(read("\u{feff}data: a\n\n".as_bytes()), data(&["a"]));
        assert_eq!(read("\u{feff}\n\u{feff}data: a\n\n".as_bytes()), []);
        assert_eq!(read("\u{feff}\u{feff}data: a\n\n".as_bytes()), []);
        assert_eq!(read("data: \u{feff}a\n\n".as_bytes()), data(&["\u{feff}a"]));
    }

    #[test]
    fn other_fields_and_unknown_ones_are_ignored() {
        assert_eq!(read(b"event: x\nid: 1\nretry: 10\ndatax: 1\n data: 2\nDATA: 3\n\n"), []);
        assert_eq!(read(b"retry: 10\ndata: a:b\n\n"), data(&["a:b"]));
    }

    #[test]
    fn what_is_no_utf_8_is_replaced() {
        assert_eq!(read(b"data: a\xff\n\n"), data(&["a\u{fffd}"]));
    }

    #[test]
    fn what_is_too_large_is_dropped_and_said_and_the_next_event_is_read() {
        for large in [
            b"data: 0123456789".to_vec(),
            b"data: 01\n".repeat(4),
            b":".repeat(100),
            b"x".repeat(100),
        ] {
            let mut parser = Parser::new(14);
            let text = [&large, &b"\ndata: a\n\ndata: next\n\n"[..]].concat();
            let read: Vec<_> = text.chunks(3).flat_map(|chunk| parser.push(chunk)).collect();
            assert_eq!(
                read.first(),
                Some(&Message::TooLarge),
                "{}",
                String::from_utf8_lossy(&large)
            );
            assert_eq!(read.last(), Some(&Message::Data("next".to_owned())));
        }
    }

    #[test]
    fn a_line_that_never_ends_is_not_kept() {
        let mut parser = Parser::new(1_000);
        for _ in 0..1_000 {
            assert_eq!(parser.push(&[b'a'; 999]), []);
            assert!(
                parser.line.capacity() <= 2_000 && parser.data.as_ref().is_none_or(Vec::is_empty)
            );
        }
    }

    /// Texts that look like event streams more often than chance would have it.
    fn streams() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"data".to_vec()),
            Just(b":".to_vec()),
            Just(b" ".to_vec()),
            Just(b"\r".to_vec()),
            Just(b"\n".to_vec()),
            Just(b"\n\n".to_vec()),
            Just(b"\r\n\r\n".to_vec()),
            Just(b"data: {\"a\":1}\n\n".to_vec()),
            Just("\u{feff}".as_bytes().to_vec()),
            Just("é".as_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 0..20),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn where_the_stream_is_cut_does_not_matter(bytes in streams(), limit in 0_usize..60) {
            let whole = Parser::new(limit).push(&bytes);
            for cut in 0..=bytes.len() {
                let mut parser = Parser::new(limit);
                let mut read = parser.push(&bytes[..cut]);
                read.extend(parser.push(&bytes[cut..]));
                prop_assert_eq!(&read, &whole, "cut at {}", cut);
            }
            let mut parser = Parser::new(limit);
            let read: Vec<_> = bytes.iter().flat_map(|byte| parser.push(&[*byte])).collect();
            prop_assert_eq!(read, whole);
        }

        #[test]
        fn nor_does_it_where_it_is_cut_often(
            bytes in streams(), limit in 0_usize..60,
            lengths in prop::collection::vec(0..30_usize, 0..40),
        ) {
            let mut parser = Parser::new(limit);
            let (mut read, mut rest) = (Vec::new(), bytes.as_slice());
            for length in lengths {
                let (piece, tail) = rest.split_at(length.min(rest.len()));
                read.extend(parser.push(piece));
                rest = tail;
            }
            read.extend(parser.push(rest));
            prop_assert_eq!(read, Parser::new(limit).push(&bytes));
        }

        #[test]
        fn no_more_is_held_than_the_limit(bytes in streams(), limit in 0_usize..60) {
            let mut parser = Parser::new(limit);
            for byte in bytes {
                parser.push(&[byte]);
                let data = parser.data.as_ref().map_or(0, Vec::len);
                prop_assert!(parser.line.len() + data <= limit + 1);
            }
        }

        #[test]
        fn whatever_is_sent_comes_back(texts in prop::collection::vec("[^\r\n]{0,30}", 1..10)) {
            let lines = texts.join("\ndata: ");
            let read = read(format!("data: {lines}\n\n").as_bytes());
            prop_assert_eq!(read, vec![Message::Data(texts.join("\n"))]);
        }
    }
}
