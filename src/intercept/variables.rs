//! The variables that make the usual runtimes go through the proxy, with the user's own chained in.

use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::Path;

use super::files::Files;
use super::users::UserEnvironment;

/// What stands between the folders of a list.
const SEPARATOR: &str = if cfg!(windows) { ";" } else { ":" };

/// What is set for a program whose calls are led to the proxy at `address`.
pub(super) fn variables(
    environment: &UserEnvironment,
    files: &Files,
    hosts: &[&str],
    address: SocketAddr,
) -> Vec<(&'static str, OsString)> {
    let proxy = OsString::from(format!("http://{address}"));
    let exempt = OsString::from(environment.exempt(hosts));
    let own = |name| environment.get(name);
    let mut variables = vec![
        ("HTTPS_PROXY", proxy.clone()),
        ("https_proxy", proxy),
        ("NO_PROXY", exempt.clone()),
        ("no_proxy", exempt),
        ("NODE_OPTIONS", node_options(environment, files)),
        ("BUN_OPTIONS", option("--preload=", &files.preload, own("BUN_OPTIONS"))),
        ("RUBYOPT", option("-r", &files.ruby, own("RUBYOPT"))),
        ("PYTHONPATH", in_front(files.python.as_os_str(), SEPARATOR, own("PYTHONPATH"))),
        ("PHP_INI_SCAN_DIR", behind(own("PHP_INI_SCAN_DIR"), &files.php)),
    ];
    variables.extend(files.certificates.iter().map(|(name, path)| (*name, path.clone().into())));
    variables
}

/// The script first, so that it is there whatever the user's own load.
fn node_options(environment: &UserEnvironment, files: &Files) -> OsString {
    let path = files.preload.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
    let script = OsString::from(format!("--require \"{path}\""));
    in_front(&script, " ", environment.get("NODE_OPTIONS"))
}

/// A script to load, in front of the user's own options. Neither Bun nor Ruby knows quotes here: a
/// path with a space is left out.
fn option(flag: &str, script: &Path, own: Option<&OsStr>) -> OsString {
    let script = script.to_string_lossy();
    if script.contains(char::is_whitespace) {
        return own.unwrap_or_default().to_owned();
    }
    in_front(OsStr::new(&format!("{flag}{script}")), " ", own)
}

/// What comes before the user's own, which may be nothing.
fn in_front(first: &OsStr, separator: &str, own: Option<&OsStr>) -> OsString {
    let mut all = first.to_owned();
    if let Some(own) = own.filter(|own| !own.is_empty()) {
        all.push(separator);
        all.push(own);
    }
    all
}

/// A folder behind those of the user. An empty one stands for those that PHP was built with.
fn behind(own: Option<&OsStr>, folder: &Path) -> OsString {
    let mut folders = own.unwrap_or_default().to_owned();
    folders.push(SEPARATOR);
    folders.push(folder);
    folders
}
