use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

fn knowing(value: &str) -> Redactor {
    let redactor = Redactor::default();
    redactor.learn(&Secret::new(value));
    redactor
}

#[test]
fn a_secret_does_not_print_itself() {
    assert_eq!(format!("{:?}", Secret::new("polar_oat_1")), REDACTED);
}

#[test]
fn every_form_is_taken_out() {
    let redactor = knowing("tok\"en/+é=123");
    for form in [
        "tok\"en/+é=123",
        r#"tok\"en/+é=123"#,
        "tok%22en%2F%2B%C3%A9%3D123",
        "tok%22en%2f%2b%c3%a9%3d123",
        // In part, as JavaScript and PHP do it, for HTML, and twice.
        "tok%22en/+%C3%A9=123",
        r#"tok\"en\/+\u00e9=123"#,
        "tok&quot;en&#x2F;&#43;é=123",
        "tok%2522en%252F%252B%25C3%25A9%253D123",
        r#"tok\\\"en\\/+é=123"#,
        r"\u0074ok\u0022en/+\u00E9=123",
    ] {
        assert_eq!(redactor.redact(&format!("<{form}>")), format!("<{REDACTED}>"));
    }
}

#[test]
fn a_signature_is_taken_out_and_what_is_none_is_left() {
    let digest = "Ab/+".repeat(10) + "abc";
    let encoded = format!("v1%2c{}%3D", digest.replace('/', "%2F").replace('+', "%2b"));
    for form in [format!("v1,{digest}="), encoded] {
        assert_eq!(
            Redactor::default().redact(&format!("<{form} {form}>")),
            format!("<{REDACTED} {REDACTED}>")
        );
    }
    let php = format!("v1,{}=", digest.replace('/', r"\/"));
    assert_eq!(Redactor::default().redact(&php), REDACTED);
    for text in ["api v1, v2", "v1,short", "/v1%2Fcustomers"] {
        assert_eq!(Redactor::default().redact(text), text);
    }
}

