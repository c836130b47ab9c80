//! Small YAML documents as JSON, read by a parser that knows nothing of scenarios.

use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value};

/// The one document in `text`.
pub fn read(text: &str) -> Value {
    let events: Vec<Event> = Parser::new_from_str(text)
        .map(|event| event.unwrap_or_else(|error| panic!("{error}\n{text}")).0)
        .collect();
    let mut events = events.into_iter();
    let document = |event: &Event| matches!(event, Event::DocumentStart(_));
    assert!(events.any(|event| document(&event)), "no document: {text}");
    let first = events.next().expect("a node");
    node(first, &mut events)
}

fn node<'a>(event: Event<'a>, rest: &mut impl Iterator<Item = Event<'a>>) -> Value {
    match event {
        Event::Scalar(text, ..) => Value::String(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match rest.next().expect("an end") {
                    Event::SequenceEnd => return Value::Array(items),
                    item => items.push(node(item, rest)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut entries = Map::new();
            loop {
                match rest.next().expect("an end") {
                    Event::MappingEnd => return Value::Object(entries),
                    key => {
                        let key = node(key, rest).as_str().expect("a text as a key").to_owned();
                        let value = rest.next().expect("a value");
                        let value = node(value, rest);
                        assert!(entries.insert(key.clone(), value).is_none(), "`{key}` twice");
                    }
                }
            }
        }
        other => panic!("{other:?} is not expected"),
    }
}
