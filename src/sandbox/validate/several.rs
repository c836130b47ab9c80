//! A parameter that may be given once or several times. The real API declares it as a union of one
//! value and a list of values, and reads it as a list always: a flaw is reported for both.

use serde_json::Value;

use super::Validator;

/// What pydantic calls a list in the place of a flaw, around the name of what is in it.
const LIST: (&str, &str) = (
    "json-or-python[json=list[",
    "],python=chain[is-instance[Sequence],function-wrap[sequence_validator()]]]",
);

/// Reads every one of `values`. `name` is what pydantic calls one of them, and `single` notes the
/// flaw of the list as a whole, which is not one of them.
pub(crate) fn several<T>(
    validator: &mut Validator,
    values: &[Value],
    name: &str,
    single: impl FnOnce(&mut Validator, &Value) -> Option<T>,
    read: impl Fn(&mut Validator, &Value) -> Option<T>,
) -> Vec<T> {
    let mut trial = Validator::default();
    if values.iter().any(|value| read(&mut trial, value).is_none()) {
        let all = Value::Array(values.to_vec());
        validator.at(name, |validator| single(validator, &all));
    }
    let list = format!("{}{name}{}", LIST.0, LIST.1);
    validator.at(list.as_str(), |validator| {
        let items = values.iter().enumerate();
        items
            .filter_map(|(index, value)| validator.at(index, |validator| read(validator, value)))
            .collect()
    })
}
