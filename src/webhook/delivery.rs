//! One delivery, read and judged: what it says, and whether a correct handler may believe it.

use std::borrow::Cow;
use std::fmt;
use std::time::Instant;

use serde_json::Value as Json;

use super::signature::{self, Rejection, Scheme, Signed};
use super::{foreign, slips};
use crate::http::json;
use crate::provider::{Payload, Webhook};
use crate::secret::Secret;

/// A delivery as it arrived. Its signature is judged and not kept.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// When its last byte was read.
    pub arrived: Instant,
    /// The event's id, the same on every copy of it. Empty where it is missing.
    pub id: String,
    /// The event's type. Empty where it cannot be read.
    pub event_type: String,
    /// The whole payload; null where it is not JSON.
    pub payload: Json,
    /// The headers that scenarios may look at: names in lower case, without the signature.
    pub headers: Vec<(String, String)>,
    /// Whether a correct handler may believe it.
    pub verification: Result<Verification, RejectReason>,
    /// About what it takes in memory, in bytes.
    pub weight: usize,
    /// What to find out more from, where the signature is what is wrong.
    pub(super) doubtful: Option<Box<Doubtful>>,
    /// The beginning of a body that is not JSON.
    pub(super) unread: Vec<u8>,
}

/// What a signature was judged by.
#[derive(Clone)]
pub struct Doubtful {
    facts: &'static Webhook,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    secret: Secret,
    now: i64,
}

/// Never shows what it holds.
impl fmt::Debug for Doubtful {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Doubtful")
    }
}

/// Why a delivery may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Its signature verified.
    Signed(Scheme),
    /// It was read from the API itself, over the run's own connection, and carries no signature.
    NotSigned,
}

impl Verification {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signed(scheme) => scheme.as_str(),
            Self::NotSigned => "not signed",
        }
    }
}

/// Why a correct handler must reject a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RejectReason {
    /// The signature does not stand; says what is wrong with the headers, where that can be seen.
    Signature(Rejection, Option<String>),
    /// It is signed in another scheme; says in which.
    OtherScheme(String),
    /// The signature stands, but the payload cannot be read; says what is wrong with it.
    Malformed(String),
}

impl RejectReason {
    /// The name in reports.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::OtherScheme(_) | Self::Signature(Rejection::Unsigned, _) => "unsigned",
            Self::Signature(Rejection::BadSignature, _) => "bad signature",
            Self::Signature(Rejection::Stale, _) => "stale",
            Self::Malformed(_) => "malformed",
        }
    }
}

impl Delivery {
    /// Reads and judges what arrived, signed with `secret`. `now` is in Unix seconds.
    #[must_use]
    pub fn read(
        facts: &'static Webhook,
        headers: Vec<(String, String)>,
        body: &[u8],
        secret: &Secret,
        now: i64,
    ) -> Self {
        let signed = Signed::find(facts, &headers);
        let verified =
            signature::verify(facts, secret, signed, body, now).map(Verification::Signed);
        let verified = verified.map_err(|rejection| match foreign::scheme(facts, &headers) {
            Some(scheme) if rejection == Rejection::Unsigned => RejectReason::OtherScheme(scheme),
            _ => {
                RejectReason::Signature(rejection, signature::reason(facts, rejection, signed, now))
            }
        });
        let id = signed.id.unwrap_or_default().trim().to_owned();
        let (payload, fault) = parse(&facts.payload, body);
        let unread = unread(&payload, body);
        let verification = verified.and_then(|verification| {
            fault.map_or(Ok(verification), |fault| Err(RejectReason::Malformed(fault)))
        });
        let doubted = body.len() <= slips::LONGEST
            && matches!(
                &verification,
                Err(RejectReason::OtherScheme(_)
                    | RejectReason::Signature(Rejection::BadSignature, _))
            );
        let doubtful = doubted.then(|| {
            Box::new(Doubtful {
                facts,
                headers: headers.clone(),
                body: body.to_vec(),
                secret: secret.clone(),
                now,
            })
        });
        let weight = weight(&headers, body) * if doubted { 2 } else { 1 };
        Self {
            arrived: Instant::now(),
            weight,
            id,
            event_type: payload[facts.payload.event_type].as_str().unwrap_or_default().to_owned(),
            payload,
            headers: headers.into_iter().filter(|(name, _)| !foreign::is_signature(name)).collect(),
            verification,
            doubtful,
            unread,
        }
    }

