//! Live callbacks over TLS: the certificate must be trusted and for the right name.

use std::path::PathBuf;

use vezne_core::model::callback::AttemptOutcome::{Acknowledged, Failed};
use vezne_core::model::merchant::Mode;
use vezne_core::port::Delivered;
use vezne_outbound::{OutboundSettings, SettingsError};

use crate::support::{
    Certificates, Receiver, Reply, World, answer, at, certificates, settings, short,
};

const HOST: &str = "merchant.test";

fn on_premises(port: u16, extra_ca: Option<PathBuf>, from: OutboundSettings) -> OutboundSettings {
    let allowed_networks = vec!["127.0.0.0/8".parse().expect("a network")];
    OutboundSettings { allowed_networks, live_ports: vec![port], extra_ca, ..from }
}

async fn deliver(receiver: &Receiver, host: &str, extra_ca: Option<PathBuf>) -> Delivered {
    let port = receiver.address.port();
    let mut world =
        World::new(&on_premises(port, extra_ca, settings()), &format!("https://{host}:{port}"));
    world.merchant().mode = Mode::Live;
    world.name(host, &["127.0.0.1"]);
    world.deliver(at(1)).await
}

async fn receiver(certificates: &Certificates) -> Receiver {
    let reply = Reply::Bytes(answer("200 OK", "", br#"{"code":200}"#));
    Receiver::tls(reply, certificates.acceptor()).await
}

#[tokio::test]
async fn a_trusted_certificate_for_the_name_is_taken() {
    let Some(certificates) = certificates() else { return };
    let receiver = receiver(&certificates).await;
    for file in ["ca.pem", "ca.der"] {
        let delivered = deliver(&receiver, HOST, Some(certificates.path(file))).await;
        assert_eq!(delivered.outcome, Acknowledged, "{file}: {}", delivered.detail);
    }
    let requests = receiver.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].header("host"), format!("{HOST}:{}", receiver.address.port()));
}

#[tokio::test]
async fn an_unknown_authority_and_a_wrong_name_get_no_byte() {
    let Some(certificates) = certificates() else { return };
    let receiver = receiver(&certificates).await;
    let trusted = Some(certificates.path("ca.pem"));
    for (host, extra_ca, reason) in [
        (HOST, None, "its authority is not known here"),
        ("other.test", trusted.clone(), "for another name"),
    ] {
        let delivered = deliver(&receiver, host, extra_ca).await;
        assert_eq!((delivered.outcome, delivered.http_status), (Failed, None));
        assert!(delivered.detail.starts_with("TLS failed: "), "{}", delivered.detail);
        assert!(delivered.detail.contains(reason), "{}", delivered.detail);
    }
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn a_server_without_tls_or_stuck_in_it_is_a_failure() {
    // Nothing that a handshake says ends like the head of a request, so this server only listens.
    let receiver = Receiver::plain(Reply::Silent(Vec::new())).await;
    let port = receiver.address.port();
    let mut world =
        World::new(&on_premises(port, None, short()), &format!("https://{HOST}:{port}"));
    world.merchant().mode = Mode::Live;
    world.name(HOST, &["127.0.0.1"]);
    let delivered = world.deliver(at(1)).await;
    assert_eq!((delivered.outcome, delivered.detail.as_str()), (Failed, "TLS took too long"));
    assert!(receiver.is_rid_of_us().await);
}

#[test]
fn certificates_that_cannot_be_used_stop_the_start() {
    let folder = tempfile::tempdir().unwrap();
    for (name, contents) in [
        ("missing.pem", None),
        ("empty.pem", Some("")),
        ("text.pem", Some("no certificate")),
        ("key.pem", Some("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")),
        ("torn.pem", Some("-----BEGIN CERTIFICATE-----\nAAAA\n")),
    ] {
        let path = folder.path().join(name);
        if let Some(contents) = contents {
            std::fs::write(&path, contents).unwrap();
        }
        let settings = OutboundSettings { extra_ca: Some(path), ..settings() };
        let error = vezne_outbound::http::Client::new(&settings).err();
        assert!(matches!(error, Some(SettingsError::Certificates { .. })), "{name}: {error:?}");
    }
}
