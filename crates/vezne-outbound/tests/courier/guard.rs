//! Nobody is connected to whom the guard does not admit.

use vezne_core::model::callback::AttemptOutcome::{Acknowledged, Failed};
use vezne_core::model::merchant::Mode;
use vezne_outbound::OutboundSettings;

use crate::support::{Receiver, Reply, World, answer, at, settings};

async fn receiver() -> Receiver {
    Receiver::plain(Reply::Bytes(answer("200 OK", "", br#"{"code":200}"#))).await
}

#[tokio::test]
async fn live_merchants_are_not_called_by_http_nor_in_here() {
    let receiver = receiver().await;
    let port = receiver.address.port();
    let settings = OutboundSettings { live_ports: vec![443, port], ..settings() };
    for (base, detail) in [
        (format!("http://localhost:{port}"), "the URL must be https, not http"),
        (format!("http://merchant.test:{port}"), "the URL must be https, not http"),
        (
            format!("https://127.0.0.1:{port}"),
            "the URL leads to 127.0.0.1, which is a forbidden address (loopback)",
        ),
        (
            format!("https://2130706433:{port}"),
            "the URL leads to 127.0.0.1, which is a forbidden address (loopback)",
        ),
        (
            format!("https://[::ffff:127.0.0.1]:{port}"),
            "the URL leads to ::ffff:127.0.0.1, which is a forbidden address (IPv4-mapped)",
        ),
        (
            format!("https://merchant.test:{port}"),
            "the URL leads to 127.0.0.1, which is a forbidden address (loopback)",
        ),
    ] {
        let mut world = World::new(&settings, &base);
        world.merchant().mode = Mode::Live;
        world.name("merchant.test", &["127.0.0.1"]);
        let delivered = world.deliver(at(1)).await;
        let found = (delivered.outcome, delivered.http_status, delivered.detail.as_str());
        assert_eq!(found, (Failed, None, detail), "{base}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_answer_is_looked_up_once_per_attempt_and_refused() {
    let receiver = receiver().await;
    let mut world =
        World::new(&settings(), &format!("http://merchant.test:{}", receiver.address.port()));
    world.name("merchant.test", &["127.0.0.1", "169.254.169.254", "127.0.0.1"]);
    for (lookups, connections, outcome) in
        [(1, 1, Acknowledged), (2, 1, Failed), (3, 2, Acknowledged)]
    {
        let delivered = world.deliver(at(1)).await;
        assert_eq!(delivered.outcome, outcome, "{}", delivered.detail);
        assert_eq!((world.lookups(), receiver.connections()), (lookups, connections));
    }
}

#[tokio::test]
async fn a_sandbox_can_be_held_to_the_rules_of_live() {
    let receiver = receiver().await;
    let strict = OutboundSettings { sandbox_allow_private: false, ..settings() };
    let mut world = World::new(&strict, &format!("http://{}", receiver.address));
    assert_eq!(world.deliver(at(1)).await.detail, "the URL must be https, not http");
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_a_failure() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let mut world = World::new(&settings(), &format!("http://127.0.0.1:{port}"));
    let delivered = world.deliver(at(1)).await;
    assert_eq!((delivered.outcome, delivered.http_status), (Failed, None));
    assert!(delivered.detail.starts_with(&format!("cannot connect to 127.0.0.1:{port}")));
}
