//! `GET /v1/customers/`
//!
//! `external_id` is not a filter: unknown parameters are ignored, on the real API too.

use axum::response::Response;

use crate::sandbox::http::{ApiError, Call, listed_docs};
use crate::sandbox::store::{Select, metadata_is};
use crate::sandbox::validate::{Query, Validator};

/// Lists customers by e-mail, words, metadata and organization.
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let page = call.query.page(&mut validator);
    let sorting = call.query.sorting(&mut validator, &["created_at", "email", "name"]);
    let organizations = call.query.ids(&mut validator, "organization_id");
    let active = call.query.flag(&mut validator, "active");
    let page = validator.finish(page)?;

    let mut select = select(&call.query);
    if !organizations.is_empty() && !organizations.contains(&call.app.organization.id) {
        select.nothing();
    }
    if let Some(active) = active {
        let clause = "coalesce(json_array_length(state, '$.active_subscriptions') > 0, 0) = ?";
        select.and(clause, [i64::from(active)]);
    }
    listed_docs(&call, &select, &order(&sorting), page)
}

fn select(query: &Query) -> Select {
    let mut select = Select::new("customer", "deleted = 0");
    if let Some(email) = query.last("email") {
        select.and("email_key = ?", [email.to_lowercase()]);
    }
    if let Some(words) = query.last("query") {
        // Word for word: no character of it is a wildcard. The name on bills, which the real API
        // looks at as well, is the name here.
        let words = words.to_lowercase();
        select.and(
            "(instr(email_key, ?) > 0 OR instr(name_key, ?) > 0 OR instr(external_key, ?) = 1)",
            [words.clone(), words.clone(), words],
        );
    }
    for (key, values) in query.metadata() {
        let clause = metadata_is("doc", "$.metadata", values.len());
        select.and(&clause, std::iter::once(key).chain(values).map(str::to_owned));
    }
    select
}

/// Like PostgreSQL: nothing comes last going up, and first going down.
fn order(sorting: &[(&'static str, bool)]) -> String {
    if sorting.is_empty() {
        return "ORDER BY created_at DESC".to_owned();
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
    format!("ORDER BY {}", criteria.join(", "))
}
