//! A request as one line for a shell.

use std::fmt::Write as _;

use crate::event::{Body, RequestSummary};
use crate::printable::{command_places, is_hidden};

/// The longest body that stands in the line.
const LONGEST: usize = 4_000;

/// Headers that curl sends by itself, or that change nothing.
const LEFT_OUT: [&str; 5] =
    ["accept-encoding", "connection", "content-length", "host", "user-agent"];

/// The `curl` command that sends a request again. The token stands in it as the environment
/// variable that holds it; what was redacted or cut has to be filled in.
pub fn curl(request: &RequestSummary) -> String {
    let RequestSummary { method, url, attempts: _, headers, body, token } = request;
    let mut line = "curl".to_owned();
    match (method.as_str(), body) {
        ("GET", None) => {}
        ("HEAD", _) => line.push_str(" --head"),
        (method, _) => line.extend([" -X ", &quote(method)]),
    }
    if url.contains(['[', ']', '{', '}']) {
        line.push_str(" --globoff");
    }
    line.extend([" ", &quote(url)]);
    for (name, value) in headers.0.iter().filter(|(name, _)| !LEFT_OUT.contains(&&**name)) {
        match token {
            Some(variable) if name == "authorization" => {
                let _ = write!(line, " -H \"{name}: Bearer ${variable}\"");
            }
            // That is how curl sends one without a value.
            _ if value.is_empty() => line.extend([" -H ", &quote(&format!("{name};"))]),
            _ => line.extend([" -H ", &quote(&format!("{name}: {value}"))]),
        }
    }
    match body {
        Some(Body { text, cut }) if *cut || text.len() > LONGEST => {
            line.push_str(" --data-binary @BODY");
        }
        Some(Body { text, .. }) => line.extend([" --data-raw ", &quote(text)]),
        None => {}
    }
    line
}

/// `text` as one word of a POSIX shell. With characters in it that a terminal or a CI system acts
/// on, it is written as bash and zsh read it; other shells take no harm, for no quote is in it.
pub fn quote(text: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "_@%+=:,./-".contains(char);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    let acts = command_places(text);
    if acts.is_empty() && !text.contains(is_hidden) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut word = "$'".to_owned();
    for (at, char) in text.char_indices() {
        match char {
            '\n' => word.push_str("\\n"),
            '\\' => word.push_str("\\\\"),
            _ if char == '\'' || is_hidden(char) || acts.contains(&at) => {
                for byte in char.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(word, "\\x{byte:02x}");
                }
            }
            _ => word.push(char),
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;
    use crate::event::Headers;
    use crate::report::sample;

    /// What a shell makes of a word.
    fn read(shell: &str, word: &str) -> Option<String> {
        let script = format!("printf %s {word}");
        let output = Command::new(shell).args(["-c", &script]).output().ok()?;
        assert!(output.status.success(), "{shell}: {script}");
        Some(String::from_utf8(output.stdout).unwrap())
    }

    #[test]
    fn a_request_is_one_line() {
        let mut request = sample::request("GET", "/v1/customers/?query=a%20b");
        assert_eq!(curl(&request), "curl 'http://127.0.0.1:40123/v1/customers/?query=a%20b'");
        request.method = "PATCH".to_owned();
        request.url = "http://[::1]:4010/v1/customers/{a}".to_owned();
        request.token = Some("POLAR_ACCESS_TOKEN");
        let headers = [
            ("accept", "application/json"),
            ("user-agent", "tieback"),
            ("authorization", "Bearer $POLAR_ACCESS_TOKEN"),
            ("x-empty", ""),
        ];
        request.headers = Headers(headers.map(|(name, value)| (name.into(), value.into())).into());
        request.body = Some(Body::of(b"{\"name\":\"O'Neil $HOME `id`\"}"));
        assert_eq!(
            curl(&request),
            "curl -X PATCH --globoff 'http://[::1]:4010/v1/customers/{a}' -H 'accept: \
             application/json' -H \"authorization: Bearer $POLAR_ACCESS_TOKEN\" -H 'x-empty;' \
             --data-raw '{\"name\":\"O'\\''Neil $HOME `id`\"}'"
        );
        request.body.as_mut().unwrap().cut(10);
        assert!(curl(&request).ends_with(" --data-binary @BODY"));
        request.method = "HEAD".to_owned();
        assert!(curl(&request).starts_with("curl --head "));
    }

    #[test]
    fn a_word_for_other_shells_does_no_harm() {
        let word = quote("'; echo harm\n'$(echo harm)`echo harm`\\");
        assert!(!word.contains('\n'), "{word}");
        assert!(read("sh", &word).is_some());
        for shell in ["sh", "bash", "zsh"] {
            let shown = read(shell, &word);
            assert!(shown.is_none_or(|shown| shown.matches("echo harm").count() == 3), "{shell}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn bash_reads_what_was_meant(
            text in "([ -~]|\\PC|[\n\t\u{202e}'\\\\$`\"!#:]|##vso\\[){0,40}",
        ) {
            let word = quote(&text);
            prop_assert!(!word.contains(is_hidden), "{}", word);
            prop_assert!(command_places(&word).is_empty(), "{}", word);
            if let Some(read) = read("bash", &word) {
                prop_assert_eq!(read, text);
            }
        }

        #[test]
        fn any_shell_reads_what_can_be_seen(text in "[ -~]{0,40}") {
            prop_assume!(command_places(&text).is_empty());
            prop_assert_eq!(read("sh", &quote(&text)).unwrap(), text);
        }
    }
}
