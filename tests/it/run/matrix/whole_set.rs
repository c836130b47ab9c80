//! Every built-in scenario passes against a server that does everything right, whatever it is like
//! otherwise.

use serde_json::json;
use tieback::scenario::builtin::BUILT_IN;

use super::{Row, run_all};
use crate::support::program::Test;
use crate::support::server::{Behaviour, Delivery, When};

/// What the fake server does not do: it sells nothing.
const SELLING: [&str; 5] =
    ["access-without-payment", "checkout-mapping", "paid-access", "renewal", "refund"];

/// Every scenario about customers against servers like this.
fn all(behaviour: impl Fn() -> Behaviour) {
    run_all(
        BUILT_IN
            .iter()
            .filter(|built_in| !SELLING.contains(&built_in.name) && !built_in.is_about_an_app())
            .map(|built_in| Row::oddity(built_in.name, behaviour()).in_scenario(built_in.name))
            .collect(),
    );
}

#[test]
fn as_it_is() {
    all(Behaviour::correct);
}

#[test]
fn webhooks_before_the_answer() {
    all(|| Behaviour::correct().each(|delivery| delivery.when(When::Before)));
}

#[test]
fn every_webhook_twice() {
    all(|| Behaviour::correct().delivered(|delivery| vec![delivery.clone(), delivery]));
}

#[test]
fn strangers_first_and_fields_that_nobody_knows() {
    all(|| {
        Behaviour::correct()
            .delivered(|delivery: Delivery| vec![delivery.clone().of_stranger(), delivery])
            .each(|delivery| {
                delivery.edit(|payload| payload["data"]["new"] = json!({ "external_id": "x" }))
            })
            .answered(|_, reply| {
                reply.edit_records(|record| record["new"] = json!({ "email": [1] }));
            })
    });
}

/// The embedded sandbox, wherever webhooks are read.
#[test]
fn against_the_sandbox_with_every_source() {
    for source in ["listener", "stream", "deliveries", "none"] {
        let built_in = BUILT_IN.iter().filter(|built_in| !built_in.is_about_an_app());
        let names: Vec<_> = built_in.map(|built_in| built_in.name).collect();
        let test = Test::new("run").args(&names).format("json");
        let report = test.args(["--events", source]).done().report();
        assert_eq!(report["target"]["events"], source);
        assert_eq!(report["summary"]["passed"], names.len());
        assert_eq!(report["left_behind"], json!([]));
    }
}
