//! Every built-in scenario passes against a server that does everything right, whatever it is like otherwise.

use serde_json::json;

use super::{Row, run_all};
use crate::support::program::Test;
use crate::support::server::{Behaviour, Delivery, When};

const SET: [&str; 9] = [
    "customer-mapping",
    "customer-lookup",
    "external-id-rules",
    "customer-metadata",
    "customer-update",
    "team-customer",
    "customer-state",
    "customer-deletion",
    "webhook-delivery",
];

/// Every scenario against servers like this.
fn all(behaviour: impl Fn() -> Behaviour) {
    run_all(
        SET.into_iter()
            .map(|scenario| Row::oddity(scenario, behaviour()).in_scenario(scenario))
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
        let test = SET[1..].iter().fold(Test::run(SET[0]), |test, scenario| test.arg(*scenario));
        let report = test.args(["--events", source]).done().report();
        assert_eq!(report["target"]["events"], source);
        assert_eq!(report["summary"]["passed"], SET.len());
        assert_eq!(report["left_behind"], json!([]));
    }
}
