//! Which certificate authorities are trusted.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;

/// Certificates that are trusted beside the built-in ones: a company's own authority, or the one of
/// a proxy that looks into what it passes on. None by default.
#[derive(Debug, Clone, Default)]
pub struct ExtraRoots(Vec<CertificateDer<'static>>);

/// Why a text holds no certificates to trust. A fragment that fits after the name of the file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExtraRootsError {
    /// Nothing in there is marked as a certificate.
    #[error("holds no certificate; it should be PEM, with -----BEGIN CERTIFICATE----- in it")]
    Nothing,
    /// A certificate is marked and cannot be read.
    #[error(
        "is damaged: certificate {number} in it cannot be read ({why}); export it again as PEM"
    )]
    Damaged {
        /// Counted from 1.
        number: usize,
        /// What the reader says.
        why: String,
    },
}

impl ExtraRoots {
    /// Reads the certificates of a PEM file; keys and other sections are passed over.
    pub fn from_pem(pem: &[u8]) -> Result<Self, ExtraRootsError> {
        let mut certificates = Vec::new();
        let mut store = RootCertStore::empty();
        for read in CertificateDer::pem_slice_iter(pem) {
            let damaged =
                |why: String| ExtraRootsError::Damaged { number: certificates.len() + 1, why };
            let certificate = read.map_err(|error| damaged(reason(&error)))?;
            // Whether it can be trusted is known when it is tried, and not only once a connection
            // needs it.
            store.add(certificate.clone()).map_err(|error| damaged(error.to_string()))?;
            certificates.push(certificate);
        }
        if certificates.is_empty() { Err(ExtraRootsError::Nothing) } else { Ok(Self(certificates)) }
    }

    /// TLS for connections to servers that these and Mozilla's roots stand for.
    pub fn tls_client(&self) -> Result<ClientConfig, rustls::Error> {
        trusting(self.store())
    }

    /// Mozilla's roots, built in for machines without a CA store, and these.
    pub(super) fn store(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        let built_in = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned();
        roots.add_parsable_certificates(built_in.chain(self.0.iter().cloned()));
        roots
    }
}

/// TLS for connections to servers that `roots` stand for.
pub(super) fn trusting(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// What is wrong with a section. The reader's own words print bytes as numbers.
fn reason(error: &PemError) -> String {
    match error {
        PemError::MissingSectionEnd { .. } => "its end is missing".to_owned(),
        PemError::IllegalSectionStart { .. } => "its first line is cut off".to_owned(),
        PemError::Base64Decode(_) => "it is not base64".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem() -> String {
        let key = rcgen::KeyPair::generate().unwrap();
        rcgen::CertificateParams::new(["billing.example".to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap()
            .pem()
    }

    #[test]
    fn every_certificate_of_a_file_counts_and_nothing_else() {
        let built_in = ExtraRoots::default().store().len();
        let (one, other) = (pem(), pem());
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let roots =
            ExtraRoots::from_pem(format!("# ours\r\n{one}{key}{other}").as_bytes()).unwrap();
        assert_eq!(roots.store().len(), built_in + 2);
    }

    #[test]
    fn what_cannot_be_trusted_is_told_apart() {
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        for nothing in ["", "garbage", "\u{0}\u{1}", key.as_str()] {
            assert_eq!(
                ExtraRoots::from_pem(nothing.as_bytes()).unwrap_err(),
                ExtraRootsError::Nothing,
                "{nothing}"
            );
        }
        let (whole, begin, end) =
            (pem(), "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n");
        let cut = &whole[..whole.len() / 2];
        for (text, number, says) in [
            (format!("{whole}{cut}"), 2, "its end is missing"),
            (format!("{begin}%%%%\n{end}"), 1, "it is not base64"),
            (format!("{begin}aGVsbG8=\n{end}"), 1, "invalid peer certificate"),
        ] {
            let error = ExtraRoots::from_pem(text.as_bytes()).unwrap_err();
            assert!(
                matches!(&error, ExtraRootsError::Damaged { number: n, why } if *n == number && why.contains(says)),
                "{error}"
            );
        }
    }
}
