//! A scenario over a table: one run for each row.

use super::{Scenario, ShapeKind, Var};

/// The longest part of a value that a name shows.
const LONGEST: usize = 40;

impl Scenario {
    /// The scenarios that this one stands for: itself, or one for each row, named by its values.
    #[must_use]
    pub fn per_row(self) -> Vec<Self> {
        if self.rows.is_empty() {
            return vec![self];
        }
        let one = |row: &Vec<Var>| {
            let is_secret = |var: &Var| self.secrets.iter().any(|(name, _)| *name == var.name);
            let shown = |var: &Var| if is_secret(var) { "…".to_owned() } else { written(var) };
            let values: Vec<_> =
                row.iter().map(|var| format!("{}: {}", var.name, shown(var))).collect();
            let mut scenario = Self { rows: Vec::new(), ..self.clone() };
            scenario.name = format!("{} ({})", self.name, values.join(", "));
            scenario.vars.splice(0..0, row.iter().cloned());
            scenario
        };
        self.rows.iter().map(one).collect()
    }
}

/// A value as it is written in the file.
fn written(var: &Var) -> String {
    let written = match &var.value.kind {
        ShapeKind::Text(template) => template.to_string(),
        _ => var.value.clone().into_json().to_string(),
    };
    let short: String = written.chars().take(LONGEST).collect();
    let rest = if short.len() < written.len() { "…" } else { "" };
    format!("{short}{rest}")
}
