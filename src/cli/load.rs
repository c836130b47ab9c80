//! Which scenarios the command line selects, read from wherever they are.

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::quoted::shown;
use crate::printable::printable;
use crate::provider::POLAR;
use crate::scenario::builtin::{BUILT_IN, BuiltIn};
use crate::scenario::{self, Diagnostic, Scenario, Severity};

/// The selected scenarios.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) scenarios: Vec<Scenario>,
    /// What their authors should know, in the order of the selection.
    pub(crate) warnings: Vec<Problem>,
    /// How many app files stand beside them.
    pub(crate) app_files: usize,
}

/// Why not all selected scenarios could be read.
#[derive(Debug)]
pub(crate) struct LoadError {
    /// How many scenarios were looked at.
    pub(crate) scenarios: usize,
    /// What is wrong, in the order of the selection; at least one of them is an error.
    pub(crate) problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug)]
pub(crate) enum Problem {
    /// Something in a scenario.
    Mistake(Box<Diagnostic>),
    /// A file that cannot be read, or is not a scenario.
    Unreadable {
        /// Whether the other scenarios can be run all the same.
        severity: Severity,
        /// What happened: a fragment in lower case.
        title: String,
        /// What to try.
        help: String,
    },
}

impl LoadError {
    /// Everything that is wrong, as people read it.
    pub(crate) fn render(&self, colour: bool) -> String {
        render(&self.problems, colour)
    }
}

/// `problems` as people read them.
pub(crate) fn render(problems: &[Problem], colour: bool) -> String {
    let rendered: Vec<_> = problems.iter().map(|problem| problem.render(colour)).collect();
    rendered.join("\n\n") + "\n"
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for LoadError {}

impl Problem {
    pub(crate) fn unreadable(title: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Unreadable { severity: Severity::Error, title: title.into(), help: help.into() }
    }

    /// Whether it is an error or a warning.
    pub(crate) fn severity(&self) -> Severity {
        match self {
            Self::Mistake(diagnostic) => diagnostic.severity,
            Self::Unreadable { severity, .. } => *severity,
        }
    }

    /// The problem on one line.
    pub(crate) fn brief(&self) -> String {
        match self {
            Self::Mistake(diagnostic) => diagnostic.brief(),
            Self::Unreadable { title, .. } => printable(title).into_owned(),
        }
    }

    /// The problem as people read it.
    pub(crate) fn render(&self, colour: bool) -> String {
        match self {
            Self::Mistake(diagnostic) => diagnostic.render(colour),
            Self::Unreadable { severity, title, help } => {
                scenario::render_message(*severity, title, help, colour)
            }
        }
    }
}

/// Which built-in scenarios are meant where none is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BuiltIns {
    /// All of them.
    All,
    /// Those about the API alone.
    Api,
    /// Those about an app under test.
    App,
}

impl BuiltIns {
    fn include(self, built_in: &BuiltIn) -> bool {
        match self {
            Self::All => true,
            Self::Api => !built_in.is_about_an_app(),
            Self::App => built_in.is_about_an_app(),
        }
    }
}

/// Reads what `selected` names: files, folders and built-in scenarios; where it is empty, the
/// built-in ones that are `meant`. A built-in's name wins over a file of that name, which can be written `./name`.
pub(crate) fn load(selected: &[PathBuf], meant: BuiltIns) -> Result<Loaded, LoadError> {
    let mut loader = Loader::default();
    if selected.is_empty() {
        for built_in in BUILT_IN.iter().filter(|built_in| meant.include(built_in)) {
            loader.built_in(built_in);
        }
    }
    for selection in selected {
        match selection.to_str().and_then(BuiltIn::find) {
            Some(built_in) => loader.built_in(built_in),
            None if selection.as_os_str() == "-" => loader.stdin(),
            None if selection.is_dir() => loader.folder(selection),
            None => loader.file(selection),
        }
    }
    loader.finish()
}

/// What messages call standard input.
const STDIN: &str = "stdin";

#[derive(Default)]
struct Loader {
    /// What was read already, so that a file inside a folder can be named as well.
    seen: HashSet<PathBuf>,
    /// How many scenarios were looked at.
    count: usize,
    /// How many app files were read among them.
    app_files: usize,
    scenarios: Vec<Scenario>,
    problems: Vec<Problem>,
}

impl Loader {
    fn built_in(&mut self, built_in: &BuiltIn) {
        // No file is called that: a path from canonicalize is absolute.
        if self.seen.insert(PathBuf::from(built_in.name)) {
            self.add(built_in.read(&POLAR));
        }
    }

