//! Rules that the recorded sessions do not reach.

use serde_json::{Value, json};

use super::Sandbox;
use super::http::Request;

#[tokio::test]
async fn of_identical_creations_at_once_one_wins() {
    let sandbox = Sandbox::new().await;
    let body = json!({"email": "ann@example.com", "external_id": "user_1"});
    let all = (0..8).map(|_| sandbox.post("/v1/customers/", body.clone()));
    let mut statuses: Vec<_> =
        futures_util::future::join_all(all).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422, 422, 422, 422, 422, 422, 422]);
}

#[tokio::test]
async fn an_external_id_is_kept_as_sent_without_the_spaces_around_it() {
    let sandbox = Sandbox::new().await;
    for (number, (sent, kept)) in
        [(" a  b ", "a  b"), ("007", "007"), ("e\u{301}", "e\u{301}"), ("é", "é")]
            .into_iter()
            .enumerate()
    {
        let body = json!({"email": format!("u{number}@example.com"), "external_id": sent});
        let answer = sandbox.post("/v1/customers/", body).await.expect(201);
        assert_eq!(answer.text("external_id"), kept);
    }
}

#[tokio::test]
async fn an_external_id_with_a_slash_cannot_be_looked_up() {
    let sandbox = Sandbox::new().await;
    let body = json!({"email": "ann@example.com", "external_id": "a/b"});
    sandbox.post("/v1/customers/", body).await.expect(201);
    sandbox.get("/v1/customers/external/a%2Fb").await.expect(404);
    sandbox.get("/v1/customers/external/a/b").await.expect(404);
}

#[tokio::test]
async fn an_email_that_changes_case_only_does_not_change() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.customer("ann").await;
    sandbox
        .send(Request::new("POST", &format!("/_sandbox/customers/{id}/verify")))
        .await
        .expect(200);
    let path = format!("/v1/customers/{id}");
    let same = sandbox.patch(&path, json!({"email": "ANN@example.com"})).await.expect(200).json();
    assert_eq!(
        (&same["email"], &same["email_verified"]),
        (&json!("ann@example.com"), &json!(true))
    );
    let other = sandbox.patch(&path, json!({"email": "bob@example.com"})).await.expect(200).json();
    assert_eq!(other["email_verified"], false);
}

#[tokio::test]
async fn flaws_come_in_the_order_of_the_schema() {
    let sandbox = Sandbox::new().await;
    let body = json!({
        "email": 1, "locale": "english", "name": 2, "external_id": 3, "billing_address": {}, "metadata": {"": "x"},
        "organization_id": "x",
    });
    let answer = sandbox.post("/v1/customers/", body).await.expect(422).json();
    let places: Vec<Value> =
        answer["detail"].as_array().unwrap().iter().map(|flaw| flaw["loc"][2].clone()).collect();
    let expected = [
        "metadata",
        "external_id",
        "name",
        "billing_address",
        "locale",
        "organization_id",
        "email",
    ];
    assert_eq!(json!(places), json!(expected));
}

#[tokio::test]
async fn metadata_is_a_text_a_number_or_a_boolean() {
    let sandbox = Sandbox::new().await;
    let body = |metadata: Value| json!({"email": "ann@example.com", "metadata": metadata});
    for (value, messages) in
        [(json!({"k": ""}), 4), (json!({"k": []}), 4), (json!({"k".repeat(41): "v"}), 1)]
    {
        let answer = sandbox.post("/v1/customers/", body(value)).await.expect(422);
        assert_eq!(answer.messages().len(), messages, "{}", answer.body);
    }
    sandbox
        .post("/v1/customers/", body(json!({"k": 1.0, "l": "yes", "m": false})))
        .await
        .expect(201);
}

#[tokio::test]
async fn lists_are_filtered_by_text_and_paged() {
    let sandbox = Sandbox::new().await;
    for name in ["ann", "bob", "cy"] {
        sandbox.customer(name).await;
    }
    let total = async |query: &str| {
        let list = sandbox.get(&format!("/v1/customers/?{query}")).await.expect(200).json();
        list["pagination"].clone()
    };
    assert_eq!(total("query=EXAMPLE").await, json!({"total_count": 3, "max_page": 1}));
    assert_eq!(total("query=user_B").await, json!({"total_count": 1, "max_page": 1}));
    assert_eq!(
        total("external_id=user_bob&limit=2").await,
        json!({"total_count": 3, "max_page": 2})
    );
    assert_eq!(total("active=true").await, json!({"total_count": 0, "max_page": 0}));
    let newest = sandbox.get("/v1/customers/").await.json();
    assert_eq!(newest["items"][0]["email"], "cy@example.com");
}

#[tokio::test]
async fn a_team_has_members_on_both_path_families() {
    let sandbox = Sandbox::new().await;
    let team = json!({"type": "team", "name": "T", "external_id": "t",
        "owner": {"email": "o@example.com"}});
    let team = sandbox.post("/v1/customers/", team).await.expect(201).text("id");
    let path = format!("/v1/customers/{team}/members");
    let body = json!({"email": "m@example.com", "external_id": "m"});
    let member = sandbox.post(&path, body).await.expect(201).text("id");
    for path in [
        format!("/v1/members/{member}"),
        "/v1/members/external/m?external_customer_id=t".to_owned(),
        format!("/v1/customers/{team}/members/{member}"),
        "/v1/customers/external/t/members/m".to_owned(),
    ] {
        assert_eq!(sandbox.get(&path).await.expect(200).text("id"), member);
    }
    let owners =
        sandbox.get("/v1/members/?external_customer_id=t&role=owner").await.expect(200).json();
    assert_eq!(owners["pagination"]["total_count"], 1);

    sandbox.patch(&format!("/v1/members/{member}"), json!({"role": "owner"})).await.expect(200);
    let messages = sandbox.delete(&format!("/v1/members/{member}")).await.expect(422).messages();
    assert_eq!(messages, ["Cannot delete the only owner. Transfer ownership first."]);
    let former = sandbox.get("/v1/members/?role=billing_manager").await.expect(200).json();
    assert_eq!(former["items"][0]["email"], "o@example.com");
}

