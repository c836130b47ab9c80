//! An answer that is read while it goes on.

use std::time::Duration;

use super::client::head;
use super::{Client, Failure, Request, Response};

/// An answer whose head has come and whose body has not ended.
#[derive(Debug)]
pub struct Streaming {
    /// The answer without its body.
    pub head: Response,
    answer: reqwest::Response,
}

impl Client {
    /// Sends `request` and reads the head of its answer. The safety rules are those of
    /// [`Client::send`], apart from redirects: none is followed, and a 3xx is an answer like
    /// others. A 429 is waited out in the same way.
    pub async fn open(&self, request: &Request) -> Result<Streaming, Failure> {
        self.patiently(
            request,
            |_| {},
            |streaming: &Streaming| &streaming.head,
            || self.head_of(request),
        )
        .await
    }

    async fn head_of(&self, request: &Request) -> Result<Streaming, Failure> {
        let url = self.url_of(request)?;
        let timeout = self.timeout();
        let slow = || Failure::timed_out(format!("no answer within {timeout:?}"));
        let answer =
            tokio::time::timeout(timeout, self.ask(request, &url)).await.map_err(|_| slow())??;
        let head = head(&answer, url);
        Ok(Streaming { head, answer })
    }
}

impl Streaming {
    /// The next piece of the body, `None` where it has ended. Fails when nothing comes for `idle`.
    pub async fn next(&mut self, idle: Duration) -> Result<Option<Vec<u8>>, Failure> {
        let slow = |_| Failure::timed_out(format!("nothing came for {idle:?}"));
        let piece = tokio::time::timeout(idle, self.answer.chunk()).await.map_err(slow)??;
        Ok(piece.map(|piece| piece.to_vec()))
    }
}
