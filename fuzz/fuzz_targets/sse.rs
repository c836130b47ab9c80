//! Any stream, cut anywhere: the same events, and no more held than the limit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tieback::webhook::receive::sse::{Message, Parser};

fuzz_target!(|input: (u8, Vec<u8>, Vec<u8>)| {
    let (limit, cuts, bytes) = input;
    let limit = usize::from(limit);
    let whole = Parser::new(limit).push(&bytes);
    for message in &whole {
        if let Message::Data(text) = message {
            // What is no UTF-8 grows to three bytes each.
            assert!(text.len() <= 3 * limit);
        }
    }
    let mut parser = Parser::new(limit);
    let mut pieces = Vec::new();
    let mut rest = bytes.as_slice();
    for cut in cuts {
        let (piece, tail) = rest.split_at(usize::from(cut).min(rest.len()));
        pieces.extend(parser.push(piece));
        rest = tail;
    }
    pieces.extend(parser.push(rest));
    assert_eq!(pieces, whole);
});
