//! Where an app takes webhooks, when its app file does not say.

use crate::http::{Client, Request};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The path that answers like a webhook handler.
    pub path: Option<String>,
    /// What was tried, with what it was answered: `/api/webhooks/polar 404`.
    pub tried: Vec<String>,
}

/// Tries the usual paths with a body that is not signed. A handler refuses it: 400, 401 or 403. One
/// that takes it, or falls over it, is a handler as well, where nothing better is found.
pub async fn find(client: &Client, usual_paths: &[&'static str]) -> Found {
    let (mut tried, mut taken, mut fallen) = (Vec::new(), None, None);
    for path in usual_paths.iter().copied() {
        let mut request = Request::new("POST", path, Some(&serde_json::json!({})));
        (request.with_token, request.redirects) = (false, false);
        match client.send(&request).await {
            Ok(answer) => {
                tried.push(format!("{path} {}", answer.status));
                match answer.status {
                    400 | 401 | 403 => return Found { path: Some(path.to_owned()), tried },
                    // A page that answers every path is HTML.
                    200..=299 if !is_page(answer.header("content-type")) => {
                        taken.get_or_insert(path);
                    }
                    500..=599 => {
                        fallen.get_or_insert(path);
                    }
                    _ => {}
                }
            }
            Err(_) => tried.push(format!("{path} gave no answer")),
        }
    }
    Found { path: taken.or(fallen).map(str::to_owned), tried }
}

fn is_page(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|kind| kind.starts_with("text/html"))
}
