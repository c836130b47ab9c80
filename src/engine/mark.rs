//! The run's mark, as scenarios see it: not at all. Their authors did not write it.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::scenario::Run;
use crate::plan::MARK;

impl Run<'_> {
    /// What came from the target without the mark that the run added to what was sent, unless the scenario
    /// names the mark itself.
    pub(super) fn unmarked<'a>(&self, seen: &'a Json) -> Cow<'a, Json> {
        if !self.planned.marked || !is_marked(seen, &self.planned.run_id) {
            return Cow::Borrowed(seen);
        }
        let mut seen = seen.clone();
        strip(&mut seen, &self.planned.run_id);
        Cow::Owned(seen)
    }
}

fn is_marked(value: &Json, run_id: &str) -> bool {
    match value {
        Json::Array(items) => items.iter().any(|item| is_marked(item, run_id)),
        Json::Object(entries) => {
            entries.get("metadata").is_some_and(|metadata| metadata[MARK] == run_id)
                || entries.values().any(|each| is_marked(each, run_id))
        }
        _ => false,
    }
}

fn strip(value: &mut Json, run_id: &str) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(|item| strip(item, run_id)),
        Json::Object(entries) => {
            if let Some(Json::Object(metadata)) = entries.get_mut("metadata") {
                metadata.retain(|key, value| key != MARK || value != run_id);
            }
            entries.values_mut().for_each(|each| strip(each, run_id));
        }
        _ => {}
    }
}