    fn folder(&mut self, folder: &Path) {
        let (files, others) = match scenario_files(folder) {
            Ok(found) => found,
            Err(error) => return self.failed(folder, &error),
        };
        for other in &others {
            self.problems.push(Problem::Unreadable {
                severity: Severity::Warning,
                title: format!("{} is left alone: it is not a regular file", other.display()),
                help: "reading a pipe or a device of a folder may never end; name it itself to read it".to_owned(),
            });
        }
        if files.is_empty() {
            let title = format!("no scenarios in {}", folder.display());
            self.problems.push(Problem::unreadable(
                title,
                "a scenario is a file that ends in .yaml or .yml",
            ));
        }
        // Where the folder is, is looked up once and not for every file in it.
        let real = fs::canonicalize(folder).ok();
        for Found { path, is_link } in files {
            let beside = real.as_ref().filter(|_| !is_link).zip(path.file_name());
            let known = beside.map(|(folder, name)| folder.join(name));
            self.file_at(&path, known.unwrap_or_else(|| real_path(&path)));
        }
    }

    fn file(&mut self, file: &Path) {
        self.file_at(file, real_path(file));
    }

    /// Reads a file, unless it was read already under another of its names; `path` is its own.
    fn file_at(&mut self, file: &Path, path: PathBuf) {
        if self.seen.contains(&path) {
            return;
        }
        let bytes = match File::open(file).and_then(read_some) {
            Ok(bytes) => bytes,
            Err(error) => return self.failed(file, &error),
        };
        self.seen.insert(path);
        self.bytes(&file.display().to_string(), bytes);
    }

    fn stdin(&mut self) {
        // It is read once, however often it is named.
        if !self.seen.insert(PathBuf::from("-")) {
            return;
        }
        match read_some(io::stdin().lock()) {
            Ok(bytes) => self.bytes(STDIN, bytes),
            Err(error) => self.failed(Path::new(STDIN), &error),
        }
    }

    /// Reads a scenario out of a file that is called `name`.
    fn bytes(&mut self, name: &str, bytes: Vec<u8>) {
        match String::from_utf8(bytes) {
            Ok(text) if scenario::is_app_file(&text, &POLAR) => {
                // It stands beside scenarios, and is no scenario itself.
                self.app_files += 1;
                if let Err(found) = scenario::read_app_file(name, &text, &POLAR) {
                    self.mistakes(found);
                }
            }
            Ok(text) => self.add(scenario::read(name, &text, &POLAR)),
            // Cut in the middle of a character; what was read is too large in any case.
            Err(error) if error.as_bytes().len() > scenario::MAX_BYTES => {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                self.add(scenario::read(name, &text, &POLAR));
            }
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let line =
                    1 + error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
                self.count += 1;
                self.problems.push(Problem::unreadable(
                    format!("{name} is not UTF-8: byte {at}, on line {line}"),
                    "save it as UTF-8",
                ));
            }
        }
    }

    fn failed(&mut self, path: &Path, error: &io::Error) {
        let text = shown(&path.to_string_lossy());
        if text.contains("://") {
            let title = format!("`{text}` is a URL where a scenario is wanted");
            return self
                .problems
                .push(Problem::unreadable(title, "name the target with `--base-url`"));
        }
        let plain_name = path.components().count() == 1 && path.extension().is_none();
        self.problems.push(match error.kind() {
            io::ErrorKind::NotFound if plain_name => {
                no_such_scenario("no built-in scenario, file or folder", &text)
            }
            io::ErrorKind::NotFound => Problem::unreadable(
                format!("{text} does not exist"),
                "name a file, a folder, or a built-in scenario (`tieback list`)",
            ),
            _ => {
                Problem::unreadable(format!("cannot read {text}: {error}"), "check its permissions")
            }
        });
    }

    fn add(&mut self, read: Result<Scenario, Vec<Diagnostic>>) {
        self.count += 1;
        match read {
            Ok(mut scenario) => {
                self.mistakes(std::mem::take(&mut scenario.warnings));
                match self.scenarios.iter().find(|other| other.name == scenario.name) {
                    Some(first) => self.problems.push(twice(&scenario, first)),
                    None => self.scenarios.push(scenario),
                }
            }
            Err(found) => self.mistakes(found),
        }
    }

    fn mistakes(&mut self, found: Vec<Diagnostic>) {
        self.problems.extend(found.into_iter().map(|found| Problem::Mistake(Box::new(found))));
    }

    fn finish(self) -> Result<Loaded, LoadError> {
        if self.problems.iter().all(|problem| problem.severity() == Severity::Warning) {
            let (scenarios, warnings) = (self.scenarios, self.problems);
            Ok(Loaded { scenarios, warnings, app_files: self.app_files })
        } else {
            Err(LoadError { scenarios: self.count, problems: self.problems })
        }
    }
}

/// The path of a file without links. A pipe, such as the one behind `<(…)`, can be read and has no
/// path of its own. It is read once.
fn real_path(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())
}

