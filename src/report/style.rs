//! Colour: one [`Style`] a sink, plain unless it was decided otherwise.

use colored::Colorize as _;

/// When to colour the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What the environment says about colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ColorEnv {
    /// `NO_COLOR` is there and not empty.
    pub no_color: bool,
    /// `CLICOLOR_FORCE` is there, not empty and not `0`.
    pub force: bool,
}

impl ColorEnv {
    /// Reads the environment of this process.
    #[must_use]
    pub fn read() -> Self {
        let value = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            no_color: value("NO_COLOR").is_some(),
            force: value("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
        }
    }
}

/// Whether a sink is coloured. The flag wins over the environment; of two variables that disagree,
/// the one that asks for less.
#[must_use]
pub fn decide(choice: ColorChoice, is_terminal: bool, env: ColorEnv) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => !env.no_color && (env.force || is_terminal),
    }
}

/// How the parts of a report look. Plain by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    coloured: bool,
}

impl Style {
    /// A style that colours.
    ///
    /// `colored` decides once for the whole process, by looking at stdout. The decision is ours and
    /// a sink's own, so its switch is set to on for good, and a plain style does not ask it.
    #[must_use]
    pub fn coloured() -> Self {
        colored::control::set_override(true);
        Self { coloured: true }
    }

    /// [`Style::coloured`] or the plain one.
    #[must_use]
    pub fn new(coloured: bool) -> Self {
        if coloured { Self::coloured() } else { Self::default() }
    }

    /// Something that went well.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.paint(text, |text| text.green())
    }

    /// Something that failed.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.paint(text, |text| text.red().bold())
    }

    /// Something that could not be told.
    #[must_use]
    pub fn warn(self, text: &str) -> String {
        self.paint(text, |text| text.yellow())
    }

    /// Something to find first.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.paint(text, |text| text.bold())
    }

    /// Something to look at last.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.paint(text, |text| text.dimmed())
    }

    fn paint(self, text: &str, paint: impl FnOnce(&str) -> colored::ColoredString) -> String {
        if self.coloured && !text.is_empty() { paint(text).to_string() } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: ColorEnv = ColorEnv { no_color: false, force: false };
    const NO_COLOR: ColorEnv = ColorEnv { no_color: true, force: false };
    const FORCE: ColorEnv = ColorEnv { no_color: false, force: true };
    const BOTH: ColorEnv = ColorEnv { no_color: true, force: true };

    #[test]
    fn the_flag_wins_over_everything() {
        for env in [NOTHING, NO_COLOR, FORCE, BOTH] {
            for terminal in [false, true] {
                assert!(decide(ColorChoice::Always, terminal, env));
                assert!(!decide(ColorChoice::Never, terminal, env));
            }
        }
    }

    #[test]
    fn auto_asks_the_environment_then_the_sink() {
        let auto = |terminal, env| decide(ColorChoice::Auto, terminal, env);
        assert!(auto(true, NOTHING));
        assert!(!auto(false, NOTHING));
        assert!(!auto(true, NO_COLOR));
        assert!(auto(false, FORCE));
        assert!(!auto(true, BOTH));
    }

    #[test]
    fn a_plain_style_stays_plain_beside_a_coloured_one() {
        let (coloured, plain) = (Style::coloured(), Style::default());
        assert_eq!(coloured.bad("FAIL"), "\u{1b}[1;31mFAIL\u{1b}[0m");
        assert_eq!(plain.bad("FAIL"), "FAIL");
    }
}
