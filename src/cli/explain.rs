//! `tieback explain`: the pages of docs/diagnoses.md, one for each code.

use std::fmt::Write as _;
use std::io;

use super::load::Problem;
use super::{Global, colour, output};
use crate::event::Code;
use crate::exit;
use crate::scenario::did_you_mean;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The codes to explain, as a report names them; all are listed when none is given
    #[arg(value_name = "CODE")]
    codes: Vec<String>,
}

/// The one source of the pages: the documentation.
const PAGES: &str = include_str!("../../docs/diagnoses.md");

/// Carries the command out and returns its exit code.
pub(super) fn execute(args: &Args, global: &Global) -> anyhow::Result<u8> {
    let mut pages = Vec::new();
    for typed in &args.codes {
        let Some(page) = named(typed).and_then(page) else {
            let problem = unknown(typed);
            output::stderr(&problem.render(colour::wanted(global.color, &io::stderr())));
            return Ok(exit::USAGE);
        };
        pages.push(page);
    }
    let mut text = pages.iter().map(Page::text).collect::<Vec<_>>().join("\n");
    if pages.is_empty() {
        let width = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or(0);
        for page in Code::ALL.into_iter().filter_map(page) {
            writeln!(text, "{:width$}  {}", page.code.as_str(), page.summary.replace('\n', " "))?;
        }
    }
    output::stdout(&text)?;
    Ok(exit::PASSED)
}

/// The code that was typed, in any case, with `-` or `_`.
fn named(typed: &str) -> Option<Code> {
    let wanted = typed.trim().to_lowercase().replace('-', "_");
    Code::ALL.into_iter().find(|code| code.as_str() == wanted)
}

fn unknown(typed: &str) -> Problem {
    let typed = typed.replace('-', "_");
    let help = match did_you_mean(&typed, Code::ALL.iter().map(|code| code.as_str())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`tieback explain` lists the codes".to_owned(),
    };
    Problem::unreadable(format!("no diagnosis is called `{typed}`"), help)
}

/// What is said about one code.
struct Page {
    code: Code,
    /// Its first sentence.
    summary: &'static str,
    /// The rest, in Markdown.
    body: &'static str,
}

impl Page {
    /// As it reads on a terminal: headings end in a colon, code is set in.
    fn text(&self) -> String {
        let kind =
            if self.code.is_error() { "could not be tested: exit 3" } else { "failed: exit 1" };
        let mut text = format!("{} ({kind})\n{}\n", self.code.as_str(), self.summary);
        let mut in_code = false;
        for line in self.body.lines() {
            if let Some(language) = line.strip_prefix("```") {
                in_code = !in_code;
                match language {
                    "ts" => text.push_str("In TypeScript:\n"),
                    "python" => text.push_str("In Python:\n"),
                    _ => {}
                }
                continue;
            }
            match line.strip_prefix("### ") {
                _ if in_code => text.extend(["    ", line]),
                Some(heading) => text.extend([heading, ":"]),
                None => text.push_str(line),
            }
            text.push('\n');
        }
        text
    }
}

/// The section about a code.
fn page(code: Code) -> Option<Page> {
    let (_, section) = sections().find(|(name, _)| *name == code.as_str())?;
    let (summary, body) =
        section.split_once("\n\n### ").map(|(summary, _)| (summary, &section[summary.len()..]))?;
    Some(Page { code, summary, body: body.strip_prefix('\n').unwrap_or(body).trim_end() })
}

/// The name and the text of each section, in order.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGES.split("\n## ").skip(1).filter_map(|section| section.split_once("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: [&str; 3] = ["What it means", "How it comes about", "How to fix it"];

    #[test]
    fn every_code_has_its_section_in_order_and_there_are_no_others() {
        let documented: Vec<_> = sections().map(|(name, _)| name).collect();
        assert_eq!(documented, Code::ALL.map(Code::as_str));
    }

    #[test]
    fn every_section_has_its_three_parts() {
        for code in Code::ALL {
            let page = page(code).expect("a section");
            let parts: Vec<_> =
                page.body.lines().filter_map(|line| line.strip_prefix("### ")).collect();
            assert_eq!(parts, PARTS, "{}", code.as_str());
            for part in page.body.split("### ").skip(1) {
                let (_, text) = part.split_once('\n').unwrap();
                assert!(text.trim().len() > 40, "{}: {part}", code.as_str());
            }
            assert!(page.summary.ends_with('.') && page.summary.len() < 120, "{}", page.summary);
            assert_eq!(
                code.is_error(),
                page.summary.replace('\n', " ").contains("could not be tested"),
                "{}",
                page.summary
            );
        }
    }

    #[test]
    fn pages_are_plain_text_of_a_terminal_s_width() {
        for page in Code::ALL.into_iter().filter_map(page) {
            for line in page.text().lines() {
                assert!(
                    line.chars().count() <= 100 && !line.contains("](") && !line.contains("**"),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn a_code_is_known_in_any_spelling() {
        for typed in ["webhook_unmapped", "Webhook-Unmapped", "WEBHOOK_UNMAPPED "] {
            assert_eq!(named(typed), Some(Code::WebhookUnmapped));
        }
        assert_eq!(named("webhook"), None);
    }
}
