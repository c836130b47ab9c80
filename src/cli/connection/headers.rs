//! Headers that go with every request to the API, as typed or out of files.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::http::{HeaderMap, header};

/// The headers of `--header` and `--header-file`. No error shows a value, which may be a secret.
pub(super) fn read(typed: &[String], files: &[PathBuf]) -> anyhow::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for text in typed {
        add(&mut headers, text).context("--header")?;
    }
    for file in files {
        add_all(&mut headers, file)
            .with_context(|| format!("the header file {}", file.display()))?;
    }
    Ok(headers)
}

/// Adds a line of a file each; empty lines and those that begin with `#` are left out.
fn add_all(headers: &mut HeaderMap, file: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).context("cannot be read")?;
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
    {
        add(headers, line).with_context(|| format!("line {}", index + 1))?;
    }
    Ok(())
}

fn add(headers: &mut HeaderMap, text: &str) -> anyhow::Result<()> {
    let (name, value) =
        text.split_once(':').context("a header is written as `NAME: VALUE`, with a colon")?;
    let (name, value) = (name.trim(), value.trim());
    ensure!(!value.is_empty(), "the header `{name}` has no value");
    let (name, value) = header(name, value).map_err(|why| {
        // What stands before the first colon may be a part of a secret, unless it is a name.
        anyhow::anyhow!("a header cannot be sent: {why}")
    })?;
    headers.append(name, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_errors_show_no_value() {
        let headers = read(&["X-One: a: b".to_owned(), "x-one:c".to_owned()], &[]).unwrap();
        let values: Vec<_> = headers.get_all("x-one").iter().collect();
        assert_eq!(values, ["a: b", "c"]);
        for bad in
            ["sesame", "sesame sesame: x", "x-one: sesame\r\nHost: y", "x-one:", "Host: sesame"]
        {
            let error = format!("{:#}", read(&[bad.to_owned()], &[]).unwrap_err());
            assert!(!error.contains("sesame"), "{error}");
        }
    }
}
