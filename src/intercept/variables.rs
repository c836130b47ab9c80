//! The variables that make the usual runtimes go through the proxy, with the user's own chained in.

use std::ffi::OsString;
use std::net::SocketAddr;

use super::files::Files;
use super::users::UserEnvironment;

/// What is set for a program whose calls are led to the proxy at `address`.
pub(super) fn variables(
    environment: &UserEnvironment,
    files: &Files,
    hosts: &[&str],
    address: SocketAddr,
) -> Vec<(&'static str, OsString)> {
    let proxy = OsString::from(format!("http://{address}"));
    let exempt = OsString::from(environment.exempt(hosts));
    let mut variables = vec![
        ("HTTPS_PROXY", proxy.clone()),
        ("https_proxy", proxy),
        ("NO_PROXY", exempt.clone()),
        ("no_proxy", exempt),
        ("NODE_OPTIONS", node_options(environment, files)),
    ];
    variables.extend(files.certificates.iter().map(|(name, path)| (*name, path.clone().into())));
    variables
}

/// The script first, so that it is there whatever the user's own load.
fn node_options(environment: &UserEnvironment, files: &Files) -> OsString {
    let path = files.preload.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
    let mut options = OsString::from(format!("--require \"{path}\""));
    if let Some(own) = environment.get("NODE_OPTIONS").filter(|own| !own.is_empty()) {
        options.push(" ");
        options.push(own);
    }
    options
}
