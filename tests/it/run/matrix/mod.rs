//! The matrix: every planted fault with the exit code and the diagnosis that it owes, and every
//! harmless oddity, which has to pass. Each row has a server of its own.

mod answers;
mod deletion;
mod deliveries;
mod faults_in_transit;
mod odd_deliveries;
mod oddities;
mod records;
mod rejected;
mod rules;
mod sources;
mod updates;
mod whole_set;

use serde_json::Value;

use crate::support::program::{Finished, Test};
use crate::support::rows;
use crate::support::server::{Behaviour, Kind, Server};

/// The steps of `customer-mapping`.
pub const CREATE: &str = "Create the customer";
pub const READ: &str = "Read it back";
pub const EVENT: &str = "customer.created names the same user";

/// One fault or one oddity.
pub struct Row {
    /// What the server does.
    name: &'static str,
    scenario: &'static str,
    behaviour: Behaviour,
    arguments: &'static [&'static str],
    exit: i32,
    /// The step that carries the diagnosis, and its code.
    owed: Option<(&'static str, &'static str)>,
    /// What the diagnosis has to mention.
    mentions: &'static [&'static str],
    /// Requests that would remove what the server does not let the run remove.
    left_behind: usize,
    /// Endpoints of other people, which have to survive.
    others: usize,
}

impl Row {
    /// A server that breaks the mapping: exit code 1, with `code` on `step`.
    pub fn fault(
        name: &'static str,
        step: &'static str,
        code: &'static str,
        behaviour: Behaviour,
    ) -> Self {
        Self { exit: 1, owed: Some((step, code)), ..Self::oddity(name, behaviour) }
    }

    /// A server that keeps the run from telling: exit code 3.
    pub fn error(
        name: &'static str,
        step: &'static str,
        code: &'static str,
        behaviour: Behaviour,
    ) -> Self {
        Self { exit: 3, ..Self::fault(name, step, code, behaviour) }
    }

    /// A server that is odd and right.
    pub fn oddity(name: &'static str, behaviour: Behaviour) -> Self {
        Self {
            name,
            scenario: "customer-mapping",
            behaviour,
            arguments: &[],
            exit: 0,
            owed: None,
            mentions: &[],
            left_behind: 0,
            others: 0,
        }
    }

    /// Runs another built-in scenario.
    pub fn in_scenario(self, scenario: &'static str) -> Self {
        Self { scenario, ..self }
    }

    pub fn with(self, arguments: &'static [&'static str]) -> Self {
        Self { arguments, ..self }
    }

    pub fn mentions(self, mentions: &'static [&'static str]) -> Self {
        Self { mentions, ..self }
    }

    pub fn left_behind(self, left_behind: usize) -> Self {
        Self { left_behind, ..self }
    }

    pub fn keeps(self, others: usize) -> Self {
        Self { others, ..self }
    }

    fn run(self) {
        let server = Server::start(self.behaviour);
        let test = Test::run(self.scenario).against(&server).status(self.exit);
        let finished = test.args(self.arguments).done();
        let report = finished.report();
        check_diagnoses(&report, self.owed, self.mentions, &finished);
        let left = report["left_behind"].as_array().map_or(0, Vec::len);
        assert_eq!(left, self.left_behind, "left behind{finished}");
        if left == 0 {
            assert_eq!(server.customers(), Vec::<Value>::new(), "customers{finished}");
            assert_eq!(server.endpoints().len(), self.others, "endpoints{finished}");
        }
        for request in server.requests() {
            assert!(
                request.header("authorization").is_some(),
                "{} {} without token",
                request.method,
                request.target
            );
        }
        if self.exit == 0 {
            assert_eq!(server.of(Kind::Other).len(), 0, "unknown requests{finished}");
        }
    }
}

/// The first diagnosis of a failed run is the one owed; a run that passed has none.
fn check_diagnoses(
    report: &Value,
    owed: Option<(&str, &str)>,
    mentions: &[&str],
    finished: &Finished,
) {
    let steps = report["scenarios"][0]["steps"].as_array().into_iter().flatten();
    let mut diagnosed = steps.filter(|step| !step["diagnosis"].is_null());
    let first = diagnosed.next();
    let found = first.map(|step| (text(&step["name"]), text(&step["diagnosis"]["code"])));
    assert_eq!(found, owed, "diagnosis{finished}");
    let Some(step) = first else { return };
    let said =
        format!("{} {}", text(&step["diagnosis"]["message"]), text(&step["diagnosis"]["hint"]));
    for mention in mentions {
        assert!(said.contains(mention), "`{mention}` is not in: {said}");
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Runs every row and tells all that fail.
fn run_all(rows: Vec<Row>) {
    rows::run_all(rows, |row| row.name.to_owned(), Row::run);
}
