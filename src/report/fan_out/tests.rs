use std::fs;

use super::*;
use crate::event::RunReport;
use crate::report::sample::{self, Page, events, everything};
use crate::secret::Secret;

/// What stdout and stderr got, and whether a report is incomplete.
fn run(
    options: &Options,
    redactor: &Redactor,
    report: &RunReport,
) -> Result<(String, String, bool), ReportFileError> {
    let (stdout, stderr) = (Page::default(), Page::default());
    let incomplete =
        run_on(options, redactor, report, Stream::new(stdout.clone(), false), &stderr)?;
    Ok((stdout.text(), stderr.text(), incomplete))
}

fn run_on(
    options: &Options,
    redactor: &Redactor,
    report: &RunReport,
    stdout: Stream,
    stderr: &Page,
) -> Result<bool, ReportFileError> {
    let stderr = Stream::new(stderr.clone(), false);
    let mut reporters = Reporters::open(options, redactor, stdout, stderr, ColorEnv::default())?;
    for event in events(report) {
        reporters.event(event);
    }
    Ok(!reporters.finish())
}

fn file(format: Format, path: &std::path::Path) -> ReportFile {
    ReportFile { format, path: path.to_owned() }
}

#[test]
fn every_format_on_stdout_and_in_files() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let formats = [Format::Human, Format::Json, Format::Junit, Format::Tap];
    let path = |format: Format| folder.path().join(format.to_string());
    let options = Options {
        files: formats.map(|format| file(format, &path(format))).into(),
        ..Options::default()
    };
    for format in formats {
        let options = Options { format, ..options.clone() };
        let (stdout, stderr, incomplete) = run(&options, &Redactor::default(), &everything())?;
        assert!(!incomplete);
        let file = fs::read_to_string(path(format))?;
        match format {
            // stderr says what was tested beside stdout, and nobody does beside a file.
            Format::Human => {
                assert!(
                    file.starts_with("target: ")
                        && file.contains(stdout.lines().nth(1).unwrap_or("?"))
                );
            }
            _ => assert_eq!(stdout, file),
        }
        assert!(stderr.starts_with("target: http://127.0.0.1:40123 (embedded)"), "{stderr}");
    }
    assert_eq!(fs::read_dir(folder.path())?.count(), formats.len());
    Ok(())
}

#[test]
fn files_are_plain_when_stdout_is_coloured() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("report.txt");
    let options = Options {
        color: ColorChoice::Always,
        files: vec![file(Format::Human, &path)],
        ..Options::default()
    };
    let (stdout, ..) = run(&options, &Redactor::default(), &everything())?;
    assert!(stdout.contains("\u{1b}[1;31mFAIL"));
    assert!(!fs::read_to_string(&path)?.contains('\u{1b}'));
    Ok(())
}

#[test]
fn secrets_reach_no_sink_in_no_format() -> Result<(), Box<dyn std::error::Error>> {
    const TOKEN: &str = "polar_oat_<&\"'>\n\u{202e}_1234567890";
    let mut report = everything();
    let step = &mut report.scenarios[1].steps[1];
    step.name = TOKEN.to_owned();
    // It stands where long values are cut.
    step.checks[1].actual = format!("{}{TOKEN}{}", "a".repeat(148), "b".repeat(200)).into();
    step.response = Some(sample::answer(500, &format!("{}{TOKEN}", "c".repeat(230))));
    report.notices.push(TOKEN.to_owned());
    let redactor = Redactor::default();
    redactor.learn(&Secret::new(TOKEN));
    for format in [Format::Human, Format::Json, Format::Junit, Format::Tap] {
        for detail in [Detail::Quiet, Detail::Normal, Detail::Verbose] {
            let (stdout, stderr, _) =
                run(&Options { format, detail, ..Options::default() }, &redactor, &report)?;
            let all = stdout + &stderr;
            assert!(!all.contains("polar_oat") && !all.contains("1234567890"), "{all}");
            assert!(all.contains("(redacted)"));
        }
    }
    Ok(())
}

/// A sink that fails as it is told.
struct Broken(io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(self.0.into())
    }
}

#[test]
fn a_reader_that_went_away_stops_nothing() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("report.json");
    let options = Options { files: vec![file(Format::Json, &path)], ..Options::default() };
    for (kind, counts) in [(io::ErrorKind::BrokenPipe, false), (io::ErrorKind::StorageFull, true)] {
        let stderr = Page::default();
        let stdout = Stream::new(Broken(kind), false);
        let incomplete = run_on(&options, &Redactor::default(), &everything(), stdout, &stderr)?;
        assert_eq!(incomplete, counts);
        assert_eq!(stderr.text().contains("error: cannot write the report to stdout"), counts);
        assert!(fs::read_to_string(&path)?.ends_with("}\n"));
        fs::remove_file(&path)?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_written_is_said_and_remembered() -> Result<(), Box<dyn std::error::Error>>
{
    let options = Options {
        files: vec![file(Format::Tap, std::path::Path::new("/dev/full"))],
        ..Options::default()
    };
    let (stdout, stderr, incomplete) = run(&options, &Redactor::default(), &everything())?;
    assert!(incomplete && stdout.contains("in 812.4 ms; 1 step skipped\n"));
    assert!(
        stderr.contains("error: cannot write the tap report to /dev/full: No space left on device"),
        "{stderr}"
    );
    Ok(())
}

#[test]
fn bad_files_are_known_before_the_run() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let nowhere = folder.path().join("no/report.xml");
    let open = |files| {
        let options = Options { files, ..Options::default() };
        run(&options, &Redactor::default(), &everything()).map_err(|error| error.to_string())
    };
    let nowhere_error = open(vec![file(Format::Junit, &nowhere)]);
    assert!(
        matches!(nowhere_error, Err(ref text) if text.starts_with("cannot write the junit report to "))
    );
    let (one, other) = (folder.path().join("a"), folder.path().join("./a"));
    let twice = open(vec![file(Format::Json, &one), file(Format::Tap, &other)]);
    assert!(matches!(twice, Err(ref text) if text.starts_with("two reports go to ")), "{twice:?}");
    assert_eq!(fs::read_dir(folder.path())?.count(), 0);
    Ok(())
}

#[test]
fn report_files_are_named_by_format_and_path() {
    let parse = |text: &str| text.parse::<ReportFile>();
    assert_eq!(parse("junit=out/a=b.xml"), Ok(file(Format::Junit, "out/a=b.xml".as_ref())));
    for (text, error) in [
        ("report.xml", "expected FORMAT=FILE, for example junit=report.xml"),
        (
            "xml=report.xml",
            "invalid format 'xml': expected one of human, json, junit, tap, github, markdown, html",
        ),
        ("json=", "json= names no file"),
        ("json=-", "stdout is what --format is for: use --format json"),
    ] {
        assert_eq!(parse(text), Err(error.to_owned()));
    }
}
