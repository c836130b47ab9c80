//! Lists of any length, and lists without an end.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value as Json, json};

use super::records::{customer, with};
use super::{clean_all, holds, left, pages};
use crate::support::server::{Behaviour, Kind, Reply};

/// So many customers, of which every fifth is a leftover.
fn customers(count: usize) -> Vec<Json> {
    let other = |id: &str| with(customer(id), &json!({ "metadata": {} }));
    (0..count)
        .map(|id| if id % 5 == 0 { customer(&id.to_string()) } else { other(&id.to_string()) })
        .collect()
}

/// Answers each list of customers in place of the API.
fn listing(page: impl Fn() -> Json + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct()
        .instead(move |request, _| (request.kind == Kind::List).then(|| Reply::json(200, &page())))
}

#[test]
fn all_pages_are_read_before_anything_is_deleted() {
    for (no_pagination, clamp, asked) in
        [(false, None, 3), (true, None, 4), (false, Some(25), 10), (true, Some(25), 11)]
    {
        let behaviour = Behaviour::correct().answered(move |request, reply| {
            if no_pagination && request.target.contains("limit=") {
                reply.edit(|body| drop(body.as_object_mut().unwrap().remove("pagination")));
            }
        });
        let api = holds(&customers(250), &[], behaviour);
        api.state().page_limit = clamp;
        clean_all(&api).done().prints("50 customers\n").prints("\n50 deleted\n");
        assert_eq!((pages(&api), left(&api).len()), (asked, 200));
        let last_page =
            api.lines().iter().rposition(|line| line.starts_with("GET /v1/customers/?")).unwrap();
        assert_eq!(last_page, asked, "the pages of customers come after the one of endpoints");
    }
}

/// What an API answers that knows nothing of pages.
#[test]
fn everything_on_every_page_is_the_whole_list() {
    let everything = json!({ "items": customers(20) });
    let api = holds(&customers(20), &[], listing(move || everything.clone()));
    clean_all(&api).done().prints("4 deleted\n");
    assert_eq!(pages(&api), 2);
}

#[test]
fn the_same_page_for_ever_is_noticed() {
    for pagination in [json!(null), json!({ "total_count": 1000, "max_page": 10 })] {
        let page = json!({ "items": customers(100), "pagination": pagination });
        let api = holds(&customers(100), &[], listing(move || page.clone()));
        let ran = clean_all(&api).status(3).done();
        ran.says(
            "GET /v1/customers/?limit=100&page=2 repeats what pages before it showed, so \
            there may be more",
        );
        ran.prints("\n20 deleted\n");
        assert_eq!(pages(&api), 2);
    }
}

#[test]
fn a_list_without_an_end_is_read_for_a_thousand_pages() {
    let next = AtomicUsize::new(0);
    let page = move || {
        let id = next.fetch_add(1, Ordering::Relaxed).to_string();
        json!({ "items": [with(customer(&id), &json!({ "metadata": null }))] })
    };
    let api = holds(&[], &[], listing(page));
    clean_all(&api).status(3).done().says("page=1000 is not the last page, and no more are read");
    assert_eq!(pages(&api), 1000);
}
