//! State in a file, and processes that die.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tieback::sandbox::{OpenError, Options, Retries, start};
use tokio::net::TcpListener;

use super::http::Request;
use super::receiver::Receiver;
use super::{Sandbox, spawn};
use crate::support::program::Test;

const IMPATIENT: [&str; 2] = ["--retry-wait", "1ms"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("state.db");
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let (process, address) = spawn(&IMPATIENT, Some(&data));
        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let stop = Arc::clone(&stop);
                tokio::spawn(async move {
                    let mut done = Vec::new();
                    for number in 0.. {
                        let name = format!("u{round}x{writer}x{number}");
                        let body =
                            json!({"email": format!("{name}@example.com"), "external_id": name});
                        let request = Request::new("POST", "/v1/customers/").json(&body);
                        if stop.load(Ordering::SeqCst) {
                            break;
                        }
                        // Killed under way: nothing was acknowledged, so nothing is pending.
                        let sent =
                            tokio::spawn(async move { request.try_send(address).await }).await;
                        match sent {
                            Ok(Some(answer)) if answer.status == 201 => done.push(name),
                            _ => break,
                        }
                    }
                    done
                })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        process.kill();
        stop.store(true, Ordering::SeqCst);
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
    }
    assert!(!acknowledged.is_empty());
    let (process, address) = spawn(&IMPATIENT, Some(&data));
    for name in acknowledged {
        let path = format!("/v1/customers/external/{name}");
        Request::new("GET", &path).send(address).await.expect(200);
    }
    process.kill();
}

#[tokio::test]
async fn pending_webhooks_are_sent_after_the_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("state.db");
    let mut receiver = Receiver::new();
    let (process, address) = spawn(&IMPATIENT, Some(&data));
    let body = json!({"url": receiver.url, "format": "raw", "events": ["customer.created"]});
    let endpoints = Request::new("POST", "/v1/webhooks/endpoints").json(&body);
    endpoints.send(address).await.expect(201);
    let late = json!({"name": "webhook-late", "duration": "1s"});
    Request::new("POST", "/_sandbox/faults").json(&late).send(address).await.expect(200);
    let ann = json!({"email": "ann@example.com", "external_id": "user_ann"});
    Request::new("POST", "/v1/customers/").json(&ann).send(address).await.expect(201);
    process.kill();
    assert!(receiver.is_empty());
    let (process, _) = spawn(&IMPATIENT, Some(&data));
    assert_eq!(receiver.next().await.json()["data"]["external_id"], "user_ann");
    process.kill();
}

#[tokio::test]
async fn two_on_one_file_are_refused_until_the_first_lets_go() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { data: Some(folder.path().join("state.db")), ..Options::default() };
    let listen = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
    let first = start(listen().await, options.clone()).await.unwrap();
    let second = start(listen().await, options.clone()).await;
    let error = second.err().expect("refused");
    assert!(matches!(error, tieback::sandbox::Error::Open(OpenError::InUse(_))), "{error}");
    first.stop().await;
    start(listen().await, options).await.unwrap().stop().await;
}

#[test]
fn a_file_that_cannot_hold_the_state_is_refused_with_its_reason_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "These are notes, and they are long enough to be taken for the head of a database. "
            .repeat(9),
    )
    .unwrap();
    let nowhere = folder.path().join("no-such-folder/state.db");
    for (data, reason) in [(text, "file is not a database"), (nowhere, "No such file or directory")]
    {
        let sandbox = Test::new("sandbox").args(["--listen", "127.0.0.1:0", "--data"]);
        let stderr = sandbox.arg(&data).status(2).done().stderr;
        assert!(stderr.contains(data.to_str().unwrap()), "{stderr}");
        assert_eq!(stderr.matches(reason).count(), 1, "{stderr}");
    }
}

/// Lets every attempt to record a delivery to the endpoint of number 1 fail, as a full disk does.
fn fill_the_disk(data: &Path) {
    let connection = rusqlite::Connection::open(data).unwrap();
    let trigger = "CREATE TRIGGER full BEFORE INSERT ON delivery
         WHEN NEW.endpoint = (SELECT id FROM endpoint WHERE seq = 1)
         BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END";
    connection.execute_batch(trigger).unwrap();
}

#[tokio::test]
async fn a_delivery_that_cannot_be_recorded_waits_like_a_failed_one() {
    let folder = tempfile::tempdir().unwrap();
    let retries = Retries { first_wait: Duration::from_hours(1), ..Retries::default() };
    let options =
        Options { data: Some(folder.path().join("state.db")), retries, ..Options::default() };
    Sandbox::with(options.clone()).await.handle.stop().await;
    fill_the_disk(options.data.as_deref().unwrap());

    let sandbox = Sandbox::with(options).await;
    let (mut unlucky, mut lucky) = (Receiver::new(), Receiver::new());
    sandbox.endpoint(&unlucky.url, &["customer.created"]).await;
    sandbox.endpoint(&lucky.url, &["customer.created"]).await;
    sandbox.customer("ann").await;
    let first = unlucky.next().await;
    // Others come through meanwhile, each one with a turn of the dispatcher or more.
    for name in 0..50 {
        lucky.next().await;
        sandbox.customer(&format!("u{name}")).await;
    }
    lucky.next().await;
    assert!(unlucky.is_empty(), "{} came again", first.id());
}
