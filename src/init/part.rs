//! Calls and blocks: where what a pattern begins has its end.

use std::ops::Range;

use super::code::Code;
use crate::provider::Language;

/// What stands between the parentheses, the first of which ends at `from`.
pub(super) fn call(code: &Code, from: usize) -> Range<usize> {
    from..closed(&code.bones, from)
}

/// Where the bracket closes in which `from` stands, or the text ends.
fn closed(bones: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in bones.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return at,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
    }
    bones.len()
}

/// The block that what stands at `head` begins, `head` included.
pub(super) fn block(code: &Code, head: Range<usize>) -> Range<usize> {
    let end = match code.language {
        Language::Python | Language::Ruby => indented(&code.text, head.clone()),
        _ => braced(code, &head),
    };
    head.start..end
}

/// The end of the lines after `head` that are set in deeper than its own.
fn indented(text: &str, head: Range<usize>) -> usize {
    let start = text.get(..head.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, depth);
    let mut end = text
        .get(head.end..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |at| head.end + at + 1);
    for line in text.get(end..).unwrap_or_default().split_inclusive('\n') {
        if !line.trim().is_empty() && depth(line) <= own {
            break;
        }
        end += line.len();
    }
    end
}

/// The end of a block in braces, of a `case`, or of a value after `:` or `=>`.
fn braced(code: &Code, head: &Range<usize>) -> usize {
    let found = code.text.get(head.clone()).unwrap_or_default();
    if found.starts_with("case") {
        return case(&code.bones, head.end);
    }
    if found.ends_with(':') || found.ends_with("=>") {
        return value(&code.bones, head.end);
    }
    let brace = code.bones.get(head.end..).and_then(|rest| rest.find(['{', ';']));
    match brace.map(|at| head.end + at) {
        Some(at) if code.bones.as_bytes().get(at) == Some(&b'{') => closed(&code.bones, at + 1),
        _ => head.end,
    }
}

/// The end of a `case`: the next one that does not follow at once, or the end of the `switch`.
fn case(bones: &str, from: usize) -> usize {
    let end = closed(bones, from);
    let body = bones.get(from..end).unwrap_or_default();
    let (mut depth, mut begun) = (0_usize, false);
    let mut labelled = true;
    for (at, char) in body.char_indices() {
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let rest = body.get(at..).unwrap_or_default();
        let word = depth == 0 && (rest.starts_with("case ") || rest.starts_with("default"));
        if word && begun {
            return from + at;
        }
        // A label is not a statement.
        if word {
            labelled = false;
        } else if char == ':' && !labelled {
            labelled = true;
        } else if labelled && !char.is_whitespace() && !":\"',".contains(char) {
            begun = true;
        }
    }
    end
}

/// The end of a value: the comma after it, or what closes around it.
fn value(bones: &str, from: usize) -> usize {
    let end = closed(bones, from);
    let mut depth = 0_usize;
    for (at, byte) in bones.bytes().enumerate().take(end).skip(from) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return at,
            _ => {}
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(language: Language, source: &str, head: &str) -> String {
        let code = Code::new(language, source);
        let at = source.find(head).unwrap();
        code.text[block(&code, at..at + head.len())].to_owned()
    }

    #[test]
    fn a_block_ends_where_a_reader_sees_its_end() {
        let script = "switch (t) { case 'a': case 'b': f('}'); { g(); } break; case 'c': h(); }";
        assert_eq!(
            found(Language::Script, script, "case 'a'"),
            "case 'a': case 'b': f('}'); { g(); } break; "
        );
        assert_eq!(found(Language::Script, script, "case 'c'"), "case 'c': h(); ");
        let go = "switch t {\ncase \"a\":\n\tx()\ndefault:\n\ty()\n}";
        assert_eq!(found(Language::Go, go, "case \"a\""), "case \"a\":\n\tx()\n");
        let chosen = "if (t === 'a') { f(); } g();";
        assert_eq!(found(Language::Script, chosen, "=== 'a'"), "=== 'a') { f(); ");
        let given = "on({ a: async (x) => { f(x, y); }, b: g })";
        assert_eq!(found(Language::Script, given, "a:"), "a: async (x) => { f(x, y); }");
        let python = "if a:\n    f()\n\n    g()\nh()\n";
        assert_eq!(found(Language::Python, python, "if a:"), "if a:\n    f()\n\n    g()\n");
        let ruby = "case t\nwhen 'a'\n  f\nwhen 'b'\n  g\nend\n";
        assert_eq!(found(Language::Ruby, ruby, "when 'a'"), "when 'a'\n  f\n");
    }

    #[test]
    fn a_call_ends_with_its_parenthesis() {
        let code = Code::new(Language::Script, "f(g(')'), [1]); h()");
        assert_eq!(code.text[call(&code, 2)], *"g(')'), [1]");
    }
}
