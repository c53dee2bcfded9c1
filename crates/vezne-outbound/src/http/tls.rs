//! Whom TLS trusts: the compiled-in roots, and what the operator adds.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, ClientConfig, RootCertStore};

use super::reason;
use crate::settings::SettingsError;

/// Why a handshake failed, in words for an operator.
pub(super) fn words(error: &io::Error) -> String {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let known = match tls {
        Some(rustls::Error::InvalidCertificate(why)) => certificate(why),
        Some(rustls::Error::InvalidMessage(_)) => Some("the other side does not speak TLS"),
        _ => None,
    };
    known.map_or_else(|| reason(error), str::to_owned)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's own words do for the others")]
fn certificate(why: &CertificateError) -> Option<&'static str> {
    match why {
        CertificateError::UnknownIssuer => {
            Some("the certificate is self-signed, or its authority is not known here")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            Some("the certificate has expired")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Some("the certificate is not valid yet")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Some("the certificate is for another name")
        }
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            Some("the certificate is self-signed: it is an authority's own")
        }
        _ => None,
    }
}

/// A client configuration. The provider is named, since a process-wide default might be another.
pub(super) fn client_config(extra_ca: Option<&Path>) -> Result<Arc<ClientConfig>, SettingsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SettingsError::Tls(error.to_string()))?
        .with_root_certificates(roots(extra_ca)?)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Whether a file holds certificates that can be trusted.
///
/// # Errors
/// Why it does not.
pub fn check_certificates(path: &Path) -> Result<(), String> {
    let failed = |reason: String| format!("{}: {reason}", path.display());
    add(&mut RootCertStore::empty(), path).map_err(failed)
}

fn roots(extra_ca: Option<&Path>) -> Result<RootCertStore, SettingsError> {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(path) = extra_ca {
        let failed = |reason| SettingsError::Certificates { path: path.to_owned(), reason };
        add(&mut roots, path).map_err(failed)?;
    }
    Ok(roots)
}

fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let certificates = certificates(bytes)?;
    if certificates.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    for certificate in certificates {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn certificates(bytes: Vec<u8>) -> Result<Vec<CertificateDer<'static>>, String> {
    if !bytes.windows(10).any(|part| part == b"-----BEGIN") {
        return Ok(vec![CertificateDer::from(bytes)]);
    }
    CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{error:?}"))
}
