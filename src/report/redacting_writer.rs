//! The last net in front of a sink: a writer that lets whole lines through, redacted, and without commands for
//! a CI system where it is a log.
//!
//! Reporters get events that are clean already. What a secret learnt only now would reveal in a
//! text that was kept back, this catches.

use std::io::{self, Write};

use crate::printable::defused;
use crate::secret::Redactor;

/// A writer that holds a line back until it is whole, and takes secrets out of it.
pub struct RedactingWriter<W: Write> {
    inner: W,
    /// None where the format sees to both by itself.
    net: Option<Redactor>,
    held: Vec<u8>,
}

impl<W: Write> RedactingWriter<W> {
    /// Writes to `inner` what `redactor` leaves. Flush it at the end of a line only: what was
    /// begun is written then, and a secret may stand across the cut.
    pub fn new(inner: W, redactor: Redactor) -> Self {
        Self { inner, net: Some(redactor), held: Vec::new() }
    }

    /// Writes to `inner` as it is.
    pub fn plain(inner: W) -> Self {
        Self { inner, net: None, held: Vec::new() }
    }

    fn write_held(&mut self, until: usize) -> io::Result<()> {
        let lines: Vec<u8> = self.held.drain(..until).collect();
        let text = String::from_utf8_lossy(&lines);
        match &self.net {
            Some(redactor) => self.inner.write_all(defused(&redactor.redact(&text)).as_bytes()),
            None => self.inner.write_all(text.as_bytes()),
        }
    }
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if bytes.contains(&b'\n')
            && let Some(last) = self.held.iter().rposition(|byte| *byte == b'\n')
        {
            self.write_held(last + 1)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_held(self.held.len())?;
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_secret_written_in_pieces_is_taken_out() -> io::Result<()> {
        let redactor = Redactor::default();
        let mut out = Vec::new();
        let mut writer = RedactingWriter::new(&mut out, redactor.clone());
        writer.write_all(b"first\ntoken polar_oat_")?;
        redactor.learn(&Secret::new("polar_oat_12345"));
        writer.write_all(b"12345 end\nlast")?;
        writer.flush()?;
        assert_eq!(String::from_utf8_lossy(&out), "first\ntoken (redacted) end\nlast");
        Ok(())
    }

    #[test]
    fn a_character_cut_in_two_stays_whole() -> io::Result<()> {
        let mut out = Vec::new();
        let mut writer = RedactingWriter::new(&mut out, Redactor::default());
        for byte in "é名\n".as_bytes() {
            writer.write_all(&[*byte])?;
        }
        assert_eq!(String::from_utf8_lossy(&out), "é名\n");
        Ok(())
    }
}
