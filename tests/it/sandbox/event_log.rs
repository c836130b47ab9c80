//! The event log: what is taken in, what is refused with which words, and how it is found again.

use serde_json::{Value, json};

use super::Sandbox;

const ID: &str = "6f1b8b6e-5a0e-4a0e-8d0e-0123456789ab";

/// The flaws of an ingestion of one event, `type` and place below the event.
async fn flaws(sandbox: &Sandbox, event: &Value) -> Vec<(String, String)> {
    let answer =
        sandbox.post("/v1/events/ingest", json!({"events": [event]})).await.expect(422).json();
    assert_eq!(answer["error"], "RequestValidationError");
    let detail = answer["detail"].as_array().unwrap().iter();
    detail
        .map(|flaw| {
            let place = flaw["loc"].as_array().unwrap();
            assert_eq!(place[..3], [json!("body"), json!("events"), json!(0)]);
            let place: Vec<_> = place[3..].iter().map(|step| step.as_str().unwrap()).collect();
            (flaw["type"].as_str().unwrap().to_owned(), place.join("."))
        })
        .collect()
}

/// What goes wrong in a field of both schemas, where the event names its customer by the external
/// id.
fn in_both(kinds: &[(&str, &str)]) -> Vec<(String, String)> {
    let flaws = |schema: &str| -> Vec<_> {
        kinds
            .iter()
            .map(|(kind, place)| ((*kind).to_owned(), format!("{schema}.{place}")))
            .collect()
    };
    let mut all = flaws("EventCreateCustomer");
    all.push(("missing".to_owned(), "EventCreateCustomer.customer_id".to_owned()));
    all.extend(flaws("EventCreateExternalCustomer"));
    all
}

#[tokio::test]
async fn an_event_that_fits_neither_schema_has_the_flaws_of_both() {
    let sandbox = Sandbox::new().await;
    let pairs = |pairs: &[(&str, &str)]| -> Vec<_> {
        pairs.iter().map(|(kind, place)| ((*kind).to_owned(), (*place).to_owned())).collect()
    };
    let missing = pairs(&[
        ("missing", "EventCreateCustomer.customer_id"),
        ("missing", "EventCreateExternalCustomer.external_customer_id"),
    ]);
    assert_eq!(flaws(&sandbox, &json!({"name": "a"})).await, missing);
    let nothing = pairs(&[
        ("missing", "EventCreateCustomer.name"),
        ("missing", "EventCreateCustomer.customer_id"),
        ("missing", "EventCreateExternalCustomer.name"),
        ("missing", "EventCreateExternalCustomer.external_customer_id"),
    ]);
    assert_eq!(flaws(&sandbox, &json!({})).await, nothing);
    let no_object = pairs(&[
        ("model_attributes_type", "EventCreateCustomer"),
        ("model_attributes_type", "EventCreateExternalCustomer"),
    ]);
    assert_eq!(flaws(&sandbox, &json!("x")).await, no_object);
    assert_eq!(flaws(&sandbox, &json!(null)).await, no_object);
    for (id, kind) in [(json!(null), "uuid_type"), (json!("x"), "uuid_parsing")] {
        let expected = pairs(&[
            (kind, "EventCreateCustomer.customer_id"),
            ("missing", "EventCreateExternalCustomer.external_customer_id"),
        ]);
        assert_eq!(flaws(&sandbox, &json!({"name": "a", "customer_id": id})).await, expected);
    }
    for id in [json!(null), json!(5), json!({})] {
        let expected = pairs(&[
            ("missing", "EventCreateCustomer.customer_id"),
            ("string_type", "EventCreateExternalCustomer.external_customer_id"),
        ]);
        assert_eq!(
            flaws(&sandbox, &json!({"name": "a", "external_customer_id": id})).await,
            expected
        );
    }
    let empty = sandbox.post("/v1/events/ingest", json!({"events": []})).await.expect(200).json();
    assert_eq!(empty, json!({"inserted": 0, "duplicates": 0}));
    for events in [json!({}), json!({"events": null}), json!({"events": {}}), json!([])] {
        sandbox.post("/v1/events/ingest", events).await.expect(422);
    }
}

