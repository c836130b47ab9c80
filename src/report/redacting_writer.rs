//! The last net in front of a sink: a writer that lets whole lines through, redacted, and without
//! commands for a CI system where it is a log.
//!
//! Reporters get redacted events. This catches a secret that is learnt only after that.

use std::io::{self, BufWriter, Write};

use crate::printable::defused;
use crate::secret::Redactor;

/// What a report is written to, and what looks over it.
pub struct Output(RedactingWriter<Box<dyn Write + Send>>);

impl Output {
    /// Writes to `writer`.
    pub fn new(writer: impl Write + Send + 'static, redactor: &Redactor) -> Self {
        Self(RedactingWriter::new(Box::new(BufWriter::new(writer)), redactor.clone()))
    }

    /// For a report that is written line by line.
    pub fn by_line(self) -> RedactingWriter<Box<dyn Write + Send>> {
        self.0
    }

    /// For a report that is written whole, at the end, from texts without secrets and commands. It
    /// needs no second look, which would take out a word of its layout where a target chose that as
    /// a secret.
    pub fn whole(self) -> Box<dyn Write + Send> {
        self.0.inner
    }

    /// For a report of both sorts: what is written line by line.
    pub fn line(&mut self) -> &mut impl Write {
        &mut self.0
    }

    /// For a report of both sorts: what is written whole, at the end.
    pub fn raw(&mut self) -> &mut impl Write {
        &mut self.0.inner
    }
}

/// A writer that holds a line back until it is whole, and takes secrets out of it.
pub struct RedactingWriter<W: Write> {
    inner: W,
    redactor: Redactor,
    held: Vec<u8>,
}

impl<W: Write> RedactingWriter<W> {
    /// Writes to `inner` what `redactor` leaves. Flush it at the end of a line only: what was
    /// begun is written then, and a secret may stand across the cut.
    pub fn new(inner: W, redactor: Redactor) -> Self {
        Self { inner, redactor, held: Vec::new() }
    }

    fn write_held(&mut self, until: usize) -> io::Result<()> {
        let lines: Vec<u8> = self.held.drain(..until).collect();
        let text = String::from_utf8_lossy(&lines);
        self.inner.write_all(defused(&self.redactor.redact(&text)).as_bytes())
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
