//! `tieback clean`, the built program, against an API that shares no code with it: what earlier
//! runs left goes, whatever else is there stays, and nothing is done without a yes.

mod confirmation;
mod interruption;
mod lies;
mod output;
mod paging;
mod records;
mod refusals;
mod removal;
mod whole;

use serde_json::Value;

use crate::support::program::Test;
use crate::support::server::{Behaviour, Kind, Reply, Request, Server};
use records::customer;

const TOKEN: &str = "polar_oat_to_clean_with";

/// `tieback clean` with the usual token.
fn clean(api: &Server) -> Test {
    Test::new("clean").args(["--base-url", &api.url()]).token(TOKEN)
}

/// `tieback clean --yes`.
fn clean_all(api: &Server) -> Test {
    clean(api).arg("--yes")
}

/// An API that holds these records already, in this order.
fn holds(customers: &[Value], endpoints: &[Value], behaviour: Behaviour) -> Server {
    let api = Server::start(behaviour);
    let mut state = api.state();
    // Lists show the newest first.
    state.customers.extend(customers.iter().rev().cloned());
    state.endpoints.extend(endpoints.iter().cloned());
    drop(state);
    api
}

/// With customers that runs left, by their ids.
fn with_customers(ids: &[&str]) -> Server {
    let customers: Vec<_> = ids.iter().map(|id| customer(id)).collect();
    holds(&customers, &[], Behaviour::correct())
}

/// Answers what begins like this with a status.
fn refusing(start: &'static str, status: u16, body: Value) -> Behaviour {
    Behaviour::correct().instead(move |request, _| {
        request.line().starts_with(start).then(|| Reply::json(status, &body))
    })
}

/// Shows this in place of one record.
fn showing(line: &'static str, shown: Value) -> Behaviour {
    Behaviour::correct()
        .instead(move |request, _| (request.line() == line).then(|| Reply::json(200, &shown)))
}

/// 429 with so many seconds to wait, where `limits`.
fn limiting(
    seconds: &'static str,
    limits: impl Fn(&Request) -> bool + Send + Sync + 'static,
) -> Behaviour {
    Behaviour::correct().instead(move |request, _| {
        limits(request).then(|| Reply::empty(429).header("retry-after", seconds))
    })
}

/// The ids of all customers, then those of all endpoints.
fn left(api: &Server) -> Vec<String> {
    let (customers, endpoints) = (api.customers(), api.endpoints());
    let all = customers.iter().rev().chain(&endpoints);
    all.map(|each| each["id"].as_str().expect("an id").to_owned()).collect()
}

/// How many pages of customers were asked for.
fn pages(api: &Server) -> usize {
    let lists = api.of(Kind::List);
    lists.len()
}
