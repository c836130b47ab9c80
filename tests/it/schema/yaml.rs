//! A YAML file as editors read it: into JSON.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// The value of the only document; None for what JSON cannot say, or what is not YAML.
pub fn json(text: &str) -> Option<Value> {
    let mut events = Parser::new_from_str(text);
    let mut stack: Vec<(Value, Option<String>)> = Vec::new();
    loop {
        let (event, _) = events.next_event()?.ok()?;
        let value = match event {
            Event::SequenceStart(0, None) => {
                stack.push((Value::Array(Vec::new()), None));
                continue;
            }
            Event::MappingStart(0, None) => {
                stack.push((Value::Object(Map::new()), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => stack.pop()?.0,
            Event::Scalar(text, style, 0, None) => scalar(&text, style),
            Event::StreamStart | Event::DocumentStart(_) => continue,
            _ => return None,
        };
        match stack.last_mut() {
            None => return Some(value),
            Some((Value::Array(items), _)) => items.push(value),
            Some((Value::Object(entries), key)) => match key.take() {
                None => *key = Some(value.as_str()?.to_owned()),
                Some(key) => {
                    if entries.insert(key, value).is_some() {
                        return None;
                    }
                }
            },
            Some(_) => return None,
        }
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return text.into();
    }
    match text {
        "" | "~" => Value::Null,
        "true" | "false" | "null" => serde_json::from_str(text).unwrap_or_default(),
        _ if text.starts_with(|first: char| first.is_ascii_digit() || first == '-') => {
            serde_json::from_str(text).unwrap_or_else(|_| text.into())
        }
        _ => text.into(),
    }
}
