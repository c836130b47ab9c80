//! `tieback completions` and `tieback man`: what they print is read by the shell, or by groff, that
//! it is for, where there is one.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::program::Test;

const COMMANDS: [&str; 5] = ["run", "check", "sandbox", "explain", "completions"];

fn completions(shell: &str) -> String {
    Test::new("completions").arg(shell).done().stdout
}

/// What a program prints that is given `text` on stdin; None where it is not installed.
fn piped(program: &str, arguments: &[&str], text: &str) -> Option<String> {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("{program} is not installed: left out");
        return None;
    };
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{program}: {stderr}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn every_shell_has_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = completions(shell);
        for command in COMMANDS {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    let refused = Test::new("completions").arg("tcsh").status(2).done();
    assert!(refused.stderr.contains("possible values: bash, zsh, fish, powershell"));
}

#[test]
fn shells_read_their_completions() {
    let checked = [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")]
        .map(|(shell, flag)| piped(shell, &[flag], &completions(shell)));
    assert!(checked.iter().flatten().all(String::is_empty), "{checked:?}");
    let parse = "$e = $null; [void][System.Management.Automation.Language.Parser]::ParseInput(\
                 [Console]::In.ReadToEnd(), [ref]$null, [ref]$e); $e";
    let errors = piped("pwsh", &["-NoProfile", "-Command", parse], &completions("powershell"));
    assert!(errors.is_none_or(|errors| errors.trim().is_empty()));
}

/// As bash does when a user types and presses Tab.
#[test]
fn bash_completes_commands_and_options() {
    let completed = |words: &[&str]| {
        let script = format!(
            "{}\nCOMP_WORDS=({}); COMP_CWORD={}\n_tieback tieback '{}' '{}'\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
            completions("bash"),
            words.join(" "),
            words.len() - 1,
            words[words.len() - 1],
            words[words.len() - 2]
        );
        piped("bash", &[], &script).map(|shown| shown.lines().map(str::to_owned).collect())
    };
    let Some(commands): Option<Vec<String>> = completed(&["tieback", "ex"]) else { return };
    assert_eq!(commands, ["explain"]);
    let options: Vec<String> = completed(&["tieback", "run", "--require"]).unwrap();
    assert_eq!(options, ["--require-target"]);
}

#[test]
fn man_prints_a_page_that_groff_reads() {
    let roff = Test::new("man").done().stdout;
    assert!(roff.contains("\n.TH tieback 1") && roff.contains("tieback\\-run(1)"), "{roff}");
    let Some(shown) = piped("groff", &["-man", "-Tascii", "-ww", "-P-c"], &roff) else { return };
    // Headings and bold words are struck over.
    let shown = shown.replace('\u{8}', "");
    assert!(shown.contains("billing customer can be tied back"), "{shown}");
}

#[test]
fn man_knows_the_page_of_each_command() {
    for command in COMMANDS {
        let roff = Test::new("man").arg(command).done().stdout;
        assert!(roff.contains(&format!("\n.TH tieback-{command} 1")), "{roff}");
        piped("groff", &["-man", "-Tascii", "-ww"], &roff);
    }
    Test::new("man").arg("rum").status(2).done().refuses("did you mean `run`?");
}
