//! Makes the list of the scenarios that ship with the program: every file in `scenarios/`, by the
//! number with which its first line begins, then by name. That is the order in which they run.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=scenarios");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("scenarios");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        files.push((number(&fs::read_to_string(&path)?), path));
    }
    files.sort();
    let mut list = "&[\n".to_owned();
    for (_, path) in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let path = path.to_string_lossy();
        writeln!(list, "BuiltIn {{ name: {name:?}, text: include_str!({path:?}) }},")?;
    }
    list.push(']');
    let target = PathBuf::from(env::var("OUT_DIR")?).join("built_in.rs");
    Ok(fs::write(target, list)?)
}

/// The number in `# 1. What the scenario asks`; a file without one comes last.
fn number(text: &str) -> u32 {
    let number = text.strip_prefix("# ").and_then(|line| line.split_once(". "));
    number.and_then(|(number, _)| number.parse().ok()).unwrap_or(u32::MAX)
}
