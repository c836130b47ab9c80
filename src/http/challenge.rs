//! What an answer asks for in `www-authenticate` (RFC 9110, 11.6.1).

use super::Response;

/// One challenge: a scheme with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// As it was written: `Bearer`, `Basic`.
    pub scheme: String,
    /// Names in lower case, values without their quotes.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The parameter called `name`, which is in lower case; `None` where it is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Whether it asks for a bearer token, as the API does.
    #[must_use]
    pub fn is_bearer(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("bearer")
    }
}

/// The challenges of an answer, from all its headers of that name.
#[must_use]
pub fn challenges(response: &Response) -> Vec<Challenge> {
    let named = response.headers.iter().filter(|(name, _)| name == "www-authenticate");
    let mut all: Vec<Challenge> = Vec::new();
    for part in named.flat_map(|(_, value)| parts(value)) {
        let parameter = match part.split_once(char::is_whitespace) {
            Some((word, rest)) if !word.contains('=') && !rest.trim_start().starts_with('=') => {
                all.push(Challenge { scheme: word.to_owned(), parameters: Vec::new() });
                rest
            }
            None if !part.contains('=') => {
                all.push(Challenge { scheme: part, parameters: Vec::new() });
                continue;
            }
            _ => &part,
        };
        let Some((name, value)) = parameter.split_once('=') else { continue };
        if let Some(challenge) = all.last_mut() {
            let value = value.trim().trim_matches('"').replace("\\\"", "\"");
            challenge.parameters.push((name.trim().to_lowercase(), value));
        }
    }
    all
}

/// What stands between the commas of a header that are not within quotes.
fn parts(value: &str) -> Vec<String> {
    let (mut parts, mut quoted, mut escaped) = (vec![String::new()], false, false);
    for char in value.chars() {
        match char {
            ',' if !quoted => {
                parts.push(String::new());
                continue;
            }
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = char == '\\' && !escaped;
        if let Some(part) = parts.last_mut() {
            part.push(char);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(headers: &[&str]) -> Vec<Challenge> {
        let headers = headers
            .iter()
            .map(|value| ("www-authenticate".to_owned(), (*value).to_owned()))
            .collect();
        let url = url::Url::parse("http://localhost/").unwrap();
        challenges(&Response { status: 401, headers, body: Vec::new(), url })
    }

    #[test]
    fn several_schemes_in_one_header_and_in_several() {
        let schemes = |headers: &[&str]| {
            read(headers).into_iter().map(|each| each.scheme).collect::<Vec<_>>()
        };
        assert_eq!(schemes(&["Basic realm=\"a, b\""]), ["Basic"]);
        assert_eq!(schemes(&["Negotiate, NTLM"]), ["Negotiate", "NTLM"]);
        assert_eq!(
            schemes(&["Negotiate", "bearer realm=\"x\", scope=\"a b\""]),
            ["Negotiate", "bearer"]
        );
        assert_eq!(
            schemes(&["Digest realm=\"x\", nonce=\"y\", Basic realm = \"z\", charset = UTF-8"]),
            ["Digest", "Basic"]
        );
        assert!(schemes(&[]).is_empty() && schemes(&["", ",", "realm=\"x\""]).is_empty());
    }

    #[test]
    fn parameters_lose_their_quotes() {
        let found = read(&[
            "Bearer realm=\"polar\", Scope=\"a:read a:write\", error=invalid_token, x=\" \"",
        ]);
        let get = |name| found[0].get(name);
        assert_eq!((get("realm"), get("scope")), (Some("polar"), Some("a:read a:write")));
        assert_eq!((get("error"), get("x"), get("y")), (Some("invalid_token"), None, None));
        assert!(found[0].is_bearer());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_survived(value in "[\\PC ,=\"\\\\]{0,40}") {
            read(&[value.as_str()]);
        }
    }
}
