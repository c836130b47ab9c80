//! The stream of all webhooks.

use serde_json::{Value, json};
use tieback::webhook::signature::Scheme;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;

use super::Sandbox;
use super::receiver::Delivery;

struct Events(Lines<BufReader<TcpStream>>);

impl Events {
    async fn open(sandbox: &Sandbox, organization: &str) -> Self {
        let mut stream = TcpStream::connect(sandbox.address()).await.unwrap();
        let request = format!(
            "GET /v1/cli/listen/{organization} HTTP/1.1\r\nhost: localhost\r\nauthorization: \
                Bearer x\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        Self(BufReader::new(stream).lines())
    }

    async fn next(&mut self) -> Option<Value> {
        while let Some(line) = self.0.next_line().await.unwrap() {
            if let Some(data) = line.strip_prefix("data: ") {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
        None
    }
}

#[tokio::test]
async fn webhooks_come_signed_with_the_organizations_id() {
    let sandbox = Sandbox::new().await;
    let list = sandbox.get("/v1/organizations/").await.expect(200).json();
    let organization = list["items"][0]["id"].as_str().unwrap();
    let mut events = Events::open(&sandbox, organization).await;
    let connected = events.next().await.unwrap();
    assert_eq!(connected["secret"], organization.replace('-', ""));
    sandbox.customer("ann").await;
    let member = events.next().await.unwrap();
    assert!(member["payload"]["payload"].as_str().unwrap().contains("member.created"));
    let event = events.next().await.unwrap();
    assert_eq!(event["key"], "webhook.created");
    let headers = serde_json::from_value(event["headers"].clone()).unwrap();
    let delivery =
        Delivery { headers, body: event["payload"]["payload"].as_str().unwrap().to_owned() };
    assert_eq!(delivery.kind(), "customer.created");
    assert_eq!(delivery.id(), event["payload"]["webhook_event_id"]);
    assert_eq!(delivery.verify(connected["secret"].as_str().unwrap()), Ok(Scheme::Legacy));
    sandbox.handle.stop().await;
    while events.next().await.is_some() {}
}

#[tokio::test]
async fn another_organization_has_no_stream_here() {
    let sandbox = Sandbox::new().await;
    let answer =
        sandbox.get("/v1/cli/listen/1f3a9fd0-5b80-4c52-8f0c-0f2a4f1c2b6e").await.expect(404);
    assert_eq!(answer.json(), json!({"error": "ResourceNotFound", "detail": "Not found"}));
}
