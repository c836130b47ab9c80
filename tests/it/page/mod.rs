//! The page, as a browser would read it: `--report html=FILE`, and `--compare`.

mod browser;
mod compare;

use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

use crate::support::program::{TOKEN, Test};
use crate::support::server::{Behaviour, Kind, Server};

/// An API that forgets the user when a customer is read.
fn forgetful() -> Server {
    Server::start(Behaviour::correct().spoils(Kind::Read, |reply| {
        reply.edit(|record| record["external_id"] = Value::Null);
    }))
}

/// The page of a run.
fn page(test: Test, server: &Server, status: i32) -> (String, Html) {
    let finished = test.args(["--report", "html=page.html"]).against(server).status(status).done();
    let source = finished.file("page.html");
    let page = Html::parse_document(&source);
    assert_eq!(page.errors, Vec::<&str>::new(), "{source}");
    (source, page)
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).expect("a selector")).collect()
}

/// The element after this one.
fn next(element: ElementRef<'_>) -> Option<ElementRef<'_>> {
    element.next_siblings().find_map(ElementRef::wrap)
}

fn words(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Nothing in it names another place, and every link leads to a place in it.
fn stands_alone(source: &str, page: &Html) {
    for name in ["src", "srcset", "data", "poster", "action", "formaction", "background", "ping"] {
        assert!(all(page, &format!("[{name}]")).is_empty(), "{name}");
    }
    assert!(all(page, "link, iframe, object, embed, img, base, [http-equiv=refresh]").is_empty());
    let style = words(all(page, "style")[0]);
    assert!(!style.contains("url(") && !style.contains("@import"), "{style}");
    for link in all(page, "[href]") {
        let to = link.value().attr("href").unwrap_or_default();
        assert!(to.starts_with('#'), "{to}");
        assert_eq!(all(page, &format!("[id='{}']", &to[1..])).len(), 1, "{to}");
    }
    for arrow in all(page, "[marker-end]") {
        assert!(arrow.value().attr("marker-end").is_some_and(|head| head.starts_with("url(#h")));
    }
    assert!(source.contains("default-src 'none'"));
    assert_eq!(all(page, "script").len(), 1);
    for script in ["fetch(", "XMLHttpRequest", "import(", "eval("] {
        assert!(!source.contains(script), "{script}");
    }
}

#[test]
fn it_stands_alone_and_has_everything_without_a_script() {
    let (source, page) = page(Test::run("customer-mapping"), &Server::correct(), 0);
    stands_alone(&source, &page);
    assert!(words(all(&page, "h1")[0]).contains("scenario passed"));
    // Folded, and whole.
    assert_eq!(all(&page, "details.scenario.passed:not([open])").len(), 1);
    assert_eq!(all(&page, "details.scenario details > summary").len(), 3);
    let opened = words(all(&page, "#s0-0")[0]);
    for shown in ["Request POST http://", "\"external_id\"", "Answer 201", "curl -X POST", "✓ yes"]
    {
        assert!(opened.contains(shown), "{shown}: {opened}");
    }
    assert!(opened.contains("Bearer $POLAR_ACCESS_TOKEN") && !source.contains(TOKEN));
    assert!(words(all(&page, "#s0-2")[0]).contains("Webhook customer.created"));
    // What does nothing without a script is not shown without one.
    assert_eq!(all(&page, "#filter[hidden]").len(), 1);
}

#[test]
fn the_broken_arrow_has_its_diagnosis_beside_it_and_a_link_to_it() {
    let (source, page) = page(Test::run("customer-mapping"), &forgetful(), 1);
    stands_alone(&source, &page);
    assert!(words(all(&page, "h1")[0]).contains("1 of 1 scenario failed"));
    let broken = all(&page, "details.scenario.failed[open] details > summary:has(line.x)");
    assert_eq!(broken.len(), 1, "{source}");
    let said = words(broken[0]);
    assert!(said.contains("✗ failed") && said.contains("external_id_lost"), "{said}");
    assert!(said.contains("answer from the API to tieback"), "{said}");
    let first = words(all(&page, ".findings .message")[0]);
    assert!(said.contains(&first), "{first}");
    let link = all(&page, ".findings a")[0].value().attr("href").expect("a link");
    let (target, at) = (&link[1..], next(broken[0]).expect("what it opens"));
    assert_eq!(at.value().id(), Some(target));
    assert!(words(at).contains("✗ no"));
}

#[test]
fn hostile_names_and_answers_stay_text() {
    const EVIL: &str = "</script><img src=x onerror=alert(1)>";
    let yaml = format!(
        "name: own\ntitle: \"{EVIL}\\u202e\"\nsteps:\n- name: \"{EVIL}\\e[31m\"\n  request: GET \
         /v1/customers/nowhere\n  note: \"<style>*{{display:none}}</style>\"\n  expect:\n    body: \
         {{ id: \"{EVIL}\" }}\n"
    );
    let server = Server::start(Behaviour::correct().instead(|_, _| {
        let body = format!("{{\"id\":\"&quot;\\u202e{EVIL}\",\"{EVIL}\":1}}");
        Some(crate::support::server::Reply::text(200, "application/json", &body))
    }));
    let test = Test::scenario(&yaml).args(["--events", "none"]);
    let (source, page) = page(test, &server, 1);
    stands_alone(&source, &page);
    assert_eq!(all(&page, "style").len(), 1);
    assert!(!source.contains('\u{202e}') && !source.contains('\u{1b}'));
    assert!(words(all(&page, ".title")[0]).contains(&format!("{EVIL}\\u{{202e}}")));
    assert!(words(all(&page, "#s0-0")[0]).contains(&format!("&quot;\\u{{202e}}{EVIL}")));
}

#[test]
fn two_hundred_scenarios_are_one_page() {
    let scenario = "name: own\neach:\n".to_owned()
        + &(0..200).map(|row| format!("- {{ path: a{row} }}\n")).collect::<Vec<_>>().concat()
        + "steps:\n- name: Ask\n  request: GET /v1/customers/${path}\n  expect: { status: 404 }\n";
    let test = Test::scenario(&scenario).args(["--events", "none"]);
    let (source, page) = page(test, &Server::correct(), 0);
    stands_alone(&source, &page);
    assert_eq!(all(&page, "details.scenario:not([open])").len(), 200);
    // The timeline of so many is folded.
    assert_eq!(all(&page, "details > .timeline li").len(), 200);
    assert!(source.len() < 2_000_000, "{} bytes", source.len());
}
