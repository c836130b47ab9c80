//! The places where webhooks are read, through the built program: the same verdicts whichever it
//! is, a fallback that says so, and nothing left behind.

mod choice;
mod log;
mod refusals;
mod stream;
mod verdicts;

use serde_json::{Value, json};

use crate::support::program::{Finished, Test};
use crate::support::server::{Behaviour, Delivery, Key, Kind, Reply, Server};

const SECRET: &str = "polar_whs_the_secret_of_an_endpoint";

/// An API that signs as the real one does, and that logs each attempt twice, behind one of an
/// endpoint that is not the run's.
fn honest() -> Behaviour {
    noisy(0)
}

/// The same, with so many newer rows of other customers in the log.
fn noisy(rows: usize) -> Behaviour {
    let behaviour = Behaviour::correct().with_stream();
    let behaviour = behaviour.stored_endpoint(|it| it["secret"] = json!(SECRET));
    let legacy = behaviour.each(|delivery| Delivery { key: Key::Legacy, ..delivery });
    legacy.delivered(move |delivery| {
        if !delivery.url.starts_with("https://") {
            return vec![delivery];
        }
        let other = delivery.clone().edit(|it| it["data"]["external_id"] = Value::Null);
        let other = Delivery { endpoint: "another".to_owned(), ..other };
        let strangers = (0..rows).map(|_| delivery.clone().of_stranger());
        [other, delivery.clone(), delivery.clone()].into_iter().chain(strangers).collect()
    })
}

/// Refuses what begins like these with a status, and names the scope that is missing.
fn refusing(behaviour: Behaviour, refused: &[(&'static str, u16)]) -> Behaviour {
    let refused = refused.to_vec();
    behaviour.instead(move |request, _| {
        let line = request.line();
        let (_, status) = refused.iter().find(|(start, _)| line.starts_with(start))?;
        let reply = Reply::json(*status, &json!({ "error": "refused" }));
        let needed = if request.kind == Kind::Organizations { "organizations" } else { "webhooks" };
        let scope = format!("Bearer realm=\"polar\", scope=\"{needed}:read {needed}:write\"");
        Some(reply.header("location", "/v1/elsewhere").header("www-authenticate", &scope))
    })
}

/// Runs the built-in scenario that waits for one event, and checks what holds of every run.
fn run(api: &Server, arguments: &[&str], status: i32) -> Finished {
    ends(api, Test::run("customer-mapping").args(arguments).against(api).status(status))
}

/// Runs to the end, and checks that nothing was left behind and no secret was shown.
fn ends(api: &Server, test: Test) -> Finished {
    let finished = test.done();
    let before = api.customers().iter().filter(|each| each["id"] == "before").count();
    assert_eq!(api.left(), (before, 0), "something was left behind{finished}");
    assert_eq!(finished.report()["left_behind"], json!([]), "{finished}");
    finished.hides(SECRET);
    finished
}

/// Checks that the run passed by way of `source`.
fn passes(api: &Server, arguments: &[&str], source: &str) -> Finished {
    let finished = run(api, arguments, 0);
    assert_eq!(finished.source(), source, "{finished}");
    finished
}

/// Checks that no webhook could be read, and returns why.
fn unavailable(api: &Server, arguments: &[&str]) -> String {
    let (code, message) = run(api, arguments, 3).diagnosis();
    assert_eq!(code, "no_event_source", "{message}");
    message
}
