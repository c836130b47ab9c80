//! The pages about diagnoses.

use crate::support::program::Test;

fn explain(codes: &[&str]) -> (Option<i32>, String, String) {
    let (code, explained) = Test::new("explain").args(codes).start().end();
    (code, explained.stdout, explained.stderr)
}

#[test]
fn alone_it_lists_every_code_with_one_line() {
    let (code, listed, _) = explain(&[]);
    assert_eq!((code, listed.lines().count()), (Some(0), 52));
    assert!(
        listed.contains("\nwebhook_unmapped           The event carries no external_id.\n"),
        "{listed}"
    );
}

#[test]
fn a_code_has_a_page_in_plain_text() {
    let (code, page, _) = explain(&["Webhook-Unmapped"]);
    assert_eq!(code, Some(0));
    assert!(
        page.starts_with(
            "webhook_unmapped (failed: exit 1)\nThe event carries no external_id.\n\n\
             What it means:\n"
        ),
        "{page}"
    );
    assert!(!page.contains("###") && !page.contains('\u{1b}'), "{page}");
    let (_, both, _) = explain(&["webhook_unmapped", "timed_out"]);
    assert!(
        both.starts_with(&page) && both.contains("\n\ntimed_out (could not be tested: exit 3)\n"),
        "{both}"
    );
}

#[test]
fn an_unknown_code_says_what_was_meant() {
    let (code, page, problem) = explain(&["webhook_unmaped"]);
    assert_eq!((code, page.as_str()), (Some(2), ""));
    assert!(problem.contains("did you mean `webhook_unmapped`?"), "{problem}");
    let (code, _, problem) = explain(&["xyz"]);
    assert_eq!(code, Some(2));
    assert!(problem.contains("`tieback explain` lists the codes"), "{problem}");
}
