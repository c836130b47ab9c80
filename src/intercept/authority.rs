//! The certificate authority of one run. Its key is in memory alone, and it can speak for nothing
//! but the hosts that are led here.

use std::sync::Arc;

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// How many days the certificates are good for, so that a machine that is left running goes on.
const DAYS: i32 = 90;

/// An authority, with the certificate that it signed.
pub(super) struct Authority {
    certificate: String,
    server: Arc<ServerConfig>,
}

/// Why there is no authority.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A certificate cannot be made.
    #[error(transparent)]
    Certificate(#[from] rcgen::Error),
    /// TLS cannot be served with it.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

impl Authority {
    /// Makes an authority for `hosts` alone.
    pub(super) fn new(hosts: &[&str]) -> Result<Self, Error> {
        let mut params = period(CertificateParams::new(Vec::new())?);
        params.distinguished_name.push(DnType::CommonName, "tieback, for one run");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let permitted = hosts.iter().map(|host| GeneralSubtree::DnsName((*host).to_owned()));
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: permitted.collect(),
            excluded_subtrees: Vec::new(),
        });
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

        let names: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = period(CertificateParams::new(names)?);
        params.distinguished_name.push(DnType::CommonName, hosts.first().copied().unwrap_or("-"));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        // Python wants it since 3.13.
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &issuer)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key)?;
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { certificate: issuer.pem(), server: Arc::new(server) })
    }

    /// What has to be trusted, as PEM.
    pub(super) fn certificate(&self) -> &str {
        &self.certificate
    }

    /// TLS in the name of the hosts.
    pub(super) fn server(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }
}

/// From yesterday, for clocks that are behind.
fn period(mut params: CertificateParams) -> CertificateParams {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let day = |date: Date| {
        date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = day(today.saturating_sub(Span::new().days(1)));
    params.not_after = day(today.saturating_add(Span::new().days(DAYS)));
    params
}