#[tokio::test]
async fn what_the_real_api_refuses_in_an_event_is_refused() {
    let sandbox = Sandbox::new().await;
    let union = |first: &'static str, others: [&'static str; 3]| {
        [
            (first, "metadata.a.constrained-str"),
            (others[0], "metadata.a.int"),
            (others[1], "metadata.a.float"),
            (others[2], "metadata.a.bool"),
        ]
    };
    let types = union("string_type", ["int_type", "float_type", "bool_type"]);
    let parsing = ["int_parsing", "float_parsing", "bool_parsing"];
    let long = "x".repeat(501);
    for (field, value, expected) in [
        ("metadata", json!(null), &[("dict_type", "metadata")][..]),
        ("metadata", json!([]), &[("dict_type", "metadata")]),
        ("metadata", json!("x"), &[("dict_type", "metadata")]),
        ("metadata", json!({"a": {"b": 1}}), &types),
        ("metadata", json!({"a": [1]}), &types),
        ("metadata", json!({"a": null}), &types),
        ("metadata", json!({"a": ""}), &union("string_too_short", parsing)),
        ("metadata", json!({"a": long}), &union("string_too_long", parsing)),
        ("metadata", json!({"_cost": 1}), &[("dict_type", "metadata._cost")]),
        ("metadata", json!({"_cost": {"amount": 1}}), &[("missing", "metadata._cost.currency")]),
        (
            "metadata",
            json!({"_cost": {"amount": "x", "currency": "eur"}}),
            &[
                ("decimal_parsing", "metadata._cost.amount"),
                ("string_pattern_mismatch", "metadata._cost.currency"),
            ],
        ),
        ("name", json!(null), &[("string_type", "name")]),
        ("name", json!(3), &[("string_type", "name")]),
        ("name", json!("n".repeat(129)), &[("string_too_long", "name")]),
        ("name", json!("a\0b"), &[("value_error", "name")]),
        ("external_id", json!(3), &[("string_type", "external_id")]),
        ("external_id", json!("\0"), &[("value_error", "external_id")]),
        ("parent_id", json!([]), &[("string_type", "parent_id")]),
        ("organization_id", json!("x"), &[("uuid_parsing", "organization_id")]),
        ("timestamp", json!("2999-01-01T00:00:00Z"), &[("value_error", "timestamp")]),
        ("timestamp", json!(32_000_000_000_000_i64), &[("value_error", "timestamp")]),
        ("timestamp", json!("2020-01-01T00:00:00"), &[("timezone_aware", "timestamp")]),
        ("timestamp", json!(null), &[("datetime_type", "timestamp")]),
        ("timestamp", json!(true), &[("datetime_type", "timestamp")]),
        ("timestamp", json!("soon"), &[("datetime_from_date_parsing", "timestamp")]),
        ("timestamp", json!(1e300), &[("datetime_parsing", "timestamp")]),
    ] {
        let mut event = json!({"name": "a", "external_customer_id": "u"});
        event[field] = value;
        assert_eq!(flaws(&sandbox, &event).await, in_both(expected), "{event}");
    }
    let nul = json!({"name": "a", "external_customer_id": "u\0"});
    assert_eq!(flaws(&sandbox, &nul).await.last().unwrap().0, "value_error");
    let member = json!({"name": "a", "customer_id": ID, "member_id": "x"});
    assert_eq!(flaws(&sandbox, &member).await[0].1, "EventCreateCustomer.member_id");
    assert_eq!(sandbox.get("/v1/events/").await.json()["pagination"]["total_count"], 0);
}

