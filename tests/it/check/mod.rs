//! `tieback check`, `tieback list` and `tieback explain`, through the built program.

mod explain;
mod golden;
mod good;
mod hostile;
mod list;
mod round_trip;
mod sources;

use crate::support::program::Test;

/// `tieback` with these arguments.
fn tieback(arguments: &[&str]) -> Test {
    Test::new(arguments[0]).args(&arguments[1..])
}

/// Errors in arguments are coloured, or not, like everything else.
#[test]
fn colour_of_argument_errors() {
    for (arguments, coloured) in [
        (["--color", "never", "run", "--no-such"], false),
        (["run", "--no-such", "--color=never", "--x"], false),
        (["--color", "always", "run", "--no-such"], true),
        (["run", "--no-such", "--color=always", "--x"], true),
        (["run", "--no-such", "--x", "--y"], false),
    ] {
        for environment in [None, Some("1")] {
            // The flag wins over the environment.
            let forced = environment.filter(|_| arguments.concat().contains("never"));
            let test = tieback(&arguments).status(2);
            let test = forced.into_iter().fold(test, |test, on| test.env("CLICOLOR_FORCE", on));
            let coloured_stderr = test.done().stderr.contains('\u{1b}');
            assert_eq!(coloured_stderr, coloured, "{arguments:?}");
        }
    }
}
