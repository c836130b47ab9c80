use super::*;
use crate::provider::made_up::ACME;
use crate::scenario;

fn read(text: &str) -> Scenario {
    scenario::read("t.yaml", text, &ACME).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn mapping() -> Scenario {
    read(
        "name: mapping\ntags: [a]\nvars:\n  user: user_${run.id}\n  \
         email: ${user}@${email_domain}\nsteps:\n  \
         - request: POST /people/\n    body: { mail: \"${email}\" }\n  - event: person.added\n",
    )
}

fn inputs(pairs: &[(&str, &str)], domain: Option<&str>) -> Inputs {
    let overrides =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let email_domain = domain.map(str::to_owned);
    Inputs { overrides, email_domain, ..Inputs::default() }
}

fn plan(scenario: Scenario, inputs: &Inputs) -> Result<Plan, PlanError> {
    Plan::new(vec![scenario], &ACME, inputs, || "id1".to_owned())
}

#[test]
fn variables_are_filled_in_from_the_top_down() {
    let plan = plan(mapping(), &inputs(&[], Some("example.com"))).unwrap();
    let variables = &plan.scenarios[0].variables;
    assert_eq!(variables.get("email"), Ok(&json!("user_id1@example.com")));
    assert_eq!(variables.get("run.id"), Ok(&json!("id1")));
    assert_eq!(plan.event_types, BTreeSet::from(["person.added".to_owned()]));
}

#[test]
fn an_override_wins_and_the_last_one_of_a_name() {
    let inputs =
        inputs(&[("user", "x"), ("user", "y"), ("email_domain", "mine.dev")], Some("example.com"));
    let plan = plan(mapping(), &inputs).unwrap();
    assert_eq!(plan.scenarios[0].variables.get("email"), Ok(&json!("y@mine.dev")));
}

#[test]
fn a_name_that_no_scenario_knows_is_refused() {
    let error = plan(mapping(), &inputs(&[("usr", "x")], Some("example.com"))).unwrap_err();
    let known = vec!["email".to_owned(), "email_domain".to_owned(), "user".to_owned()];
    assert_eq!(error, PlanError::UnknownVariable { name: "usr".to_owned(), known });
}

#[test]
fn an_address_is_only_made_up_where_the_target_takes_it() {
    assert_eq!(
        plan(mapping(), &inputs(&[], None)).unwrap_err(),
        PlanError::NoEmailDomain("mapping".to_owned())
    );
    assert!(plan(mapping(), &inputs(&[("email_domain", "mine.dev")], None)).is_ok());
    assert!(plan(mapping(), &inputs(&[("email", "me@mine.dev")], None)).is_ok());
    let direct = "name: t\nsteps:\n  - request: GET /people/?mail=a@${email_domain}\n";
    assert!(matches!(plan(read(direct), &inputs(&[], None)), Err(PlanError::NoEmailDomain(_))));
}

#[test]
fn tags_select_and_nothing_selected_is_an_error() {
    let other = read("name: other\ntags: [b]\nsteps:\n  - request: GET /\n");
    let select = |tags: &[&str]| {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let inputs = Inputs { tags, ..inputs(&[], Some("example.com")) };
        Plan::new(vec![mapping(), other.clone()], &ACME, &inputs, || "id".to_owned())
    };
    assert_eq!(select(&["b"]).unwrap().scenarios[0].scenario.name, "other");
    assert_eq!(select(&["b", "a"]).unwrap().scenarios.len(), 2);
    assert_eq!(select(&[]).unwrap().scenarios.len(), 2);
    let tags = vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(select(&["c"]).unwrap_err(), PlanError::NothingSelected(vec!["c".to_owned()], tags));
}

#[test]
fn a_variable_that_would_empty_a_path_is_refused_before_anything_is_sent() {
    let scenario =
        read("name: t\nvars:\n  id: x\nsteps:\n  - name: look\n    request: GET /people/${id}\n");
    assert!(plan(scenario.clone(), &inputs(&[], None)).is_ok());
    let error = plan(scenario, &inputs(&[("id", "..")], None)).unwrap_err();
    assert!(matches!(&error, PlanError::BadPath { step, .. } if step == "look"), "{error}");
}

/// The body that a creation with `body` sends, variables filled in.
fn sent(line: &str, body: &str) -> Json {
    let scenario = read(&format!("name: t\nsteps:\n  - request: {line}\n    body: {body}\n"));
    let plan = plan(scenario, &Inputs::default()).unwrap();
    let planned = &plan.scenarios[0];
    let Action::Request(request) = &planned.scenario.steps[0].action else { panic!("a request") };
    let Some(body) = request.body.shape() else { panic!("keys and values") };
    planned.variables.value(body).unwrap()
}

#[test]
fn what_is_created_is_marked() {
    let marked = json!({ "name": "Ann", "labels": { "tieback_run": "id1" } });
    assert_eq!(sent("POST /people/", "{ name: Ann }"), marked);
    assert_eq!(sent("POST /people", "{ name: Ann }"), marked);
    let beside = json!({ "labels": { "a": 1, "tieback_run": "id1" } });
    assert_eq!(sent("POST /people/", "{ labels: { a: 1 } }"), beside);
}

#[test]
fn a_step_may_leave_the_mark_off() {
    let plain = json!({ "name": "Ann" });
    assert_eq!(sent("POST /people/\n    mark: false", "{ name: Ann }"), plain);
    assert_eq!(
        sent("POST /people/\n    mark: true", "{ name: Ann }")["labels"],
        json!({ MARK: "id1" })
    );
}

#[test]
fn who_knows_the_mark_sees_it() {
    let step = "name: t\nsteps:\n  - request: POST /people/\n    body: { name: Ann }\n";
    let marked = |more: &str| {
        plan(read(&format!("{step}{more}")), &Inputs::default()).unwrap().scenarios[0].marked
    };
    assert!(marked(""));
    assert!(marked("    expect: { body: { labels: { $equals: {} } } }\n"));
    for known in [
        "    mark: false\n",
        "    expect: { body: { labels: { tieback_run: { $exists: true } } } }\n",
        "    expect: { body: { labels: { $equals: { tieback_run: \"${run.id}\" } } } }\n",
        "    capture: { mark: labels.tieback_run }\n",
        "  - event: person.added\n    \
         where: { data: { labels: { tieback_run: \"${run.id}\" } } }\n",
    ] {
        assert!(!marked(known), "{known}");
    }
}

#[test]
fn a_body_that_tests_something_else_stays_as_it_is() {
    for body in ["{ labels: null }", "{ labels: [] }", "[]", "{ labels: { tieback_run: mine } }"] {
        let unmarked = sent("POST /other/", body);
        assert_eq!(sent("POST /people/", body), unmarked, "{body}");
    }
    assert_eq!(sent("PATCH /people/x", "{ name: Ann }"), json!({ "name": "Ann" }));
    let full: Vec<_> = (0..ACME.customer.metadata_limit).map(|key| format!("k{key}: 1")).collect();
    let body = format!("{{ labels: {{ {} }} }}", full.join(", "));
    assert_eq!(
        sent("POST /people/", &body)["labels"].as_object().unwrap().len(),
        ACME.customer.metadata_limit
    );
}