#[tokio::test]
async fn an_event_may_say_when_it_happened_in_many_ways() {
    let sandbox = Sandbox::new().await;
    let ways = [
        (json!(1_700_000_000), "2023-11-14T22:13:20Z"),
        (json!(1_700_000_000_123_i64), "2023-11-14T22:13:20.123000Z"),
        (json!(1_700_000_000.5), "2023-11-14T22:13:20.500000Z"),
        (json!("1700000000"), "2023-11-14T22:13:20Z"),
        (json!("2023-11-14 23:13:20+01:00"), "2023-11-14T22:13:20Z"),
    ];
    for (number, (said, kept)) in ways.iter().enumerate() {
        let event =
            json!({"name": format!("way{number}"), "external_customer_id": "u", "timestamp": said});
        sandbox.post("/v1/events/ingest", json!({"events": [event]})).await.expect(200);
        let list = sandbox.get(&format!("/v1/events/?name=way{number}")).await.expect(200).json();
        assert_eq!(list["items"][0]["timestamp"], *kept, "{said}");
    }
}

#[tokio::test]
async fn an_event_keeps_only_the_id_it_came_with_and_is_found_by_both() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.customer("ann").await;
    let events = json!({"events": [
        {"name": "by_id", "customer_id": id},
        {"name": "by_external_id", "external_customer_id": "user_ann"},
        {"name": "by_nobody", "external_customer_id": "user_nobody", "external_member_id": "m"},
        {"name": "by_both", "customer_id": id, "external_customer_id": "user_ann"},
        {"name": "by_both_and_a_member", "customer_id": id, "external_customer_id": "user_ann",
        "member_id": ID},
        {"name": "by_both_with_a_time", "customer_id": id, "external_customer_id": "user_ann",
        "timestamp": 1},
    ]});
    let answer = sandbox.post("/v1/events/ingest", events).await.expect(200).json();
    assert_eq!(answer, json!({"inserted": 6, "duplicates": 0}));
    for (name, own, external, customer) in [
        ("by_id", json!(id), json!(null), json!(id)),
        ("by_external_id", json!(null), json!("user_ann"), json!(id)),
        ("by_nobody", json!(null), json!("user_nobody"), json!(null)),
        ("by_both", json!(null), json!("user_ann"), json!(id)),
        ("by_both_and_a_member", json!(id), json!(null), json!(id)),
        ("by_both_with_a_time", json!(id), json!(null), json!(id)),
        ("customer.created", json!(id), json!(null), json!(id)),
    ] {
        let list = sandbox.get(&format!("/v1/events/?name={name}")).await.expect(200).json();
        let event = &list["items"][0];
        assert_eq!(
            (&event["customer_id"], &event["external_customer_id"]),
            (&own, &external),
            "{name}"
        );
        assert_eq!(event["customer"]["id"], customer, "{name}");
        let one = sandbox
            .get(&format!("/v1/events/{}", event["id"].as_str().unwrap()))
            .await
            .expect(200)
            .json();
        assert_eq!(&one, event);
    }
    for filter in [format!("customer_id={id}"), "external_customer_id=user_ann".to_owned()] {
        let list = sandbox.get(&format!("/v1/events/?{filter}")).await.expect(200).json();
        assert_eq!(list["pagination"]["total_count"], 6, "{filter}");
        let names = sandbox.get(&format!("/v1/events/names?{filter}")).await.expect(200).json();
        assert_eq!(names["pagination"]["total_count"], 6, "{filter}");
    }
    let nobody = sandbox.get("/v1/events/?external_customer_id=user_nobody").await.json();
    assert_eq!(nobody["items"][0]["external_member_id"], "m");
}

#[tokio::test]
async fn an_event_is_read_by_its_id() {
    let sandbox = Sandbox::new().await;
    sandbox.get(&format!("/v1/events/{ID}")).await.expect(404);
    let messages = sandbox.get("/v1/events/cus_1").await.expect(422).messages();
    assert_eq!(messages, ["Input should be a valid UUID, invalid character: found `u` at 2"]);
    sandbox.delete(&format!("/v1/events/{ID}")).await.expect(405);
}

