//! What the user's own environment says of proxies, authorities and Node: it is chained, not
//! replaced.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;

/// Hosts that no runtime needs a proxy for: this machine.
const LOCAL: &str = "localhost,127.0.0.1,::1,0.0.0.0,.localhost";

/// The variables of the user's environment that count here, by name.
#[derive(Debug, Clone, Default)]
pub struct UserEnvironment(BTreeMap<String, OsString>);

impl UserEnvironment {
    pub(super) fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(name).map(OsString::as_os_str)
    }

    /// A variable that is written in either case; lower case counts first, as for curl.
    fn either(&self, name: &str) -> String {
        let text = |name: &str| self.get(name)?.to_str().filter(|text| !text.is_empty());
        text(&name.to_lowercase()).or_else(|| text(name)).unwrap_or_default().to_owned()
    }

    /// The proxies that are named.
    pub(super) fn proxies(&self) -> Matcher {
        Matcher::builder()
            .all(self.either("ALL_PROXY"))
            .http(self.either("HTTP_PROXY"))
            .https(self.either("HTTPS_PROXY"))
            .no(format!("{LOCAL},{}", self.either("NO_PROXY")))
            .build()
    }

    /// The hosts that go without a proxy: this machine, and the user's own but for those that would
    /// let one of `hosts` pass.
    pub(super) fn exempt(&self, hosts: &[&str]) -> String {
        let own = self.either("NO_PROXY");
        let harmless = own.split(',').map(str::trim).filter(|entry| {
            let matcher = Matcher::builder().all("http://proxy.invalid").no(*entry).build();
            hosts.iter().all(|host| {
                let uri = format!("https://{host}/").parse::<Uri>();
                uri.is_ok_and(|uri| matcher.intercept(&uri).is_some())
            })
        });
        [LOCAL]
            .into_iter()
            .chain(harmless.filter(|entry| !entry.is_empty()))
            .collect::<Vec<_>>()
            .join(",")
    }
}

impl FromIterator<(OsString, OsString)> for UserEnvironment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        let named = variables
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self(named.collect())
    }
}
