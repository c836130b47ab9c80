//! This run beside an earlier one, a line for what broke, healed and is new.

use std::io::{self, Write};

use super::paper::Paper;
use crate::event::Comparison;
use crate::printable::{printable, shortened};

/// The longest name that is shown.
const NAME: usize = 160;

/// Writes the lines.
pub fn write<W: Write>(paper: &mut Paper<W>, comparison: &Comparison) -> io::Result<()> {
    paper.distance()?;
    let style = paper.look.style;
    let title = format!("compared with {}:", printable(&comparison.with));
    paper.hanging("  ", "", &title, |line| style.strong(line))?;
    let lists = comparison.lists();
    if lists.iter().all(|(_, list)| list.is_empty()) {
        paper.hanging("  ", "  ", "nothing is different", str::to_owned)?;
    }
    for (what, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        let names: Vec<_> = list.iter().map(|one| shortened(&one.scenario, NAME)).collect();
        let text = format!("{what}: {}", names.join(", "));
        paper.hanging("  ", "  ", &text, str::to_owned)?;
    }
    Ok(())
}