    /// Why a correct handler must reject it, the usual slips of signing tried: that takes a moment,
    /// so it is for the one delivery that is reported.
    #[must_use]
    pub fn explained(&self) -> Option<RejectReason> {
        let problem = self.verification.as_ref().err()?.clone();
        let Some(Doubtful { facts, headers, body, secret, now }) = self.doubtful.as_deref() else {
            return Some(problem);
        };
        Some(match problem {
            RejectReason::OtherScheme(scheme) => {
                let fits = foreign::fits(facts, headers, secret, body, *now);
                RejectReason::OtherScheme(
                    fits.map_or_else(|| scheme.clone(), |fits| format!("{scheme}; {fits}")),
                )
            }
            RejectReason::Signature(rejection, seen) => {
                let slip = slips::find(facts, secret, Signed::find(facts, headers), body);
                RejectReason::Signature(
                    rejection,
                    slip.map(|slip| format!("it {slip}, and is right apart from that")).or(seen),
                )
            }
            malformed @ RejectReason::Malformed(_) => malformed,
        })
    }

    /// Reads what the API itself says to have sent as event `id` of a type: nothing is signed
    /// there, and of the headers only the id is known.
    #[must_use]
    pub fn logged(facts: &Webhook, id: &str, event_type: &str, body: &[u8]) -> Self {
        let (payload, fault) = parse(&facts.payload, body);
        let unread = unread(&payload, body);
        let headers = vec![(facts.id_header.to_owned(), id.to_owned())];
        Self {
            arrived: Instant::now(),
            weight: weight(&headers, body),
            id: id.to_owned(),
            event_type: payload[facts.payload.event_type].as_str().unwrap_or(event_type).to_owned(),
            payload,
            headers,
            verification: fault
                .map_or(Ok(Verification::NotSigned), |fault| Err(RejectReason::Malformed(fault))),
            doubtful: None,
            unread,
        }
    }

    /// Its body, or the beginning of it. The bytes are those that came unless it may be believed:
    /// then JSON is written anew.
    #[must_use]
    pub fn body(&self) -> Cow<'_, [u8]> {
        match &self.doubtful {
            Some(doubtful) => Cow::Borrowed(&doubtful.body),
            None if self.payload.is_null() => Cow::Borrowed(&self.unread),
            None => Cow::Owned(self.payload.to_string().into_bytes()),
        }
    }
}

/// A body as JSON, and what is wrong with it.
fn parse(facts: &Payload, body: &[u8]) -> (Json, Option<String>) {
    match json::parse(body) {
        Ok(payload) => {
            let fault = shape_fault(facts, &payload);
            (payload, fault)
        }
        Err(error) => (Json::Null, Some(format!("its body is {error}"))),
    }
}

/// The most that is kept of a body that is not JSON.
const UNREAD: usize = 64 * 1024;

fn unread(payload: &Json, body: &[u8]) -> Vec<u8> {
    let length = if payload.is_null() { body.len().min(UNREAD) } else { 0 };
    body[..length].to_vec()
}

/// About what a delivery takes in memory: a small value takes a hundred times its text.
fn weight(headers: &[(String, String)], body: &[u8]) -> usize {
    let headers: usize = headers
        .iter()
        .map(|(name, value)| name.len() + value.len() + size_of::<[String; 2]>())
        .sum();
    headers + body.len() + 256 * json::count(body)
}