/// The names of the events that a query lists.
async fn names(sandbox: &Sandbox, query: &str) -> Vec<String> {
    let list =
        sandbox.get(&format!("/v1/events/?sorting=timestamp&{query}")).await.expect(200).json();
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn lists_are_filtered_by_time_and_metadata() {
    let sandbox = Sandbox::new().await;
    let event = |name: &str, at: i64, metadata: Value| {
        json!({"name": name,
        "external_customer_id": "u", "timestamp": at, "metadata": metadata})
    };
    let events = json!({"events": [
        event("a", 1000, json!({"plan": "pro", "n": 1, "ok": true})),
        event("b", 2000, json!({"plan": "free", "n": 2.5})),
        event("c", 3000, json!({"_cost": {"amount": 1.5, "currency": "usd"}})),
    ]});
    sandbox.post("/v1/events/ingest", events).await.expect(200);
    for (query, found) in [
        ("", &["a", "b", "c"][..]),
        ("start_timestamp=1970-01-01T00:16:40Z", &["b", "c"]),
        ("start_timestamp=999", &["a", "b", "c"]),
        ("end_timestamp=3000", &["a", "b"]),
        ("start_timestamp=1000&end_timestamp=3000", &["b"]),
        ("metadata[plan]=pro", &["a"]),
        ("metadata[plan]=pro&metadata[plan]=free", &["a", "b"]),
        ("metadata[plan]=pro&metadata[n]=2.5", &[]),
        ("metadata[n]=2.5", &["b"]),
        ("metadata[ok]=true", &["a"]),
        ("metadata[other]=x", &[]),
        ("name=a&name=c", &["a", "c"]),
        ("parent_id=6f1b8b6e-5a0e-4a0e-8d0e-0123456789ab", &["a", "b", "c"]),
        ("organization_id=6f1b8b6e-5a0e-4a0e-8d0e-0123456789ab", &[]),
    ] {
        assert_eq!(names(&sandbox, query).await, found, "{query}");
    }
    let cost = sandbox.get("/v1/events/?name=c").await.json();
    assert_eq!(
        cost["items"][0]["metadata"],
        json!({"_cost": {"amount": "1.5", "currency": "usd"}})
    );
    for (query, message) in [
        ("start_timestamp=2020-01-01", "Input should have timezone info"),
        ("depth=6", "Input should be less than or equal to 5"),
        ("depth=-1", "Input should be greater than or equal to 0"),
        ("depth=x", "Input should be a valid integer, unable to parse string as an integer"),
        ("parent_id=x", "Input should be a valid UUID, invalid character: found `x` at 1"),
        ("meter_id=6f1b8b6e-5a0e-4a0e-8d0e-0123456789ab", "Meter not found."),
        ("query=a", "Query is only supported when organization_id is provided."),
    ] {
        let answer = sandbox.get(&format!("/v1/events/?{query}")).await.expect(422);
        assert_eq!(answer.messages(), [message], "{query}");
    }
    // A page past the end is not counted.
    let past = sandbox.get("/v1/events/?page=9").await.expect(200).json();
    assert_eq!(past, json!({"items": [], "pagination": {"total_count": 0, "max_page": 0}}));
    for page in ["9223372036854775807", "99999999999999999999999"] {
        for limit in [1, 100] {
            sandbox.get(&format!("/v1/events/?page={page}&limit={limit}")).await.expect(500);
        }
    }
}

#[tokio::test]
async fn words_are_looked_for_in_an_organization() {
    let sandbox = Sandbox::new().await;
    sandbox.customer("ann").await;
    let event =
        json!({"name": "100%_done", "external_customer_id": "u", "metadata": {"k": "needle"}});
    sandbox.post("/v1/events/ingest", json!({"events": [event]})).await.expect(200);
    let organization = sandbox.get("/v1/organizations/").await.json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for (words, found) in
        [("100%25_", 1), ("%25", 1), ("needle", 1), ("SYSTEM", 1), ("ann@", 1), ("absent", 0)]
    {
        let query = format!("organization_id={organization}&query={words}");
        assert_eq!(names(&sandbox, &query).await.len(), found, "{words}");
    }
    let names = sandbox.get("/v1/events/names?query=%25_").await.expect(200).json();
    assert_eq!(names["items"][0]["name"], "100%_done");
    assert_eq!(names["pagination"]["total_count"], 1);
}

#[tokio::test]
async fn events_have_parents_and_are_listed_by_depth() {
    let sandbox = Sandbox::new().await;
    let event = |name: &str, parent: Value| {
        json!({"name": name, "external_customer_id": "u",
        "external_id": name, "parent_id": parent})
    };
    // A child before its parent is fine.
    let events = json!({"events": [event("c", json!("b")), event("b", json!("a")),
        event("a", json!(null))]});
    sandbox.post("/v1/events/ingest", events).await.expect(200);
    let a = sandbox.get("/v1/events/?name=a").await.json()["items"][0].clone();
    let id = a["id"].as_str().unwrap();
    assert_eq!((&a["child_count"], &a["parent_id"]), (&json!(2), &json!(null)));
    sandbox
        .post("/v1/events/ingest", json!({"events": [event("b2", json!(id))]}))
        .await
        .expect(200);
    let b = sandbox.get("/v1/events/?name=b2").await.json()["items"][0].clone();
    assert_eq!((&b["child_count"], &b["parent_id"]), (&json!(0), &json!(id)));
    for (query, found) in [
        ("depth=0".to_owned(), vec!["a"]),
        ("depth=1".to_owned(), vec!["a", "b", "b2"]),
        ("depth=5".to_owned(), vec!["a", "b", "b2", "c"]),
        (format!("depth=1&parent_id={id}"), vec!["b", "b2"]),
        (format!("depth=2&parent_id={id}"), vec!["b", "b2", "c"]),
        (format!("depth=0&parent_id={id}"), vec![]),
        (format!("depth=1&parent_id={ID}"), vec![]),
        ("depth=1&name=b".to_owned(), vec![]),
    ] {
        let mut names = names(&sandbox, &query).await;
        names.sort();
        assert_eq!(names, found, "{query}");
    }
    let lost = sandbox
        .post("/v1/events/ingest", json!({"events": [event("x", json!("nobody"))]}))
        .await
        .expect(422);
    assert_eq!(lost.json()["error"], "PolarRequestValidationError");
    assert_eq!(lost.messages(), ["Parent event not found."]);
    let circle = json!({"events": [event("y", json!("z")), event("z", json!("y"))]});
    let circle = sandbox.post("/v1/events/ingest", circle).await.expect(500);
    assert_eq!(
        (circle.text("error").as_str(), circle.header("x-polar-sandbox")),
        ("EventError", Some("1"))
    );
}

#[tokio::test]
async fn the_rules_behind_the_schema_name_each_event_and_leave_nothing() {
    let sandbox = Sandbox::new().await;
    let organization = sandbox.get("/v1/organizations/").await.json()["items"][0]["id"].clone();
    let events = json!({"events": [
        {"name": "fine", "external_customer_id": "u"},
        {"name": "a", "customer_id": ID},
        {"name": "b", "external_customer_id": "u", "organization_id": organization},
    ]});
    let answer = sandbox.post("/v1/events/ingest", events).await.expect(422);
    let expected = [
        "Customer not found.",
        "Setting organization_id is disallowed when using an organization token.",
    ];
    assert_eq!(answer.messages(), expected);
    assert_eq!(answer.json()["detail"][1]["loc"], json!(["body", "events", 2, "organization_id"]));
    assert_eq!(sandbox.get("/v1/events/").await.json()["pagination"]["total_count"], 0);
}

#[tokio::test]
async fn what_is_ingested_under_a_name_of_the_systems_keeps_that_name() {
    let sandbox = Sandbox::new().await;
    sandbox.customer("ann").await;
    let event = json!({"name": "customer.created", "external_customer_id": "user_ann"});
    sandbox.post("/v1/events/ingest", json!({"events": [event]})).await.expect(200);
    for (source, label) in [("system", "Customer Created"), ("user", "customer.created")] {
        let list = sandbox.get(&format!("/v1/events/?source={source}")).await.json();
        assert_eq!(list["items"][0]["label"], label);
    }
}
