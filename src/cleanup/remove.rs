//! Removing one leftover, once it is sure that it still is one.

use super::caller::{Caller, Unanswered, is_hopeless, refusal};
use super::record::may_be_older;
use super::{Kind, Leftover};
use crate::event::Code;
use crate::http::{Request, Response};

/// A leftover that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stays {
    /// Why.
    pub reason: String,
    /// The others will not be removed either.
    pub hopeless: bool,
}

impl Stays {
    fn because(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), hopeless: false }
    }
}

/// Deletes a leftover. It is read again first: a target may lie about ids, and nothing is deleted
/// that does not carry the mark. One that is gone already counts as removed.
pub async fn remove(caller: &Caller<'_>, leftover: &Leftover) -> Result<(), Stays> {
    let Leftover { kind, id, path, run, .. } = leftover;
    let provider = caller.provider;
    let found = send(caller, Request::new("GET", path.clone(), None)).await?;
    if found.status == 404 {
        return Ok(());
    }
    if !found.is_success() {
        return Err(refused("reading it again (GET)", &found));
    }
    let record = found.json().unwrap_or_default();
    let same = record[kind.id_key(provider)].as_str() == Some(id);
    if !same || kind.run_of(provider, &record).as_ref() != Some(run) {
        return Err(Stays::because(
            "the API shows another record under this id, or one without the mark of the run, so \
             it was not touched: look before you send this",
        ));
    }
    if may_be_older(&provider.customer, *kind, run, &record) {
        return Err(Stays::because(
            "it was changed since it was made, so it may be older than the run that marked it \
             and was not touched: look before you send this",
        ));
    }
    if *kind == Kind::Endpoint {
        // A deleted endpoint still receives what was pending. Where disabling it fails, deleting it
        // is worth a try all the same.
        match send(caller, provider.endpoint.disabling(id)).await {
            Err(stays) if stays.hopeless => return Err(stays),
            _ => {}
        }
    }
    let deleted = send(caller, Request::new("DELETE", path, None)).await?;
    if deleted.is_success() || deleted.status == 404 {
        Ok(())
    } else {
        Err(refused("DELETE", &deleted))
    }
}

async fn send(caller: &Caller<'_>, request: Request) -> Result<Response, Stays> {
    caller.send(&request).await.map_err(|unanswered| match unanswered {
        Unanswered::Interrupted => Stays { reason: "interrupted".to_owned(), hopeless: true },
        Unanswered::Failed(failure) => {
            let hopeless = is_hopeless(&failure);
            Stays {
                reason: format!(
                    "{} was not answered: {} ({})",
                    request.method,
                    failure.detail,
                    Code::from(failure.kind).as_str()
                ),
                hopeless,
            }
        }
    })
}

fn refused(what: &str, answer: &Response) -> Stays {
    Stays { reason: format!("{what} {}", refusal(answer)), hopeless: answer.status == 401 }
}
