//! One line per way to tell an address.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;

use super::client_address;

const PROXY: &str = "10.0.0.1";

fn trusted() -> Vec<IpNet> {
    ["10.0.0.0/8", "fd00::/8"].map(|text| text.parse().expect("a network")).to_vec()
}

/// The caller's address, given the peer's and header lines as `name: value`.
fn caller(peer: &str, lines: &[&str]) -> String {
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").expect("a header line");
        let name: HeaderName = name.parse().expect("a name");
        headers.append(name, HeaderValue::from_str(value).expect("a value"));
    }
    client_address(peer.parse().expect("an address"), &headers, &trusted()).to_string()
}

#[test]
fn a_trusted_proxy_is_believed() {
    for (line, expected) in [
        ("X-Forwarded-For: 203.0.113.9", "203.0.113.9"),
        ("X-Forwarded-For: 203.0.113.9:4711", "203.0.113.9"),
        ("X-Forwarded-For: 2001:db8::7", "2001:db8::7"),
        ("X-Forwarded-For: [2001:db8::7]:443", "2001:db8::7"),
        ("X-Forwarded-For: ::ffff:203.0.113.9", "203.0.113.9"),
        ("X-Forwarded-For: 1.2.3.4, 203.0.113.9", "203.0.113.9"),
        ("X-Forwarded-For: 1.2.3.4, 203.0.113.9, 10.1.1.1", "203.0.113.9"),
        ("X-Forwarded-For: nonsense, 203.0.113.9", "203.0.113.9"),
        ("X-Forwarded-For: 10.2.2.2, 10.1.1.1", "10.2.2.2"),
        ("Forwarded: for=203.0.113.9", "203.0.113.9"),
        ("Forwarded: For=\"203.0.113.9:4711\"; proto=https", "203.0.113.9"),
        ("Forwarded: proto=https;FOR=\"[2001:db8::7]:443\";by=10.0.0.1", "2001:db8::7"),
        ("Forwarded: for=\"[2001:db8::7]\"", "2001:db8::7"),
        ("Forwarded: for=203.0.113.9;x=\"a\\\", for=1.2.3.4\"", "203.0.113.9"),
        ("Forwarded: for=1.2.3.4;host=\"a,b;c\", for=203.0.113.9, for=10.9.9.9", "203.0.113.9"),
    ] {
        assert_eq!(caller(PROXY, &[line]), expected, "{line}");
        assert_eq!(caller("::ffff:10.0.0.1", &[line]), expected, "mapped, {line}");
    }
}

#[test]
fn anyone_else_is_not() {
    for line in ["X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9"] {
        assert_eq!(caller("198.51.100.7", &[line]), "198.51.100.7", "{line}");
    }
}

#[test]
fn what_cannot_be_read_leaves_the_peer() {
    for line in [
        "X-Forwarded-For: ",
        "X-Forwarded-For: unknown",
        "X-Forwarded-For: 203.0.113.9, nonsense",
        "X-Forwarded-For: 203.0.113.9,",
        "X-Forwarded-For: 203.0.113.9:",
        "X-Forwarded-For: 203.0.113.9:99999",
        "X-Forwarded-For: 203.0.113.256",
        "X-Forwarded-For: [2001:db8::7",
        "X-Forwarded-For: [203.0.113.9]",
        "X-Forwarded-For: \u{e9}",
        "Forwarded: for=unknown",
        "Forwarded: for=_hidden",
        "Forwarded: by=203.0.113.9",
        "Forwarded: for=\"203.0.113.9",
        "Forwarded: 203.0.113.9",
        // The first part is the caller's, the rest its proxy's: an open quote swallows it.
        "Forwarded: for=203.0.113.9;x=\", for=6.6.6.6",
        "Forwarded: for=203.0.113.9;x=\"\\\"\", for=6.6.6.6\"",
        "X-Forwarded-For: 203.0.113.9, \"",
        "Forwarded: for=203.0.113.9;for=6.6.6.6",
        "Forwarded: for=203.0.113.9;proto=https;FOR=203.0.113.9",
    ] {
        assert_eq!(caller(PROXY, &[line]), PROXY, "{line}");
    }
}

#[test]
fn lines_are_one_chain_and_the_last_is_the_nearest() {
    let lines = ["X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 203.0.113.9, 10.1.1.1"];
    assert_eq!(caller(PROXY, &lines), "203.0.113.9");
}

#[test]
fn two_headers_must_agree() {
    let told = "X-Forwarded-For: 203.0.113.9";
    assert_eq!(caller(PROXY, &[told, "Forwarded: for=203.0.113.9"]), "203.0.113.9");
    assert_eq!(caller(PROXY, &[told, "Forwarded: for=192.0.2.1"]), PROXY);
    assert_eq!(caller(PROXY, &[told, "Forwarded: for=unknown"]), PROXY);
}

#[test]
fn without_a_header_the_peer_is_the_caller() {
    for (peer, expected) in
        [(PROXY, PROXY), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::1")]
    {
        assert_eq!(caller(peer, &[]), expected);
    }
}