#[test]
fn the_secret_of_an_endpoint_is_taken_out_wherever_it_stands() {
    let redacted = |text: &str| Redactor::default().redact(text).into_owned();
    let own = r#"{"name": "a", "secret": "a secret of the merchant's own, cut o"#;
    assert_eq!(redacted(own), format!(r#"{{"name": "a", "secret": "{REDACTED}"#));
    assert_eq!(
        redacted(&format!("{own}\", \"url\": 1}}")),
        format!(r#"{{"name": "a", "secret": "{REDACTED}", "url": 1}}"#)
    );
    let generated = "whsec_AbCd0123AbCd0123AbCd0123";
    assert_eq!(redacted(&format!("<{generated}>")), format!("<{REDACTED}>"));
    assert_eq!(redacted("what follows whsec_ is base64"), "what follows whsec_ is base64");
    let escaped = serde_json::to_string(own).unwrap();
    assert!(
        !redacted(&escaped).contains("merchant") && redacted(&escaped).contains("secret"),
        "{escaped}"
    );
}

#[test]
fn clones_share_what_they_learn() {
    let redactor = Redactor::default();
    let clone = redactor.clone();
    redactor.learn(&Secret::new("whsec_abcdef"));
    assert_eq!(clone.redact("a whsec_abcdef b"), "a (redacted) b");
}

#[test]
fn short_values_are_taken_out_as_whole_words() {
    let redactor = knowing("s3cr3t7");
    for (text, clean) in [
        ("the token s3cr3t7 is wrong", "the token (redacted) is wrong"),
        ("token%3Ds3cr3t7%26", "token%3D(redacted)%26"),
        ("\"s3cr3t7\"", "\"(redacted)\""),
        ("as3cr3t7, s3cr3t77 and s3cr3t7_x", "as3cr3t7, s3cr3t77 and s3cr3t7_x"),
    ] {
        assert_eq!(redactor.redact(text), clean);
    }
    for wrapped in ["Bearer s3cr3t7", "s3cr3t7:", "someone:s3cr3t7"] {
        let encoded = STANDARD.encode(wrapped);
        assert!(redactor.redact(&encoded).contains(REDACTED), "{wrapped}");
    }
    assert_eq!(knowing("abc").redact("abc"), "abc");
}

#[test]
fn what_an_answer_calls_a_secret_is_taken_out_everywhere() {
    let redactor = Redactor::default();
    let record = serde_json::json!({ "secret": "ab\"cdef ghi", "token": "none" });
    redactor.learn_answer(&record, true);
    for text in [
        record.to_string(),
        record.to_string().replace('"', "\\\""),
        "it is ab\"cdef ghi.".to_owned(),
    ] {
        assert!(!redactor.redact(&text).contains("cdef"), "{text}");
    }
    assert_eq!(redactor.redact("none"), "none");
}

#[test]
fn what_a_step_sends_is_taken_out_in_its_parts() {
    let redactor = Redactor::default();
    redactor.learn_header("Authorization", "Basic dXNlcjpvcGVuIHNlc2FtZQ==");
    for echo in [
        "Basic dXNlcjpvcGVuIHNlc2FtZQ==",
        "dXNlcjpvcGVuIHNlc2FtZQ",
        "open%20sesame",
        "user:open sesame",
    ] {
        assert!(
            redactor.redact(echo).ends_with(REDACTED)
                || redactor.redact(echo).ends_with("(redacted)=="),
            "{echo}"
        );
    }
}

/// Cut in the middle of it, however it is spelt, nothing of it is left.
#[test]
fn the_beginning_of_a_secret_at_a_cut_goes_as_well() {
    const TOKEN: &str = "polar_oat_<&\"'>_1234567890";
    let redactor = knowing(TOKEN);
    let json = serde_json::to_string(TOKEN).unwrap();
    let escaped = TOKEN
        .chars()
        .map(|char| format!("\\u{:04x}", u32::from(char)))
        .collect::<Vec<_>>()
        .concat();
    let percent = TOKEN.bytes().map(|byte| format!("%25{byte:02x}")).collect::<Vec<_>>().concat();
    let signature = format!("v1,{}=", "Ab/+".repeat(10) + "abc");
    let own = r#""secret": "chosen \"by\" the merchant""#;
    for (whole, kept) in
        [(TOKEN, 0), (&json[1..], 0), (&escaped, 0), (&percent, 0), (&signature, 3), (own, 11)]
    {
        for end in kept..whole.len() {
            let Some(start) = whole.get(..end) else { continue };
            let clean = redactor.redact_start(start).replace(REDACTED, "");
            // Half an escape tells nothing.
            let rest = clean.get(kept..).unwrap_or_default();
            assert!(rest.is_empty() || rest.starts_with(['\\', '%']), "{start}: {clean}");
        }
    }
    assert_eq!(redactor.redact_start("nothing to hide"), "nothing to hide");
}

proptest! {
    #[test]
    fn base64_hides_nothing_wherever_the_secret_stands(
        secret in "[ -~]{12,40}", before in "[a-z ]{0,9}", after in "[a-z ]{0,9}",
    ) {
        let encoded = STANDARD.encode(format!("{before}{secret}{after}"));
        prop_assert!(knowing(&secret).redact(&encoded).contains(REDACTED));
    }

    /// Each character in a spelling of its own, and around it whatever there may be.
    #[test]
    fn no_spelling_survives(
        secret in "[A-Za-z0-9+/=_~ \"<>&%\\\\é-]{8,40}",
        spellings in prop::collection::vec(0..6_usize, 40),
        twice in any::<bool>(), before in "[^%\\\\&]{0,12}", after in "\\PC{0,12}",
    ) {
        let spelt = secret.chars().zip(spellings).map(|(char, how)| spell(char, how));
        let mut spelt: String = spelt.collect();
        if twice {
            spelt = spelt.replace('&', "&amp;").replace('%', "%25").replace('\\', r"\\");
        }
        let clean = knowing(&secret).redact(&format!("{before}{spelt}{after}")).into_owned();
        prop_assert!(clean.contains(REDACTED), "{} in {}", secret, clean);
        prop_assert!(!clean.contains(&spelt) || spelt.len() < SHORTEST, "{}", clean);
    }

    #[test]
    fn what_holds_no_secret_stays(text in any::<String>()) {
        let redactor = knowing("polar_oat_0123456789");
        prop_assert_eq!(redactor.redact(&text), text.as_str());
    }
}

/// One character in one of the ways in which it may come back.
fn spell(char: char, how: usize) -> String {
    let bytes = char.to_string().into_bytes();
    let percent = || {
        bytes
            .iter()
            .flat_map(|byte| format!("%{byte:02X}").into_bytes())
            .map(char::from)
            .collect::<String>()
    };
    match how {
        0 => percent(),
        1 => percent().to_lowercase(),
        2 => format!("\\u{:04x}", u32::from(char)),
        3 => format!("&#{};", u32::from(char)),
        4 => format!("&#x{:X};", u32::from(char)),
        // As it is, apart from what would start an escape.
        _ if matches!(char, '%' | '\\' | '&') => percent(),
        _ => char.to_string(),
    }
}
