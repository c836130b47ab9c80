//! JSON that is deep, long, wide, or none.

use serde_json::json;

use super::row::{Row, run_all};
use crate::support::program::TOKEN;
use crate::support::server::{Behaviour, Kind};

fn body(text: impl Into<Vec<u8>>) -> Behaviour {
    let bytes = text.into();
    Behaviour::correct().spoils(Kind::Create, move |reply| reply.body.clone_from(&bytes))
}

/// The record, with this before its end.
fn with(text: impl Into<String>) -> Behaviour {
    let text = text.into();
    Behaviour::correct().spoils(Kind::Create, move |reply| {
        reply.body.pop();
        reply.body.extend(format!(",{text}}}").into_bytes());
    })
}

#[test]
fn json_that_is_too_much() {
    let deep = |open: &str, close: &str| {
        with(format!("\"x\":{}1{}", open.repeat(90_000), close.repeat(90_000)))
    };
    let ten = 10 * 1024 * 1024;
    run_all(vec![
        Row::fault("deep lists", "not_json", deep("[", "]")).mentions("recursion limit"),
        Row::fault("deep objects", "not_json", deep("{\"a\":", "}")).mentions("recursion limit"),
        Row::fault("only brackets", "not_json", body("[".repeat(ten))),
        Row::fault(
            "millions of values",
            "not_json",
            body(format!("[{}0]", "0,".repeat(ten / 2 - 2))),
        )
        .mentions("values"),
        Row::fault(
            "millions of objects",
            "not_json",
            with(format!("\"x\":[{}{{}}]", "{\"\":{}},".repeat(ten / 9))),
        ),
        Row::harmless("a long string", with(format!("\"x\":\"{}\"", "y".repeat(ten - 2_000)))),
        Row::harmless("a string of brackets", with(format!("\"x\":\"{}\"", "[{,".repeat(200_000)))),
        Row::harmless("a long key", with(format!("\"{}\":1", "y".repeat(1 << 20)))),
        Row::harmless("many values", with(format!("\"x\":[{}0]", "0,".repeat(90_000)))),
    ]);
}

#[test]
fn long_values_that_are_shown() {
    let long = |key: &'static str| {
        Behaviour::correct().spoils(Kind::Create, move |reply| {
            reply.edit(|record| record[key] = json!("x".repeat(10_000_000)));
        })
    };
    run_all(vec![
        Row::fault("a long external ID", "external_id_changed", long("external_id")),
        Row::fault("a long id", "mismatch", long("id")),
    ]);
}

/// RFC 8259 allows it, and other readers read it.
#[test]
fn json_that_others_read() {
    run_all(vec![
        Row::harmless("half a surrogate pair", with(r#""x":"\ud83d""#)),
        Row::harmless("the other half, in a key", with(r#""\ude00":[{"y":"\uDE00\ud83d"}]"#)),
        Row::harmless(
            "a number beyond all doubles",
            with(r#""x":[1e400,-1E+999,1e99999999999999999999]"#),
        ),
        Row::harmless(
            "a number of a thousand digits",
            with(format!("\"x\":{}", "9".repeat(1_000))),
        ),
        Row::harmless("a number too small to tell", with(r#""x":1e-400"#)),
        Row::harmless(
            "a hundred levels",
            with(format!("\"x\":{}{}", "[".repeat(100), "]".repeat(100))),
        ),
        Row::harmless("every escape", with(r#""x":"\"\\\/\b\f\n\r\t\u0000\ud83d\ude00""#)),
        Row::harmless("white space", with("\t\r\n \"x\" : [ ]\n")),
    ]);
    let too_much = |text: String| Row::fault("too much", "not_json", with(text));
    run_all(vec![
        too_much(format!("\"x\":[{}0]", "0,".repeat(100_000)))
            .mentions("more than 100000 values")
            .never("broken"),
        too_much(format!("\"x\":{}{}", "[".repeat(200), "]".repeat(200)))
            .mentions("127 levels")
            .never("broken"),
    ]);
}

/// The token is found behind every such escape, in what is shown of a body and of its values.
#[test]
fn half_a_pair_hides_no_secret() {
    let escaped = TOKEN
        .chars()
        .fold(String::new(), |text, char| text + &format!("\\u{:04x}", u32::from(char)));
    for echo in [
        format!("\\ud83d{escaped}\\ude00"),
        format!("\\ude00\\ud83d{}", escaped.to_uppercase().replace("\\U", "\\u")),
    ] {
        let record = format!("\"external_id\":\"{echo}\"");
        run_all(vec![
            Row::fault("as a value", "external_id_changed", with(record)).with(&["-v"]),
            Row::fault("in a body that is none", "not_json", body(format!("{{\"x\":\"{echo}\"")))
                .with(&["-v"]),
        ]);
    }
}

#[test]
fn json_that_is_none() {
    let number = |text: &str| with(format!("\"x\":{text}"));
    run_all(vec![
        Row::fault("NaN", "not_json", number("NaN")),
        Row::fault("infinity", "not_json", number("-Infinity")),
        Row::fault("a leading zero", "not_json", number("007")),
        Row::fault("no UTF-8", "not_json", body(b"{\"id\":\"\xff\xfe\"}".to_vec())),
        Row::fault(
            "UTF-16",
            "not_json",
            body("{\"id\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
        ),
        Row::fault(
            "a byte order mark",
            "not_json",
            Behaviour::correct().spoils(Kind::Create, |reply| {
                reply.body.splice(..0, "\u{feff}".bytes()).for_each(drop);
            }),
        )
        .mentions("byte order mark"),
        Row::fault("a control character", "not_json", with("\"x\":\"\u{1b}[31m\"")),
        Row::fault(
            "two documents",
            "not_json",
            Behaviour::correct().spoils(Kind::Create, |reply| reply.body.extend(b"{}")),
        ),
        Row::harmless("digits without an end", number(&format!("0.{}", "3".repeat(100_000)))),
    ]);
}

/// The last of two keys counts, as it does in nearly every handler.
#[test]
fn keys_that_come_twice() {
    run_all(vec![
        Row::fault("another at the end", "external_id_changed", with(r#""external_id":"other""#)),
        Row::harmless(
            "another at the start",
            Behaviour::correct().spoils(Kind::Create, |reply| {
                reply.body.splice(..1, *b"{\"external_id\":\"other\",").for_each(drop);
            }),
        ),
    ]);
}
