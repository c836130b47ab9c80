//! Servers that store or show the wrong thing.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{CREATE, READ, Row, run_all};
use crate::support::server::{Behaviour, Kind, Reply, customer};

/// Stores `value` as the external ID.
fn stores(value: Value) -> Behaviour {
    Behaviour::correct().stored(move |customer| customer["external_id"] = value.clone())
}

/// Stores what `change` makes of the text under `key`.
fn rewrites(
    key: &'static str,
    change: impl Fn(&str) -> String + Send + Sync + 'static,
) -> Behaviour {
    Behaviour::correct().stored(move |customer| {
        customer[key] = json!(change(customer[key].as_str().unwrap_or_default()));
    })
}

/// Changes every record in answers to requests of one kind.
fn shows(kind: Kind, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().answered(move |request, reply| {
        if request.kind == kind && reply.status < 300 {
            reply.edit_records(&change);
        }
    })
}

/// Answers requests of one kind with `status` and `body`.
fn answers(kind: Kind, status: u16, body: &Value) -> Behaviour {
    Behaviour::correct().replies(kind, Reply::json(status, body))
}

fn stranger() -> Value {
    customer(&json!({ "email": "stranger@example.com", "name": "Test Stranger",
            "external_id": "user_stranger" }))
}

#[test]
#[allow(clippy::too_many_lines)] // a table
fn an_external_id_that_does_not_survive() {
    run_all(vec![
        Row::fault("stores null", CREATE, "external_id_lost", stores(json!(null))),
        Row::fault("stores an empty text", CREATE, "external_id_lost", stores(json!(""))),
        Row::fault(
            "has no such key",
            CREATE,
            "external_id_lost",
            Behaviour::correct()
                .stored(|customer| drop(customer.as_object_mut().unwrap().remove("external_id"))),
        ),
        Row::fault(
            "stores upper case",
            CREATE,
            "external_id_changed",
            rewrites("external_id", str::to_uppercase),
        )
        .mentions(&["only the case differs"]),
        Row::fault(
            "cuts leading zeros",
            CREATE,
            "external_id_changed",
            rewrites("external_id", |id| id.trim_start_matches('0').to_owned()),
        )
        .with(&["--var", "user_id=0042"])
        .mentions(&["0042", "42 came back"]),
        Row::fault("makes it a number", CREATE, "external_id_changed", stores(json!(42)))
            .with(&["--var", "user_id=42"])
            .mentions(&["text became a number"]),
        Row::fault(
            "truncates it",
            CREATE,
            "external_id_changed",
            rewrites("external_id", |id| id[..10].to_owned()),
        ),
        Row::fault(
            "adds a space",
            CREATE,
            "external_id_changed",
            rewrites("external_id", |id| format!("{id} ")),
        )
        .mentions(&["only outer spaces differ"]),
        Row::fault(
            "adds a prefix",
            CREATE,
            "external_id_changed",
            rewrites("external_id", |id| format!("cus_{id}")),
        ),
        Row::fault(
            "composes its accents",
            CREATE,
            "external_id_changed",
            rewrites("external_id", |id| id.replace("e\u{301}", "é")),
        )
        .with(&["--var", "user_id=Rene\u{301}"]),
        Row::fault(
            "puts its own there",
            CREATE,
            "external_id_changed",
            stores(json!(Uuid::new_v4())),
        ),
        Row::fault(
            "keeps it in the metadata",
            CREATE,
            "external_id_lost",
            Behaviour::correct().stored(|customer| {
                customer["metadata"]["user_id"] = std::mem::take(&mut customer["external_id"]);
            }),
        )
        .mentions(&["stands at `body.metadata.user_id`"]),
        Row::fault(
            "spells it otherwise in GET",
            READ,
            "external_id_lost",
            shows(Kind::Read, |record| {
                record["externalId"] = std::mem::take(&mut record["external_id"]);
            }),
        )
        .mentions(&["stands at `body.externalId`"]),
        Row::fault(
            "drops it from GET",
            READ,
            "external_id_lost",
            shows(Kind::Read, |record| record["external_id"] = json!(null)),
        ),
        Row::fault(
            "changes it in GET",
            READ,
            "external_id_changed",
            shows(Kind::Read, |record| record["external_id"] = json!("somebody")),
        ),
        Row::fault(
            "drops it from a lookup",
            "Found by external id",
            "external_id_lost",
            shows(Kind::Lookup, |record| record["external_id"] = json!(null)),
        )
        .in_scenario("customer-lookup"),
        Row::fault(
            "changes it in a list",
            "Found by e-mail in another case",
            "external_id_changed",
            shows(Kind::List, |record| record["external_id"] = json!("somebody")),
        )
        .in_scenario("customer-lookup"),
        Row::fault(
            "leaves the metadata out",
            CREATE,
            "mismatch",
            Behaviour::correct().stored(|customer| customer["metadata"] = json!({})),
        )
        .in_scenario("customer-lookup"),
    ]);
}

