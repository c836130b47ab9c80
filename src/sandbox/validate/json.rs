//! Where Python's own JSON parser stops reading a broken body: the real API answers with that
//! position. Only read when a body did not parse, so nothing here needs to be fast.

/// The position, in characters, and the reason; `None` where Python would have read the text.
pub(crate) fn syntax_error(text: &str) -> Option<(usize, String)> {
    let chars: Vec<char> = text.chars().collect();
    let mut scan = Scan { chars: &chars, at: 0 };
    let read = (|| {
        scan.spaces();
        scan.value(0)?;
        scan.spaces();
        if scan.at < chars.len() { Err((scan.at, "Extra data")) } else { Ok(()) }
    })();
    read.err().map(|(at, reason)| (at, reason.to_owned()))
}

type Broken = (usize, &'static str);

/// Python gives up on nesting at about this depth.
const DEEPEST: usize = 900;

struct Scan<'c> {
    chars: &'c [char],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn spaces(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), Broken> {
        if depth > DEEPEST {
            return Err((self.at, "Expecting value"));
        }
        match self.peek() {
            Some('"') => self.string(),
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            Some(c) if c == '-' || c.is_ascii_digit() => self.number(),
            _ => ["null", "true", "false", "NaN", "Infinity"]
                .iter()
                .any(|word| self.word(word))
                .then_some(())
                .ok_or((self.at, "Expecting value")),
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.chars[self.at..].iter().copied().take(word.len()).eq(word.chars());
        if found {
            self.at += word.len();
        }
        found
    }

    fn number(&mut self) -> Result<(), Broken> {
        let start = self.at;
        if self.word("-Infinity") {
            return Ok(());
        }
        self.at += usize::from(self.peek() == Some('-'));
        match self.peek() {
            Some('0') => self.at += 1,
            Some(c) if c.is_ascii_digit() => self.digits(),
            _ => {
                self.at = start;
                return Err((start, "Expecting value"));
            }
        }
        if self.peek() == Some('.') && self.chars.get(self.at + 1).is_some_and(char::is_ascii_digit)
        {
            self.at += 1;
            self.digits();
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            let signed = matches!(self.chars.get(self.at + 1), Some('+' | '-'));
            let exponent = self.at + 1 + usize::from(signed);
            if self.chars.get(exponent).is_some_and(char::is_ascii_digit) {
                self.at = exponent;
                self.digits();
            }
        }
        Ok(())
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Result<(), Broken> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err((start, "Unterminated string starting at")),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') => self.escape(start)?,
                Some(c) if c < ' ' => return Err((self.at, "Invalid control character at")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self, start: usize) -> Result<(), Broken> {
        match self.chars.get(self.at + 1) {
            None => Err((start, "Unterminated string starting at")),
            Some('u') => {
                let digits = self.chars.get(self.at + 2..self.at + 6).unwrap_or_default();
                if digits.len() == 4 && digits.iter().all(char::is_ascii_hexdigit) {
                    self.at += 6;
                    Ok(())
                } else {
                    Err((self.at + 1, "Invalid \\uXXXX escape"))
                }
            }
            Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => {
                self.at += 2;
                Ok(())
            }
            Some(_) => Err((self.at, "Invalid \\escape")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), Broken> {
        const NAME: &str = "Expecting property name enclosed in double quotes";
        self.at += 1;
        self.spaces();
        if self.peek() == Some('}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.peek() != Some('"') {
                return Err((self.at, NAME));
            }
            self.string()?;
            self.spaces();
            if self.peek() != Some(':') {
                return Err((self.at, "Expecting ':' delimiter"));
            }
            self.at += 1;
            self.spaces();
            self.value(depth + 1)?;
            self.spaces();
            match self.peek() {
                Some('}') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(',') => {
                    let comma = self.at;
                    self.at += 1;
                    self.spaces();
                    if self.peek() == Some('}') {
                        return Err((comma, "Illegal trailing comma before end of object"));
                    }
                }
                _ => return Err((self.at, "Expecting ',' delimiter")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), Broken> {
        self.at += 1;
        self.spaces();
        if self.peek() == Some(']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            self.spaces();
            match self.peek() {
                Some(']') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(',') => {
                    let comma = self.at;
                    self.at += 1;
                    self.spaces();
                    if self.peek() == Some(']') {
                        return Err((comma, "Illegal trailing comma before end of array"));
                    }
                }
                _ => return Err((self.at, "Expecting ',' delimiter")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::syntax_error;

    #[test]
    fn positions_are_those_of_python() {
        for (text, at, reason) in [
            ("{\"email\": ", 10, "Expecting value"),
            ("{email: 1}", 1, "Expecting property name enclosed in double quotes"),
            ("{\"é\" 1}", 5, "Expecting ':' delimiter"),
            ("{\"a\": 1,}", 7, "Illegal trailing comma before end of object"),
            ("{\"a\": \"b", 6, "Unterminated string starting at"),
            ("{} x", 3, "Extra data"),
            ("-", 0, "Expecting value"),
        ] {
            assert_eq!(syntax_error(text), Some((at, reason.to_owned())), "{text}");
        }
    }
}
