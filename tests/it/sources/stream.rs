//! The event stream: however it is cut, and when it ends.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{honest, passes, unavailable};
use crate::support::server::{STREAM_SECRET, Server, connected, event, stay};

/// Every byte by itself, CRLF, comments, data over several lines, and fields without a meaning.
fn write_oddly(stream: &mut impl Write, message: &Value) -> io::Result<()> {
    // JSON may hold line breaks between its parts.
    let lines = message.to_string().replacen("{\"", "{\r\ndata:\"", 1);
    let event = format!(": ping\r\n\r\nevent: message\r\nid: 7\r\ndata: {lines}\r\n\r\n:\r\n\r\n");
    event.as_bytes().iter().try_for_each(|byte| stream.write_all(&[*byte]))
}

#[test]
fn however_it_is_written_it_is_read() {
    let api = Server::start(honest().streamed(|stream, feed, _| {
        write_oddly(stream, &json!({ "key": "connected", "secret": STREAM_SECRET }))?;
        for _ in 0..2 {
            write_oddly(stream, &feed.next())?;
        }
        stay(stream)
    }));
    let ran = passes(&api, &["--events", "stream"], "stream");
    assert_eq!(ran.report()["notices"], json!([]));
}

#[test]
fn a_stream_that_ends_is_opened_again() {
    let api = Server::start(honest().streamed(|stream, feed, number| {
        stream.write_all(&connected())?;
        feed.peek();
        if number == 0 {
            return Ok(());
        }
        stream.write_all(&event(&feed.next()))?;
        stay(stream)
    }));
    let ran = passes(&api, &["--events", "stream"], "stream");
    assert_eq!(api.count("GET /v1/cli/listen"), 2);
    ran.says("the event stream broke off (the API ended it)")
        .says("what was sent in between is lost");
}

#[test]
fn an_event_that_may_have_been_lost_is_not_called_missing() {
    let api = Server::start(honest().streamed(|stream, feed, number| {
        stream.write_all(&connected())?;
        feed.peek();
        if number == 0 { Ok(()) } else { stay(stream) }
    }));
    let why = unavailable(&api, &["--events", "stream", "--wait", "1s"]);
    assert!(why.contains("the event stream broke off") && why.contains("is lost"), "{why}");
}
