//! Paging through everything there is, for what runs left. The real API finds metadata by its exact
//! value only, and which runs there were is not known.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::caller::{Caller, Unanswered, is_hopeless, refusal};
use super::record::may_be_older;
use super::{Kind, Leftover};
use crate::event::Code;
use crate::http::Request;
use crate::provider::{Listing, Provider};

/// The most pages that are read. At 100 requests a minute they take ten minutes.
const MAX_PAGES: usize = 1000;

/// What was found of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// What is old enough to be removed.
    pub leftovers: Vec<Leftover>,
    /// How many are younger: the run that made them may be going on.
    pub younger: usize,
    /// What may be older than its mark, so that it stays.
    pub doubtful: Vec<Leftover>,
    /// How many carry the mark of a run, but no id or no time that can be read.
    pub unreadable: usize,
    /// The API has none of this kind; says what it answered.
    pub absent: Option<String>,
    /// There may be more.
    pub incomplete: Option<Incomplete>,
    /// The secrets that stood in the records.
    pub secrets: Vec<String>,
}

/// Why not everything was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    /// A sentence fragment that begins with the request.
    pub why: String,
    /// Nothing else will be answered either.
    pub hopeless: bool,
}

/// Finds what runs left of one kind and made before `limit`.
pub async fn find(caller: &Caller<'_>, kind: Kind, limit: Timestamp) -> Found {
    let provider = caller.provider;
    let mut found = Found::default();
    let mut seen = HashSet::new();
    for page in 1..=MAX_PAGES {
        let path = kind.list(provider, page);
        let incomplete =
            |why: &str, hopeless| Some(Incomplete { why: format!("GET {path} {why}"), hopeless });
        let answer = match caller.send(&Request::new("GET", path.clone(), None)).await {
            Ok(answer) => answer,
            Err(Unanswered::Interrupted) => {
                found.incomplete = incomplete("was interrupted", true);
                return found;
            }
            Err(Unanswered::Failed(failure)) => {
                let why = format!(
                    "was not answered: {} ({})",
                    failure.detail,
                    Code::from(failure.kind).as_str()
                );
                found.incomplete = incomplete(&why, is_hopeless(&failure));
                return found;
            }
        };
        if kind == Kind::Endpoint && page == 1 && matches!(answer.status, 404 | 405 | 501) {
            found.absent = Some(format!("GET {path} is {}", answer.status));
            return found;
        }
        if !answer.is_success() {
            found.incomplete = incomplete(&refusal(&answer), answer.status == 401);
            return found;
        }
        let body = answer.json().unwrap_or_default();
        let Some(items) = provider.listing.items(&body) else {
            let why = format!("holds no `{}`", provider.listing.items);
            found.incomplete = incomplete(&why, false);
            return found;
        };
        let mut fresh = 0;
        for item in items {
            let id = item[kind.id_key(provider)].as_str();
            if seen.insert(id.map_or_else(|| item.to_string(), str::to_owned)) {
                fresh += 1;
                found.take(provider, kind, item, limit);
            }
        }
        match after(&provider.listing, &body, page, items.len(), fresh, seen.len()) {
            After::More => {}
            After::End => return found,
            After::Loop => {
                found.incomplete =
                    incomplete("repeats what pages before it showed, so there may be more", false);
                return found;
            }
        }
    }
    let path = kind.list(provider, MAX_PAGES);
    found.incomplete = Some(Incomplete {
        why: format!("GET {path} is not the last page, and no more are read"),
        hopeless: false,
    });
    found
}

/// What comes after a page.
#[derive(Debug, PartialEq, Eq)]
enum After {
    /// Another one.
    More,
    /// Nothing.
    End,
    /// The same again.
    Loop,
}

/// What comes after page number `page`, which showed `shown` records, `fresh` of them for the first
/// time; `seen` were shown by all pages. An API without pagination shows everything every time.
fn after(
    listing: &Listing,
    body: &Json,
    page: usize,
    shown: usize,
    fresh: usize,
    seen: usize,
) -> After {
    let all = || listing.total(body).map_or(shown < listing.largest_page, |total| total <= seen);
    match (shown, fresh) {
        (0, _) => After::End,
        (_, 0) if all() => After::End,
        (_, 0) => After::Loop,
        _ if listing.last_page(body).is_some_and(|last| last <= page) => After::End,
        _ => After::More,
    }
}

impl Found {
    fn take(&mut self, provider: &Provider, kind: Kind, item: &Json, limit: Timestamp) {
        self.secrets.extend(item[provider.endpoint.secret].as_str().map(str::to_owned));
        let Some(run) = kind.run_of(provider, item) else { return };
        match Leftover::read(provider, kind, run, item) {
            None => self.unreadable += 1,
            Some(leftover) if leftover.created >= limit => self.younger += 1,
            Some(leftover) if may_be_older(&provider.customer, kind, &leftover.run, item) => {
                self.doubtful.push(leftover);
            }
            Some(leftover) => self.leftovers.push(leftover),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::made_up::ACME;

    fn after_page(paging: &Json, page: usize, shown: usize, fresh: usize, seen: usize) -> After {
        after(&ACME.listing, &json!({ "paging": paging }), page, shown, fresh, seen)
    }

    #[test]
    fn a_list_ends_where_it_says_so() {
        let paging = json!({ "total": 130, "pages": 2 });
        assert_eq!(after_page(&paging, 1, 100, 100, 100), After::More);
        assert_eq!(after_page(&paging, 2, 30, 30, 130), After::End);
        assert_eq!(after_page(&json!({ "total": 0, "pages": 0 }), 1, 0, 0, 0), After::End);
    }

    #[test]
    fn a_list_that_does_not_say_ends_with_nothing_new() {
        assert_eq!(after_page(&Json::Null, 1, 30, 30, 30), After::More);
        assert_eq!(after_page(&Json::Null, 2, 0, 0, 30), After::End);
        assert_eq!(after_page(&Json::Null, 2, 30, 0, 30), After::End);
    }

    #[test]
    fn the_same_page_again_is_no_end() {
        assert_eq!(after_page(&Json::Null, 2, 100, 0, 100), After::Loop);
        let paging = |total: usize, pages: usize| json!({ "total": total, "pages": pages });
        assert_eq!(after_page(&paging(130, 13), 2, 10, 0, 10), After::Loop);
        assert_eq!(after_page(&paging(130, 2), 2, 100, 0, 100), After::Loop);
        assert_eq!(after_page(&paging(10, 13), 2, 10, 0, 10), After::End);
    }
}
