//! What the variables name: the run's certificate, alone and among those that are trusted anyway,
//! and the script that Node loads first. Only this user can read the folder, and it goes with the
//! run.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use pem::Pem;
use serde_json::json;
use tempfile::TempDir;

use super::authority::Authority;
use super::users::UserEnvironment;
use crate::http::ExtraRoots;

/// Loaded by Node before the app, for the versions that know no proxy.
const PRELOAD: &str = include_str!("preload.cjs");
/// Loaded by Ruby before the app: net/http would go by `http_proxy` alone.
const RUBY: &str = include_str!("preload.rb");
/// Loaded by Python before the app: aiohttp is told to go by the variables, as all others do.
const SITECUSTOMIZE: &str = include_str!("sitecustomize.py");

/// The files of a run.
pub(super) struct Files {
    folder: TempDir,
    /// Variables that name a file with certificates, and the file that they name now.
    pub(super) certificates: Vec<(&'static str, PathBuf)>,
    /// What is trusted when a request of the app is passed on to another host: as this system
    /// does.
    pub(super) trusted: ExtraRoots,
    /// The script.
    pub(super) preload: PathBuf,
    /// A folder with what Python loads first.
    pub(super) python: PathBuf,
    /// The script that Ruby loads first.
    pub(super) ruby: PathBuf,
    /// A folder with settings of PHP, whose curl goes by no variable for certificates.
    pub(super) php: PathBuf,
}

/// What OpenSSL goes by.
const OPENSSL: &str = "SSL_CERT_FILE";
/// Variables whose file adds to what is trusted.
const ADDING: [&str; 2] = ["NODE_EXTRA_CA_CERTS", "DENO_CERT"];
/// Variables whose file takes the place of what is trusted.
const REPLACING: [&str; 3] = [OPENSSL, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

impl Files {
    pub(super) fn write(
        authority: &Authority,
        environment: &UserEnvironment,
        hosts: &[&str],
        port: u16,
    ) -> io::Result<Self> {
        let folder = private_folder()?;
        let put = |name: &str, text: &str| -> io::Result<PathBuf> {
            let path = folder.path().join(name);
            std::fs::write(&path, text)?;
            Ok(path)
        };
        let own = authority.certificate();
        let system = system_roots();
        let shared = [
            (&ADDING[..], put("authority.pem", own)?),
            (&REPLACING[..], put("system.pem", &format!("{own}\n{system}"))?),
        ];
        let mut certificates = Vec::new();
        for (names, shared) in &shared {
            for name in *names {
                let path = match environment.get(name).and_then(read) {
                    Some(users) => {
                        put(&format!("{}.pem", name.to_lowercase()), &format!("{own}\n{users}"))?
                    }
                    None => shared.clone(),
                };
                certificates.push((*name, path));
            }
        }
        let trusted = environment.get(OPENSSL).and_then(read).unwrap_or(system);
        let trusted = ExtraRoots::from_pem(trusted.as_bytes()).unwrap_or_default();
        let script = PRELOAD
            .replace("[/* hosts */]", &json!(hosts).to_string())
            .replace("0 /* port */", &port.to_string());
        let preload = put("preload.cjs", &script)?;
        let (python, php) = (folder.path().join("python"), folder.path().join("php"));
        std::fs::create_dir(&python)?;
        put("python/sitecustomize.py", SITECUSTOMIZE)?;
        let ruby = put("preload.rb", RUBY)?;
        std::fs::create_dir(&php)?;
        put("php/tieback.ini", &php_settings(&certificates))?;
        Ok(Self { folder, certificates, trusted, preload, python, ruby, php })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    let only_this_user = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    #[cfg(unix)]
    builder.permissions(only_this_user);
    builder.prefix("tieback-").tempdir()
}

/// The settings with which PHP trusts what OpenSSL is to trust.
fn php_settings(certificates: &[(&str, PathBuf)]) -> String {
    let trusted = certificates.iter().find(|(name, _)| *name == OPENSSL);
    let path = trusted.map(|(_, path)| path.display().to_string()).unwrap_or_default();
    format!("curl.cainfo=\"{path}\"\nopenssl.cafile=\"{path}\"\n")
}

/// What a variable's file holds; nothing where it names none, as for those that read it.
fn read(path: &OsStr) -> Option<String> {
    if path.is_empty() { None } else { std::fs::read_to_string(path).ok() }
}

/// What this system trusts: its own bundle, or Mozilla's roots where there is none.
fn system_roots() -> String {
    let found = openssl_probe::probe().cert_file;
    if let Some(roots) = found.and_then(|path| read(path.as_os_str())) {
        return roots;
    }
    let built_in = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
    let pems: Vec<_> = built_in.iter().map(|der| Pem::new("CERTIFICATE", der.as_ref())).collect();
    pem::encode_many(&pems)
}
