//! This run beside an earlier one, a line for what broke, healed and is new.

use std::io::{self, Write};

use super::Look;
use super::step::name;
use crate::event::Comparison;
use crate::printable::printable;
use crate::report::layout::{WIDTH, wrap};

/// Writes the lines, and a blank one after them.
pub fn write(out: &mut impl Write, look: Look, comparison: &Comparison) -> io::Result<()> {
    let heading = format!("compared with {}:", printable(&comparison.with));
    writeln!(out, "{}", look.style.strong(&heading))?;
    let lists = comparison.lists();
    if lists.iter().all(|(_, list)| list.is_empty()) {
        writeln!(out, "  nothing is different")?;
    }
    for (what, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        let names: Vec<_> = list.iter().map(|one| name(&one.scenario)).collect();
        for line in wrap(&format!("{what}: {}", names.join(", ")), WIDTH - 2) {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out)
}
