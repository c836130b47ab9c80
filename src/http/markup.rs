//! What a page or an XML answer says, in plain text.

/// The elements that hold a reason, in the order in which they are believed; `title` and headings
/// last, because pages have them and XML does not.
const TELLING: &[&str] = &[
    "message",
    "faultstring",
    "errormessage",
    "detail",
    "description",
    "reason",
    "title",
    "h1",
    "pre",
];

/// The text of the first element that tells something.
#[must_use]
pub(super) fn texts(page: &str) -> Option<String> {
    TELLING.iter().find_map(|name| element(page, name))
}

/// The title of a page.
#[must_use]
pub(super) fn title(page: &str) -> Option<String> {
    element(page, "title").or_else(|| element(page, "h1"))
}

/// All text, without tags, scripts and styles.
#[must_use]
pub(super) fn text(page: &str) -> String {
    let (mut text, mut rest) = (String::new(), page);
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        let hidden = ["script", "style", "!--"].into_iter().find(|name| starts(tag, name));
        let end = match hidden {
            Some("!--") => tag.split_once("-->"),
            Some(name) => {
                split_tag(tag, &format!("</{name}")).and_then(|(_, end)| end.split_once('>'))
            }
            None => tag.split_once('>'),
        };
        rest = end.map_or("", |(_, rest)| rest);
    }
    text.push_str(rest);
    plain(&text)
}

/// The text of the first element called `name`, with or without a prefix.
fn element(page: &str, name: &str) -> Option<String> {
    let mut rest = page;
    while let Some((_, tag)) = rest.split_once('<') {
        rest = tag;
        let (head, body) = tag.split_once('>')?;
        let called = head.split([' ', '\n', '\t', '/']).next()?;
        let local = called.rsplit(':').next()?;
        if local.eq_ignore_ascii_case(name) && !head.ends_with('/') {
            let (inside, _) = split_tag(body, &format!("</{called}"))?;
            let found = text(inside);
            if !found.is_empty() {
                return Some(found);
            }
        }
    }
    None
}

fn starts(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

/// Splits at `tag`, in any case.
fn split_tag<'a>(text: &'a str, tag: &str) -> Option<(&'a str, &'a str)> {
    let at = text.match_indices('<').map(|(at, _)| at).find(|at| starts(&text[*at..], tag))?;
    Some((&text[..at], &text[at + tag.len()..]))
}

/// Text with the usual entities replaced and its spaces collapsed.
fn plain(text: &str) -> String {
    let mut text = text.replace("<![CDATA[", "").replace("]]>", "");
    for (entity, char) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&nbsp;", " "),
        ("&ndash;", "–"),
        ("&mdash;", "—"),
        ("&hellip;", "…"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, char);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
