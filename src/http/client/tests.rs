use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A target that limits without end and says that this or that often it may be asked again.
#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_outlasted_whatever_it_says() {
    let base = BaseUrl::parse("http://127.0.0.1:1").unwrap();
    let client = Client::new(ClientOptions { base, token: None, timeout: Duration::from_secs(1) }).unwrap();
    for asked in [None, Some("0"), Some("1"), Some("-1"), Some("soon"), Some("18446744073709551615")] {
        let headers: Vec<_> = asked.map(|text| ("retry-after".to_owned(), text.to_owned())).into_iter().collect();
        let url = client.base.join("/").unwrap();
        let limited = Response { status: 429, headers, body: Vec::new(), url };
        let (started, attempts) = (Instant::now(), AtomicUsize::new(0));
        let ask = || {
            attempts.fetch_add(1, Ordering::Relaxed);
            std::future::ready(Ok(limited.clone()))
        };
        let failure = client.patiently(|_| {}, |answer| answer, ask).await.unwrap_err();
        assert_eq!(failure.code, Code::RateLimited);
        assert!(started.elapsed() <= MAX_RATE_LIMIT_WAIT, "{asked:?}");
        assert!(attempts.into_inner() < 12, "{asked:?}");
    }
}
