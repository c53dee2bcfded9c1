//! Silent name servers, the bounds of lookups, and names that need no server.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use tokio::task::JoinSet;

use super::system::System;
use super::{MOST_LOOKUPS, MOST_OF_A_NAME, NameResolver, Resolve};

/// A name server that hears everything and never says a word.
fn silent() -> (UdpSocket, NameResolver) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let mut connection = ConnectionConfig::udp();
    connection.port = socket.local_addr().expect("an address").port();
    let server = NameServerConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST), true, vec![connection]);
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    (socket, NameResolver::of(System::asking(config, ResolverOpts::default())))
}

fn under_way(resolver: &NameResolver) -> usize {
    MOST_LOOKUPS - resolver.all.available_permits()
}

#[tokio::test]
async fn a_silent_server_keeps_no_thread_and_no_more_than_its_room() {
    let (_socket, resolver) = silent();
    let (resolver, mut asking) = (Arc::new(resolver), JoinSet::new());
    for number in 0..40 {
        let resolver = Arc::clone(&resolver);
        let host = format!("shop{}.example", number % 2);
        asking.spawn(async move { resolver.resolve(&host).await });
    }
    // Whatever they need to begin, they have it: what is left are those that wait for their name.
    while under_way(&resolver) < 2 * MOST_OF_A_NAME {
        tokio::task::yield_now().await;
    }
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(under_way(&resolver), 2 * MOST_OF_A_NAME);
    asking.shutdown().await;
    assert_eq!(under_way(&resolver), 0, "a lookup that is given up frees its place");
    assert!(resolver.of_each.lock().unwrap().is_empty(), "and its name is forgotten");
}

#[tokio::test]
async fn a_silent_server_is_given_up_in_time() {
    let (_socket, resolver) = silent();
    let lookup = tokio::time::timeout(Duration::from_secs(30), resolver.resolve("shop.example"));
    assert!(lookup.await.expect("it ends by itself").is_err());
}

#[tokio::test]
async fn what_the_hosts_file_lists_is_not_asked_for() {
    let resolver = NameResolver::system().expect("a thread");
    let found = resolver.resolve("localhost").await.expect("every hosts file lists it");
    assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
    assert!(!found.is_empty());
}
