//! The rows of a table that a list shows.

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row, params_from_iter};

/// Clauses that all hold, and what stands in for their question marks.
#[derive(Debug, Clone)]
pub(crate) struct Select {
    tables: &'static str,
    clauses: Vec<String>,
    values: Vec<Sql>,
}

impl Select {
    /// All rows for which `clause` holds.
    pub(crate) fn new(tables: &'static str, clause: &str) -> Self {
        Self { tables, clauses: vec![clause.to_owned()], values: Vec::new() }
    }

    /// Adds a clause.
    pub(crate) fn and(&mut self, clause: &str, values: impl IntoIterator<Item = impl Into<Sql>>) {
        self.clauses.push(clause.to_owned());
        self.values.extend(values.into_iter().map(Into::into));
    }

    /// Adds a clause about several values, where there are any; each `#` stands for all of them.
    pub(crate) fn and_among<T: Into<Sql>>(
        &mut self,
        clause: &str,
        values: impl IntoIterator<Item = T>,
    ) {
        let values: Vec<Sql> = values.into_iter().map(Into::into).collect();
        if !values.is_empty() {
            let slots = vec!["?"; values.len()].join(", ");
            let times = clause.matches('#').count();
            self.and(&clause.replace('#', &slots), (0..times).flat_map(|_| values.clone()));
        }
    }

    /// No row at all.
    pub(crate) fn nothing(&mut self) {
        self.and("0", [] as [Sql; 0]);
    }

    /// The condition, and the values in it.
    pub(crate) fn condition(&self) -> (String, Vec<Sql>) {
        (self.clauses.join(" AND "), self.values.clone())
    }

    /// Whether a text in it has a NUL, which the real API's database does not survive.
    pub(crate) fn has_nul(&self) -> bool {
        self.values.iter().any(|value| matches!(value, Sql::Text(text) if text.contains('\0')))
    }

    /// How many rows there are.
    pub(crate) fn count(&self, connection: &Connection) -> rusqlite::Result<i64> {
        let (condition, values) = self.condition();
        connection
            .prepare_cached(&format!("SELECT count(*) FROM {} WHERE {condition}", self.tables))?
            .query_row(params_from_iter(values), |row| row.get(0))
    }

    /// Some of the rows; `rest` is what follows the condition, up to the order.
    pub(crate) fn rows<T>(
        &self,
        connection: &Connection,
        columns: &str,
        rest: &str,
        (limit, offset): (i64, i64),
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let (condition, mut values) = self.condition();
        values.extend([Sql::Integer(limit), Sql::Integer(offset)]);
        let tables = self.tables;
        let sql =
            format!("SELECT {columns} FROM {tables} WHERE {condition} {rest} LIMIT ? OFFSET ?");
        connection.prepare_cached(&sql)?.query_map(params_from_iter(values), read)?.collect()
    }
}