#[test]
fn an_email_that_does_not_survive() {
    let moved = |email: &str| email.replace("example.com", "elsewhere.example");
    run_all(vec![
        Row::fault("another domain", READ, "email_changed", rewrites("email", moved)),
        Row::fault("upper case", READ, "email_changed", rewrites("email", str::to_uppercase)),
        Row::fault(
            "the tag is cut off",
            READ,
            "email_changed",
            rewrites("email", |email| {
                format!("{}@example.com", email.split('+').next().unwrap_or_default())
            }),
        ),
        Row::fault(
            "null in GET",
            READ,
            "email_changed",
            shows(Kind::Read, |record| record["email"] = json!(null)),
        ),
        Row::fault(
            "missing in GET",
            READ,
            "email_changed",
            shows(Kind::Read, |record| drop(record.as_object_mut().unwrap().remove("email"))),
        ),
    ]);
}

#[test]
fn a_customer_that_is_lost() {
    let forgets = || {
        Behaviour::correct().instead(|request, state| {
            if request.kind == Kind::Read {
                state.customers.clear();
            }
            None
        })
    };
    let empty = json!({ "items": [], "pagination": { "total_count": 0, "max_page": 0 } });
    run_all(vec![
        Row::fault("forgets it", READ, "customer_lost", forgets()),
        Row::fault("410 for it", READ, "customer_lost", answers(Kind::Read, 410, &json!({})))
            .left_behind(1),
        Row::fault(
            "an error in a 200",
            READ,
            "customer_lost",
            answers(
                Kind::Read,
                200,
                &json!({ "error": "ResourceNotFound", "detail": "Not found" }),
            ),
        )
        .left_behind(1),
        Row::fault("null for it", READ, "customer_lost", answers(Kind::Read, 200, &json!(null)))
            .left_behind(1),
        Row::fault(
            "no lookup finds it",
            "Found by external id",
            "customer_lost",
            answers(Kind::Lookup, 404, &json!({ "detail": "Not found" })),
        )
        .in_scenario("customer-lookup"),
        Row::fault(
            "no list holds it",
            "Found by e-mail in another case",
            "customer_lost",
            answers(Kind::List, 200, &empty),
        )
        .in_scenario("customer-lookup"),
    ]);
}

#[test]
fn somebody_else_s_record() {
    let nobody = |request: &crate::support::server::Request| {
        request.kind == Kind::Lookup && request.id().starts_with("nobody")
    };
    run_all(vec![
        Row::fault(
            "another id in GET",
            READ,
            "wrong_customer",
            shows(Kind::Read, |record| record["id"] = json!(Uuid::new_v4())),
        ),
        Row::fault(
            "a stranger in GET",
            READ,
            "wrong_customer",
            answers(Kind::Read, 200, &stranger()),
        )
        .left_behind(1),
        Row::fault(
            "a stranger in a lookup",
            "Found by external id",
            "wrong_customer",
            answers(Kind::Lookup, 200, &stranger()),
        )
        .in_scenario("customer-lookup"),
        Row::fault(
            "a lookup finds somebody for nobody",
            "An unknown external id is not found",
            "wrong_customer",
            Behaviour::correct()
                .instead(move |request, _| nobody(request).then(|| Reply::json(200, &stranger()))),
        )
        .in_scenario("customer-lookup"),
        Row::fault(
            "a lookup finds the newest for nobody",
            "An unknown external id is not found",
            "wrong_customer",
            Behaviour::correct().instead(move |request, state| {
                nobody(request)
                    .then(|| Reply::json(200, state.customers.last().unwrap_or(&Value::Null)))
            }),
        )
        .in_scenario("customer-lookup"),
        Row::fault(
            "a list ignores its filters",
            "Found by e-mail in another case",
            "wrong_customer",
            Behaviour::correct().instead(|request, state| {
                (request.kind == Kind::List).then(|| {
                    let everybody: Vec<_> =
                        [stranger()].into_iter().chain(state.customers.clone()).collect();
                    Reply::json(200, &json!({ "items": everybody }))
                })
            }),
        )
        .in_scenario("customer-lookup"),
        Row::fault(
            "a list holds a stranger alone",
            "Found by e-mail in another case",
            "wrong_customer",
            answers(Kind::List, 200, &json!({ "items": [stranger()] })),
        )
        .in_scenario("customer-lookup"),
    ]);
}

#[test]
fn answers_from_a_script() {
    let canned = json!({ "id": Uuid::new_v4(), "email": "jane@example.com", "name": "Jane",
        "external_id": "usr_1337" });
    let (created, read) = (canned.clone(), canned.clone());
    let scripted = Behaviour::correct().instead(move |request, _| match request.kind {
        Kind::Create => Some(Reply::json(201, &created)),
        Kind::Read | Kind::Lookup => Some(Reply::json(200, &read)),
        _ => None,
    });
    let echoing = Behaviour::correct().instead(move |request, _| {
        let mut record = canned.clone();
        match request.kind {
            Kind::Read => record["id"] = json!(request.id()),
            _ => return None,
        }
        Some(Reply::json(200, &record))
    });
    run_all(vec![
        Row::fault("one answer for everything", CREATE, "not_stateful", scripted.clone())
            .with(&["--wait", "200ms"])
            .left_behind(1),
        Row::fault("and in a lookup", CREATE, "not_stateful", scripted)
            .in_scenario("customer-lookup")
            .left_behind(1),
        Row::fault("only the id is echoed", READ, "not_stateful", echoing).left_behind(1),
    ]);
}