#[tokio::test]
async fn the_rest_of_a_customer_is_there() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.customer("ann").await;
    let methods =
        sandbox.get(&format!("/v1/customers/{id}/payment-methods")).await.expect(200).json();
    assert_eq!(methods["items"], json!([]));
    let csv = sandbox.get("/v1/customers/export").await.expect(200);
    assert!(csv.body.starts_with("ID,External ID,Created At,Email,"));
    assert!(csv.body.contains("user_ann"));
    let events = sandbox
        .get("/v1/events/?external_customer_id=user_ann&source=system")
        .await
        .expect(200)
        .json();
    assert_eq!(events["items"][0]["name"], "customer.created");
    let names = sandbox.get("/v1/events/names").await.expect(200).json();
    assert_eq!(names["items"][0]["occurrences"], 1);
}

#[tokio::test]
async fn ingested_events_are_not_the_systems() {
    let sandbox = Sandbox::new().await;
    sandbox.customer("ann").await;
    let event = json!({"name": "customer.created", "external_customer_id": "user_ann",
        "external_id": "once"});
    let ingest = json!({"events": [event.clone(), event]});
    let answer = sandbox.post("/v1/events/ingest", ingest).await.expect(200).json();
    assert_eq!(answer, json!({"inserted": 1, "duplicates": 1}));
    let system = sandbox.get("/v1/events/?source=system").await.expect(200).json();
    assert_eq!(system["pagination"]["total_count"], 1);
}

#[tokio::test]
async fn requests_and_deliveries_are_shown() {
    let sandbox = Sandbox::new().await;
    sandbox.customer("ann").await;
    let requests = sandbox.get("/_sandbox/requests").await.expect(200).json();
    let last = &requests["items"][0];
    assert_eq!((&last["method"], &last["status"]), (&json!("POST"), &json!(201)));
    assert!(!requests.to_string().contains("Bearer"));
}

#[tokio::test]
async fn a_tax_id_is_read_again_by_a_new_country_and_stays() {
    let sandbox = Sandbox::new().await;
    let body = json!({"email": "a@example.com", "tax_id": "FR61954506077",
        "billing_address": {"country": "FR"}});
    let id = sandbox.post("/v1/customers/", body).await.expect(201).text("id");
    let path = format!("/v1/customers/{id}");
    let answer = sandbox
        .patch(&path, json!({"billing_address": {"country": "US"}}))
        .await
        .expect(422)
        .json();
    assert_eq!(
        (&answer["detail"][0]["msg"], &answer["detail"][0]["input"]),
        (&json!("Invalid tax ID."), &Value::Null)
    );
    let kept = sandbox.patch(&path, json!({"name": "A"})).await.expect(200).json();
    assert_eq!(kept["tax_id"], json!(["FR61954506077", "eu_vat"]));
}

#[tokio::test]
async fn a_tax_id_is_looked_at_last() {
    let sandbox = Sandbox::new().await;
    sandbox.customer("ann").await;
    let body = json!({"email": "ann@example.com", "tax_id": "FR61954506077"});
    let messages = sandbox.post("/v1/customers/", body).await.expect(422).messages();
    assert_eq!(messages, ["A customer with this email address already exists."]);
}

#[tokio::test]
async fn a_search_is_word_for_word() {
    let sandbox = Sandbox::new().await;
    for name in ["a_b", "axb", "a%b"] {
        let email = format!("u{}@example.com", u32::from(name.as_bytes()[1]));
        let body = json!({"email": email, "name": name, "external_id": name});
        sandbox.post("/v1/customers/", body).await.expect(201);
    }
    for (query, found) in [
        ("a_b", 1),
        ("A_B", 1),
        ("a%25b", 1),
        ("%25", 1),
        ("_", 1),
        ("%5C", 0),
        ("a%5C_b", 0),
        ("axb", 1),
        ("", 3),
    ] {
        let list = sandbox.get(&format!("/v1/customers/?query={query}")).await.expect(200).json();
        assert_eq!(list["pagination"]["total_count"], found, "{query}");
    }
}

#[tokio::test]
async fn a_member_by_its_own_id_needs_exactly_one_customer() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.customer("ann").await;
    for method in ["GET", "DELETE"] {
        let request = Request::new(method, "/v1/members/external/user_ann");
        let messages = sandbox.send(request).await.expect(422).messages();
        assert_eq!(messages, ["One of customer_id or external_customer_id must be provided."]);
    }
    let both =
        format!("/v1/members/external/user_ann?customer_id={id}&external_customer_id=user_ann");
    let messages = sandbox.get(&both).await.expect(422).messages();
    assert_eq!(messages, ["Only one of customer_id or external_customer_id may be provided."]);
    sandbox.get(&format!("/v1/members/external/user_ann?customer_id={id}")).await.expect(200);
}