/// What keeps a JSON value from being an event, if anything does.
fn shape_fault(facts: &Payload, payload: &Json) -> Option<String> {
    match payload {
        Json::String(_) => {
            return Some(
                "its body is a text, not an object; it may have been encoded twice".to_owned(),
            );
        }
        Json::Object(_) => {}
        _ => return Some("its body is JSON, but not an object".to_owned()),
    }
    let (event_type, data) = (&payload[facts.event_type], &payload[facts.data]);
    let wanted = [
        (facts.event_type, "a text", event_type.is_string()),
        (facts.data, "an object", data.is_object()),
    ];
    wanted.into_iter().find_map(|(key, kind, fits)| match payload.get(key) {
        None => Some(format!("its body has no `{key}`")),
        Some(_) if !fits => Some(format!("`{key}` in its body is not {kind}")),
        Some(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::POLAR;
    use crate::provider::made_up::ACME;

    const NOW: i64 = 1_795_315_904;

    fn secret() -> Secret {
        Secret::new("whsec_b3RoZXI=")
    }

    fn read(body: &[u8], sign: bool) -> Delivery {
        let mut headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("webhook-id".to_owned(), " evt_1 ".to_owned()),
            ("webhook-timestamp".to_owned(), NOW.to_string()),
        ];
        if sign {
            let signature =
                signature::sign(&POLAR.webhook, &secret(), Scheme::Standard, "evt_1", NOW, body)
                    .unwrap();
            headers.push(("webhook-signature".to_owned(), signature));
        }
        Delivery::read(&POLAR.webhook, headers, body, &secret(), NOW)
    }

    #[test]
    fn a_good_delivery_is_read_and_its_signature_not_kept() {
        let delivery = read(br#"{"type":"customer.created","data":{"id":"x"}}"#, true);
        assert_eq!(delivery.verification, Ok(Verification::Signed(Scheme::Standard)));
        assert_eq!(
            (delivery.id.as_str(), delivery.event_type.as_str()),
            ("evt_1", "customer.created")
        );
        assert_eq!(delivery.payload["data"]["id"], "x");
        assert!(delivery.headers.iter().all(|(name, _)| name != "webhook-signature"));
        assert!(delivery.headers.iter().any(|(name, _)| name == "webhook-timestamp"));
    }

    #[test]
    fn a_payload_is_read_by_the_provider_s_own_names() {
        let logged = |body: &str| Delivery::logged(&ACME.webhook, "m_1", "", body.as_bytes());
        let good = logged(r#"{"what":"person.added","person":{}}"#);
        assert_eq!((good.id.as_str(), good.event_type.as_str()), ("m_1", "person.added"));
        assert_eq!(good.headers, [("acme-id".to_owned(), "m_1".to_owned())]);
        assert_eq!(good.verification, Ok(Verification::NotSigned));
        let bad = logged(r#"{"type":"person.added","data":{}}"#);
        let fault = "its body has no `what`".to_owned();
        assert_eq!(bad.verification, Err(RejectReason::Malformed(fault)));
    }

    #[test]
    fn what_cannot_be_read_is_malformed_where_the_signature_stands() {
        for (body, fault) in [
            (&b"{\"type\":"[..], "not JSON"),
            (&b"\xff"[..], "not JSON"),
            (&b""[..], "not JSON"),
            (&b"[]"[..], "but not an object"),
            (&br#""{}""#[..], "encoded twice"),
            (&br#"{"data":{}}"#[..], "no `type`"),
            (&br#"{"type":1,"data":{}}"#[..], "`type` in its body is not a text"),
            (&br#"{"type":"a"}"#[..], "no `data`"),
            (&br#"{"type":"a","data":[]}"#[..], "`data` in its body is not an object"),
        ] {
            let Err(RejectReason::Malformed(told)) = read(body, true).verification else {
                panic!("{body:?} was believed")
            };
            assert!(told.contains(fault), "{told}");
            let unsigned = read(body, false).verification;
            assert!(
                matches!(unsigned, Err(RejectReason::Signature(Rejection::Unsigned, _))),
                "{unsigned:?}"
            );
        }
    }

    #[test]
    fn an_unsigned_delivery_is_read_all_the_same() {
        let delivery = read(br#"{"type":"customer.created","data":{}}"#, false);
        let missing = Some("webhook-signature is missing or empty".to_owned());
        assert_eq!(
            delivery.verification,
            Err(RejectReason::Signature(Rejection::Unsigned, missing))
        );
        assert_eq!(delivery.event_type, "customer.created");
    }
}