/// A scenario in a folder.
struct Found {
    path: PathBuf,
    is_link: bool,
}

/// The scenarios in a folder, sorted by name, and other things with such a name; hidden files are
/// left alone.
fn scenario_files(folder: &Path) -> io::Result<(Vec<Found>, Vec<PathBuf>)> {
    let (mut files, mut others) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let is_yaml =
            path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !is_yaml || hidden {
            continue;
        }
        // The folder itself tells what most entries are; only a link has to be followed.
        let kind = entry.file_type();
        let is_link = !kind.as_ref().is_ok_and(fs::FileType::is_file);
        let kind = if is_link { fs::metadata(&path).map(|meta| meta.file_type()) } else { kind };
        match kind {
            Ok(kind) if kind.is_dir() => {}
            Ok(kind) if !kind.is_file() => others.push(path),
            // What cannot be looked at says why when it is read.
            _ => files.push(Found { path, is_link }),
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    others.sort();
    Ok((files, others))
}

/// As much of a file as it takes to see that it is too large.
fn read_some(file: impl Read) -> io::Result<Vec<u8>> {
    // Room for most scenarios, or they are read in many small pieces.
    let mut bytes = Vec::with_capacity(8 << 10);
    file.take(scenario::MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Says that nothing of what was looked for is called `name`, and what was probably meant.
pub(crate) fn no_such_scenario(looked_for: &str, name: &str) -> Problem {
    let names = || BUILT_IN.iter().map(|built_in| built_in.name);
    let help = match scenario::did_you_mean(name, names()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => {
            format!("the built-in scenarios are `{}`", names().collect::<Vec<_>>().join("`, `"))
        }
    };
    Problem::unreadable(format!("{looked_for} is called `{name}`"), help)
}

fn twice(scenario: &Scenario, first: &Scenario) -> Problem {
    Problem::Mistake(Box::new(Diagnostic {
        severity: Severity::Error,
        title: format!("two scenarios are called `{}`", scenario.name),
        source: scenario.source.clone(),
        span: scenario.name_span,
        label: format!("the first is in {}", first.source.place(first.name_span.start)),
        related: None,
        help: Some("names are what people select by: give one of them another name".to_owned()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(name: &str) -> String {
        format!("name: {name}\ntitle: T\nsteps:\n  - name: S\n    request: GET /\n")
    }

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        folder
    }

    fn names(selected: &[PathBuf]) -> Vec<String> {
        load(selected, BuiltIns::All)
            .unwrap()
            .scenarios
            .into_iter()
            .map(|scenario| scenario.name)
            .collect()
    }

    #[test]
    fn nothing_selected_is_every_built_in() {
        let all: Vec<_> = BUILT_IN.iter().map(|built_in| built_in.name.to_owned()).collect();
        assert_eq!(names(&[]), all);
        assert_eq!(
            names(&["customer-lookup".into(), "customer-lookup".into()]),
            ["customer-lookup"]
        );
    }

    #[test]
    fn a_folder_is_its_yaml_files_in_order_each_once() {
        let (b, a, bad) = (scenario("b"), scenario("a"), b"\xff".as_slice());
        let files = [
            ("2.yaml", b.as_bytes()),
            ("10.yml", a.as_bytes()),
            (".hidden.yaml", bad),
            ("notes.txt", bad),
            ("x", bad),
        ];
        let folder = folder(&files);
        assert_eq!(names(&[folder.path().into()]), ["a", "b"]);
        assert_eq!(names(&[folder.path().join("2.yaml"), folder.path().into()]), ["b", "a"]);
    }

    #[test]
    fn everything_that_cannot_be_read_is_said_at_once() {
        let same = scenario("same");
        let files =
            [("1.yaml", same.as_bytes()), ("2.yaml", same.as_bytes()), ("3.yaml", b"name: \xff")];
        let folder = folder(&files);
        let selected = ["custmer-lookup".into(), "no/such.yaml".into(), folder.path().into()];
        let error = load(&selected, BuiltIns::All).unwrap_err();
        let shown = error.to_string();
        for expected in [
            "no built-in scenario, file or folder is called `custmer-lookup`",
            "did you mean `customer-lookup`?",
            "no/such.yaml does not exist",
            "two scenarios are called `same`",
            "1.yaml:1",
            "is not UTF-8: byte 6, on line 1",
        ] {
            assert!(shown.contains(expected), "{expected} is not in {shown}");
        }
        assert_eq!((error.scenarios, error.problems.len()), (3, 4));
    }

    #[test]
    fn a_folder_without_scenarios_is_a_mistake() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            load(&[folder.path().into()], BuiltIns::All)
                .unwrap_err()
                .to_string()
                .contains("no scenarios in ")
        );
    }
}
