//! Random operations on customers: none is answered by a 5xx, and none loses a mapping.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Sandbox;

/// A generator of its own, so that a failure can be repeated: the step of `SplitMix64`.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((value ^ (value >> 31)) % most as u64).unwrap()
    }
}

/// How many operations there are: `TIEBACK_OPERATIONS`, or a few.
fn operations() -> usize {
    std::env::var("TIEBACK_OPERATIONS").map_or(400, |text| text.parse().unwrap())
}

/// A customer that has to be there: its external ID and its e-mail.
type Known = BTreeMap<String, (Option<String>, String)>;

#[tokio::test]
async fn whatever_is_done_to_customers_keeps_their_mapping() {
    const PATH: &str = "/v1/customers/";
    let sandbox = Sandbox::new().await;
    let (mut random, mut known) = (Random(20_261_201), Known::new());
    let ids = ["", "007", "7", "ünï çödé", "a b", "USER", "user", "x/y", "\u{202e}rtl", "0"];
    for number in 0..operations() {
        let one = known.keys().nth(random.below(known.len().max(1))).cloned();
        let email = format!("a{}@example.com", random.below(40));
        let external_id = match random.below(4) {
            0 => None,
            1 => Some(ids[random.below(ids.len())].to_owned()),
            _ => Some(format!("user_{}", random.below(40))),
        };
        // A state lags behind, as on the real API, so that it says nothing of now.
        let mut of_now = true;
        let answer = match (random.below(10), one) {
            (0..4, _) | (_, None) => {
                let mut body = json!({ "email": email, "external_id": external_id });
                if random.below(8) == 0 {
                    body["metadata"] = json!({ "n": number, "text": "x" });
                }
                sandbox.post(PATH, body).await
            }
            (4, Some(id)) => sandbox.get(&format!("{PATH}{id}")).await,
            (5, Some(id)) => sandbox.patch(&format!("{PATH}{id}"), json!({ "email": email })).await,
            (6, Some(id)) => {
                let body = json!({ "external_id": external_id, "name": "New" });
                sandbox.patch(&format!("{PATH}{id}"), body).await
            }
            (7, Some(id)) => {
                let query = if random.below(2) == 0 { "?anonymize=true" } else { "" };
                let answer = sandbox.delete(&format!("{PATH}{id}{query}")).await.expect(204);
                known.remove(&id);
                answer
            }
            (8, Some(_)) => sandbox.get(&format!("{PATH}?query=user_{}", random.below(40))).await,
            (_, Some(id)) => {
                of_now = false;
                sandbox.get(&format!("{PATH}{id}/state")).await
            }
        };
        assert!(answer.status < 500, "operation {number}: {}", answer.body);
        if of_now && matches!(answer.status, 200 | 201) && answer.json()["email"].is_string() {
            let record = answer.json();
            let text = |key: &str| record[key].as_str().map(str::to_owned);
            known.insert(text("id").unwrap(), (text("external_id"), text("email").unwrap()));
        }
        if number % 20 == 0 {
            hold(&sandbox, &known, number).await;
        }
    }
    hold(&sandbox, &known, operations()).await;
    assert!(known.len() > 5);
}

/// Every customer is there with its own id and e-mail, and no external ID stands twice.
async fn hold(sandbox: &Sandbox, known: &Known, number: usize) {
    let mut external_ids: Vec<_> = known.values().filter_map(|(id, _)| id.as_ref()).collect();
    let all = external_ids.len();
    external_ids.sort();
    external_ids.dedup();
    assert_eq!(external_ids.len(), all, "after operation {number}");
    for (id, (external_id, email)) in known.iter().take(8) {
        let record: Value = sandbox.get(&format!("/v1/customers/{id}")).await.expect(200).json();
        assert_eq!(record["external_id"].as_str(), external_id.as_deref(), "{number}: {id}");
        assert_eq!(record["email"].as_str(), Some(email.as_str()), "{number}: {id}");
    }
}
