//! One program of an app file, whose standard output is JSON.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use super::group::Group;
use super::output::Output;

/// The most that is read of its output, in bytes.
const LONGEST: u64 = 1024 * 1024;
/// How many of its last error lines are quoted.
const QUOTED: usize = 3;

/// Runs a program with its arguments in `folder`; returns what it printed. The error says why there
/// is nothing, as a sentence fragment.
pub async fn run(command: &[String], folder: &Path, limit: Duration) -> Result<Vec<u8>, String> {
    let Some((program, arguments)) = command.split_first() else {
        return Err("no program is named".to_owned());
    };
    let mut inner = Command::new(program);
    inner.args(arguments).current_dir(folder);
    inner.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut group =
        Group::brief(inner).map_err(|error| format!("`{program}` cannot be run: {error}"))?;
    let errors = Output::default();
    let (stdout, stderr) = group.streams();
    let printed = async {
        let (printed, ()) = tokio::join!(all(stdout), async {
            if let Some(stderr) = stderr {
                errors.clone().read(stderr).await;
            }
        });
        (printed, group.wait().await)
    };
    let (printed, status) = timeout(limit, printed)
        .await
        .map_err(|_| format!("`{program}` did not end within {limit:?}"))?;
    if printed.len() as u64 > LONGEST {
        return Err(format!("`{program}` printed more than {LONGEST} bytes"));
    }
    let status = status.map_err(|error| format!("`{program}` was lost: {error}"))?;
    if !status.success() {
        let said = errors.last(QUOTED).join(" / ");
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        return Err(format!("`{program}` ended with {status}{said}"));
    }
    Ok(printed)
}

/// What a stream holds, up to one byte more than the limit.
async fn all(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let _ = stream.take(LONGEST + 1).read_to_end(&mut bytes).await;
    }
    bytes
}
