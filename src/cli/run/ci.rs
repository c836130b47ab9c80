//! What a run does about CI: it says where a gate tests itself, and tells GitHub what broke.

use std::env;
use std::path::{Path, PathBuf};

use crate::cli::connection::Given;
use crate::report::{Format, GitHub};

/// What says that a program runs in CI, beside `CI`, which not every system sets.
const OTHERS: [&str; 10] = [
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "TF_BUILD",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "BUILDKITE",
    "CIRCLECI",
    "TRAVIS",
    "CODEBUILD_BUILD_ID",
    "BITBUCKET_BUILD_NUMBER",
];

/// The variable that says that this is CI. `CI=false` says that it is not, whatever the others say.
fn variable(get: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    let means_no = |value: &str| {
        matches!(value.trim().to_ascii_lowercase().as_str(), "" | "false" | "0" | "no" | "off")
    };
    match get("CI") {
        Some(value) if !value.trim().is_empty() => (!means_no(&value)).then_some("CI"),
        _ => OTHERS.into_iter().find(|name| get(name).is_some_and(|value| !means_no(&value))),
    }
}

/// What has to be said of a run against the embedded sandbox: that it proves nothing about anything
/// of the user's, where that may be a mistake.
pub(super) fn notices(given: &Given) -> Vec<String> {
    if given.base.is_some() {
        return Vec::new();
    }
    let get = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let mut notices = Vec::new();
    if let Some(variable) = variable(get) {
        notices.push(format!(
            "{}: {variable} is set and no target was given{}, so this run checks the sandbox \
             inside tieback; name the \
             target with --base-url or TIEBACK_BASE_URL, and add --require-target so that a \
             missing one ends the run",
            crate::event::SELF_TEST,
            given.note(),
        ));
    } else if given.empty_variable {
        notices.push(
            "TIEBACK_BASE_URL is empty, which counts as not set: this run checks the sandbox inside tieback".to_owned(),
        );
    }
    notices
}

/// What a job on GitHub gets beside the reports; `--format github` asks for it elsewhere.
pub(super) fn github(format: Format) -> Option<GitHub> {
    let is_job = env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    if !is_job && format != Format::Github {
        return None;
    }
    let path = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = path("GITHUB_WORKSPACE").zip(env::current_dir().ok());
    let folder = folder.and_then(|(top, here)| within(&top, &here)).unwrap_or_default();
    Some(GitHub { folder, summary: path("GITHUB_STEP_SUMMARY") })
}

/// Where `folder` is below `top`.
fn within(top: &Path, folder: &Path) -> Option<String> {
    let [top, folder] = [top, folder].map(|path| path.canonicalize().ok());
    Some(folder?.strip_prefix(top?).ok()?.to_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ci_is_told_by_the_usual_variables() {
        let told = |set: &[(&str, &str)]| {
            variable(|name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        for value in ["true", "1", "yes", "woodpecker"] {
            assert_eq!(told(&[("CI", value)]), Some("CI"), "{value}");
        }
        for value in ["", "false", "False", "0", " "] {
            assert_eq!(told(&[("CI", value)]), None, "{value}");
        }
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[("TF_BUILD", "True")]), Some("TF_BUILD"));
        assert_eq!(told(&[("CI", ""), ("JENKINS_URL", "http://ci")]), Some("JENKINS_URL"));
        assert_eq!(told(&[("CI", "false"), ("GITHUB_ACTIONS", "true")]), None);
    }
}
