//! Certificates made at run time by the openssl command, which build machines have.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

/// An authority nobody knows, and a server's certificate for `merchant.test` signed by it.
pub(crate) struct Certificates {
    folder: TempDir,
}

/// Makes them. Nothing, with a printed reason, where there is no openssl.
pub(crate) fn certificates() -> Option<Certificates> {
    let folder = TempDir::new().expect("a folder");
    let steps = [
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test-ca \
         -keyout ca.key -out ca.pem -days 2",
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=merchant.test \
         -keyout server.key -out server.csr",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
         -extfile server.ext -out server.pem",
        "x509 -in ca.pem -outform der -out ca.der",
    ];
    std::fs::write(folder.path().join("server.ext"), "subjectAltName=DNS:merchant.test\n")
        .expect("a file");
    for step in steps {
        if let Err(reason) = openssl(folder.path(), step) {
            println!("skipped: no certificate can be made: {reason}");
            return None;
        }
    }
    Some(Certificates { folder })
}

fn openssl(folder: &Path, arguments: &str) -> Result<(), String> {
    let command =
        Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder).output();
    let output = command.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

impl Certificates {
    /// A file of them: `ca.pem`, `ca.der`, ...
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The server's side of TLS.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let chain =
            vec![CertificateDer::from_pem_file(self.path("server.pem")).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_file(self.path("server.key")).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a key that fits");
        TlsAcceptor::from(Arc::new(config))
    }
}
