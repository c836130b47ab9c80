//! Which events a list is of.

use rusqlite::types::Value as Sql;
use uuid::Uuid;

use crate::sandbox::http::{Problem, without_nul};
use crate::sandbox::store::metadata_is;
use crate::sandbox::validate::{Query, Reader};

const SOURCES: [&str; 2] = ["system", "user"];
/// How far down from an event its descendants are listed at most.
const DEEPEST: i64 = 5;

/// A WHERE clause about the table `event`, and what stands in for its question marks.
pub(super) struct Filter {
    clauses: Vec<String>,
    pub(super) values: Vec<Sql>,
}

impl Filter {
    /// Reads the parameters in the order of the real API. The names of events take fewer than the `whole` list.
    pub(super) fn read(
        query: &Query,
        reader: &mut Reader,
        organization: Uuid,
        whole: bool,
    ) -> Result<Self, Problem> {
        let mut filter = Self { clauses: vec!["1".to_owned()], values: Vec::new() };
        let mut time = |key| if whole { query.time(reader, key) } else { None };
        let (after, before) = (time("start_timestamp"), time("end_timestamp"));
        let organizations = query.ids(reader, "organization_id");
        let customers = query.ids(reader, "customer_id");
        let sources = query.words(reader, "source", "EventSource", &SOURCES);
        if !organizations.is_empty() && !organizations.contains(&organization) {
            filter.clause("0", []);
        }
        if let Some(after) = after {
            filter.clause("event.at > ?", [Sql::Integer(after)]);
        }
        if let Some(before) = before {
            filter.clause("event.at < ?", [Sql::Integer(before)]);
        }
        // An event keeps the id it came with, and is found by the other one as well.
        filter.either(
            "(event.customer IN (#) OR event.external_customer_id IN (SELECT external_id FROM customer WHERE id IN (#)))",
            &customers.iter().map(|id| Sql::Blob(id.as_bytes().to_vec())).collect::<Vec<_>>(),
        );
        let texts =
            |key| query.all(key).map(|value| Sql::Text(value.to_owned())).collect::<Vec<_>>();
        filter.either(
            "(event.external_customer_id IN (#) OR event.customer IN (SELECT id FROM customer WHERE external_id IN (#)))",
            &texts("external_customer_id"),
        );
        if whole {
            filter.either("event.name IN (#)", &texts("name"));
            for (key, values) in query.metadata() {
                let texts = std::iter::once(key).chain(values.iter().copied());
                filter.clause(
                    &metadata_is("event.metadata", "$", values.len()),
                    texts.map(|text| Sql::Text(text.to_owned())),
                );
            }
        }
        let sources: Vec<_> =
            sources.iter().map(|source| Sql::Text((*source).to_owned())).collect();
        filter.either("event.source IN (#)", &sources);
        if let Some(words) = query.last("query") {
            let words = Sql::Text(words.to_lowercase());
            if whole && organizations.is_empty() {
                return Err(Problem::QueryWithoutOrganization);
            }
            if whole {
                filter.clause(WORDS, vec![words; 6]);
            } else {
                filter.clause("instr(lower(event.name), ?) > 0", [words]);
            }
        }
        filter.values.iter().try_for_each(|value| {
            if let Sql::Text(text) = value { without_nul(text) } else { Ok(()) }
        })?;
        Ok(filter)
    }

    /// `depth`, from `parent_id` or from the events that have no parent; `parent_id` alone means nothing.
    pub(super) fn read_depth(&mut self, query: &Query, reader: &mut Reader) {
        let parent = query.id4(reader, "parent_id");
        let Some(depth) = query.up_to(reader, "depth", DEEPEST) else { return };
        let (anchors, anchor_values, nearest) = match parent {
            Some(parent) => {
                ("event.id = ?".to_owned(), vec![Sql::Blob(parent.as_bytes().to_vec())], 1)
            }
            None => (format!("event.parent IS NULL AND {}", self.sql()), self.values.clone(), 0),
        };
        let clause = format!(
            "event.id IN (WITH RECURSIVE tree (id, level) AS (SELECT event.id, 0 FROM event WHERE {anchors}
             UNION ALL SELECT below.id, level + 1 FROM event AS below JOIN tree ON below.parent = tree.id WHERE level < ?)
             SELECT id FROM tree WHERE level >= {nearest})"
        );
        self.clause(&clause, anchor_values.into_iter().chain([Sql::Integer(depth)]));
    }

    /// The clause.
    pub(super) fn sql(&self) -> String {
        self.clauses.join(" AND ")
    }

    fn clause(&mut self, clause: &str, values: impl IntoIterator<Item = Sql>) {
        self.clauses.push(clause.to_owned());
        self.values.extend(values);
    }

    /// One of several, where any are given. Each `#` stands for all of them.
    fn either(&mut self, clause: &str, among: &[Sql]) {
        if !among.is_empty() {
            let slots = vec!["?"; among.len()].join(", ");
            let times = clause.matches('#').count();
            self.clause(&clause.replace('#', &slots), (0..times).flat_map(|_| among.to_vec()));
        }
    }
}

/// Words in an event, or in the customer that it came with the id of.
const WORDS: &str =
    "(instr(lower(event.name), ?) > 0 OR instr(event.source, ?) > 0 OR instr(lower(event.metadata), ?) > 0
    OR event.customer IN (SELECT id FROM customer
    WHERE instr(email_key, ?) > 0 OR instr(name_key, ?) > 0 OR instr(external_key, ?) > 0))";
