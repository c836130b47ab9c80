//! `GET /v1/customers/`
//!
//! There is no filter on `external_id`: unknown parameters are ignored, on the real API too.

use axum::response::Response;
use rusqlite::params_from_iter;
use rusqlite::types::Value as Sql;

use super::read::page_out_of_range;
use crate::sandbox::http::{Call, Problem, Row, listed, without_nul};
use crate::sandbox::store::metadata_is;
use crate::sandbox::validate::{Query, Reader};

/// Lists customers by e-mail, words, metadata and organization.
pub(crate) async fn list(call: Call) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let page = call.query.page(&mut reader);
    let sorting = call.query.sorting(&mut reader, &["created_at", "email", "name"]);
    let organizations = call.query.ids(&mut reader, "organization_id");
    let active = call.query.flag(&mut reader, "active");
    reader.finish(Some(())).map_err(Problem::Schema)?;
    let page = page.ok_or_else(page_out_of_range)?;

    let mut filter = Filter::of(&call.query)?;
    // Nobody has an active subscription here, and there is one organization.
    if active == Some(true)
        || (!organizations.is_empty() && !organizations.contains(&call.app.organization.id))
    {
        filter.clause("0", []);
    }
    let order = order(&sorting);
    let clauses = filter.clauses.join(" AND ");
    let (items, total) = call.app.store.read(|connection| {
        let total = connection
            .prepare_cached(&format!("SELECT count(*) FROM customer WHERE {clauses}"))?
            .query_row(params_from_iter(&filter.values), |row| row.get(0))?;
        let mut values = filter.values.clone();
        values.extend([Sql::Integer(page.limit), Sql::Integer(page.offset)]);
        let items = connection
            .prepare_cached(&format!(
                "SELECT doc FROM customer WHERE {clauses} ORDER BY {order} LIMIT ? OFFSET ?"
            ))?
            .query_map(params_from_iter(values), |row| row.get::<_, String>(0))?
            .map(|doc| Row::new(doc?))
            .collect::<Result<Vec<_>, Problem>>()?;
        Ok::<_, Problem>((items, total))
    })?;
    Ok(listed(&items, total, page))
}

/// A WHERE clause in the making.
struct Filter {
    clauses: Vec<String>,
    values: Vec<Sql>,
}

impl Filter {
    fn of(query: &Query) -> Result<Self, Problem> {
        let mut filter = Self { clauses: vec!["deleted = 0".to_owned()], values: Vec::new() };
        if let Some(email) = query.last("email") {
            filter.clause("email_key = ?", [email.to_lowercase()]);
        }
        if let Some(words) = query.last("query") {
            // Word for word: no character of it is a wildcard. The name on bills, which the real API
            // looks at as well, is the name here.
            let words = words.to_lowercase();
            filter.clause(
                "(instr(email_key, ?) > 0 OR instr(name_key, ?) > 0 OR instr(external_key, ?) = 1)",
                [words.clone(), words.clone(), words],
            );
        }
        for (key, values) in query.metadata() {
            let clause = metadata_is("doc", "$.metadata", values.len());
            filter.clause(&clause, std::iter::once(key).chain(values).map(str::to_owned));
        }
        filter.values.iter().try_for_each(|value| {
            if let Sql::Text(text) = value { without_nul(text) } else { Ok(()) }
        })?;
        Ok(filter)
    }

    fn clause(&mut self, clause: &str, values: impl IntoIterator<Item = String>) {
        self.clauses.push(clause.to_owned());
        self.values.extend(values.into_iter().map(Sql::Text));
    }
}

/// Like PostgreSQL: nothing comes last going up, and first going down.
fn order(sorting: &[(&'static str, bool)]) -> String {
    if sorting.is_empty() {
        return "created_at DESC".to_owned();
    }
    let criteria: Vec<_> = sorting
        .iter()
        .map(|(criterion, down)| {
            let column = match *criterion {
                "email" => "email_key",
                "name" => "name_key",
                _ => "created_at",
            };
            format!("{column} {}", if *down { "DESC NULLS FIRST" } else { "ASC NULLS LAST" })
        })
        .collect();
    criteria.join(", ")
}
