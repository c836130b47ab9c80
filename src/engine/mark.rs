//! The run's mark, as scenarios see it: not at all. Their authors did not write it.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::context::Context;
use crate::plan::MARK;

impl Context<'_> {
    /// What came from the target without the mark that the run added to what was sent, unless the
    /// scenario names the mark itself.
    pub(super) fn unmarked<'j>(&self, seen: &'j Json) -> Cow<'j, Json> {
        if !self.planned.marked {
            return Cow::Borrowed(seen);
        }
        without_mark(seen, self.customer().metadata, self.run_id())
    }
}

fn without_mark<'a>(seen: &'a Json, metadata: &str, run_id: &str) -> Cow<'a, Json> {
    if !is_marked(seen, metadata, run_id) {
        return Cow::Borrowed(seen);
    }
    let mut seen = seen.clone();
    strip(&mut seen, metadata, run_id);
    Cow::Owned(seen)
}

fn is_marked(value: &Json, metadata: &str, run_id: &str) -> bool {
    match value {
        Json::Array(items) => items.iter().any(|item| is_marked(item, metadata, run_id)),
        Json::Object(entries) => {
            entries.get(metadata).is_some_and(|metadata| metadata[MARK] == run_id)
                || entries.values().any(|each| is_marked(each, metadata, run_id))
        }
        _ => false,
    }
}

fn strip(value: &mut Json, metadata: &str, run_id: &str) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(|item| strip(item, metadata, run_id)),
        Json::Object(entries) => {
            if let Some(Json::Object(marks)) = entries.get_mut(metadata) {
                marks.retain(|key, value| key != MARK || value != run_id);
            }
            entries.values_mut().for_each(|each| strip(each, metadata, run_id));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::POLAR;
    use crate::provider::made_up::ACME;

    #[test]
    fn the_run_s_own_mark_is_taken_out_wherever_it_stands() {
        for provider in [&POLAR, &ACME] {
            let key = provider.customer.metadata;
            let record = |marks: Json| json!({ "list": [{ "person": { key: marks } }] });
            let seen = record(json!({ MARK: "id1", "a": 1 }));
            assert_eq!(*without_mark(&seen, key, "id1"), record(json!({ "a": 1 })));
            for other in [record(json!({ MARK: "id2" })), json!({ "x": { MARK: "id1" } })] {
                assert_eq!(*without_mark(&other, key, "id1"), other);
            }
        }
    }
}
