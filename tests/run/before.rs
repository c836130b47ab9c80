//! What a run says before it sends anything.

use super::program::Test;
use super::server::Server;

const DOUBTFUL: &str = "name: doubtful\nvars: { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }\nsteps:\n  - name: Create\n    \
    request: POST /v1/customers/\n    body: { email: \"a+${run.id}@${email_domain}\" }\n";

#[test]
fn warnings_stand_on_stderr_once_and_change_nothing() {
    let server = Server::correct();
    let finished = Test::scenario(DOUBTFUL).against(&server).done();
    let warnings: Vec<_> = finished.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
    assert_eq!(warnings.len(), 6, "{finished}");
    assert_eq!(warnings[0], "warning: scenario.yaml:2: nothing uses the variable `a`");
    assert_eq!(warnings[5], "warning: 2 more like these (`tieback check` explains)");

    let quiet = Test::scenario(DOUBTFUL).arg("--quiet").against(&server).done();
    assert!(!quiet.stderr.contains("warning: "), "{quiet}");
}
