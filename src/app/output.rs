//! The last lines that a program printed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// How many lines are kept.
const LINES: usize = 40;
/// The longest line that is kept, in bytes. A longer one is left out whole: a secret across a cut
/// would not be found.
const LONGEST: usize = 8 * 1024;

/// The last lines of a program's output, of all its streams together.
#[derive(Debug, Clone, Default)]
pub(super) struct Output(Arc<Mutex<VecDeque<String>>>);

impl Output {
    /// Reads a stream to its end.
    pub(super) async fn read(self, stream: impl AsyncRead) {
        let mut stream = std::pin::pin!(stream);
        let (mut line, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            for byte in &buffer[..count] {
                match byte {
                    b'\n' => self.push(&mut line),
                    _ if line.len() <= LONGEST => line.push(*byte),
                    _ => {}
                }
            }
        }
        self.push(&mut line);
    }

    fn push(&self, line: &mut Vec<u8>) {
        let text = if line.len() > LONGEST {
            format!("(a line of more than {LONGEST} bytes)")
        } else {
            String::from_utf8_lossy(line).trim_end().to_owned()
        };
        line.clear();
        if text.is_empty() {
            return;
        }
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(text);
    }

    /// The last lines, the oldest first.
    pub(super) fn last(&self, most: usize) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().skip(lines.len().saturating_sub(most)).cloned().collect()
    }
}
