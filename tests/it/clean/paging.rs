//! Lists of any length, and lists without an end.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use crate::clean::program::Program;
use crate::clean::server::{Act, Api, Behaviour, customer, with};

/// So many customers, of which every fifth is a leftover.
fn customers(count: usize) -> Vec<Json> {
    let other = |id: &str| with(customer(id), &json!({ "metadata": {} }));
    (0..count)
        .map(|id| if id % 5 == 0 { customer(&id.to_string()) } else { other(&id.to_string()) })
        .collect()
}

fn pages(api: &Api) -> usize {
    api.requests().iter().filter(|line| line.starts_with("GET /v1/customers/?")).count()
}

#[test]
fn all_pages_are_read_before_anything_is_deleted() {
    for (no_pagination, clamp, asked) in
        [(false, None, 3), (true, None, 4), (false, Some(25), 10), (true, Some(25), 11)]
    {
        let api = Api::start(
            customers(250),
            Vec::new(),
            Behaviour { no_pagination, clamp, ..Behaviour::default() },
        );
        Program::clean_all(&api).ends(0).prints("50 customers\n").prints("\n50 deleted\n");
        assert_eq!((pages(&api), api.left().len()), (asked, 200));
        let last_page = api
            .requests()
            .iter()
            .rposition(|line| line.starts_with("GET /v1/customers/?"))
            .unwrap();
        assert_eq!(last_page, asked, "the pages of customers come after the one of endpoints");
    }
}

/// What an API answers that knows nothing of pages.
#[test]
fn everything_on_every_page_is_the_whole_list() {
    let everything = json!({ "items": customers(20) });
    let instead = move |line: &str, _| {
        line.starts_with("GET /v1/customers/?")
            .then(|| Act::Reply(StatusCode::OK, everything.clone()))
    };
    let behaviour = Behaviour { instead: Some(Box::new(instead)), ..Behaviour::default() };
    let api = Api::start(customers(20), Vec::new(), behaviour);
    Program::clean_all(&api).ends(0).prints("4 deleted\n");
    assert_eq!(pages(&api), 2);
}

#[test]
fn the_same_page_for_ever_is_noticed() {
    for pagination in [json!(null), json!({ "total_count": 1000, "max_page": 10 })] {
        let page = json!({ "items": customers(100), "pagination": pagination });
        let instead = move |line: &str, _| {
            line.starts_with("GET /v1/customers/?")
                .then(|| Act::Reply(StatusCode::OK, page.clone()))
        };
        let behaviour = Behaviour { instead: Some(Box::new(instead)), ..Behaviour::default() };
        let api = Api::start(customers(100), Vec::new(), behaviour);
        let ran = Program::clean_all(&api).ends(3);
        ran.says("GET /v1/customers/?limit=100&page=2 repeats what pages before it showed, so there may be more");
        ran.prints("\n20 deleted\n");
        assert_eq!(pages(&api), 2);
    }
}

#[test]
fn a_list_without_an_end_is_read_for_a_thousand_pages() {
    let next = AtomicUsize::new(0);
    let instead = move |line: &str, _| {
        line.starts_with("GET /v1/customers/?").then(|| {
            let id = next.fetch_add(1, Ordering::Relaxed).to_string();
            Act::Reply(
                StatusCode::OK,
                json!({ "items": [with(customer(&id), &json!({ "metadata": null }))] }),
            )
        })
    };
    let api = Api::start(
        Vec::new(),
        Vec::new(),
        Behaviour { instead: Some(Box::new(instead)), ..Behaviour::default() },
    );
    Program::clean_all(&api).ends(3).says("page=1000 is not the last page, and no more are read");
    assert_eq!(pages(&api), 1000);
}
