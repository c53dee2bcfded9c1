use std::net::IpAddr;

use proptest::prelude::*;

use super::special_range;

fn check(address: &str, expected: Option<(&str, bool)>) {
    let found = special_range(address.parse().unwrap());
    assert_eq!(found.map(|range| (range.purpose, range.local)), expected, "{address}");
}

#[test]
fn public_addresses_are_in_no_range() {
    for address in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "2001:200::1",
        "2001:db7::1",
        "2001:db9::1",
        "2003::1",
        "2606:4700:4700::1111",
        "2a00:1450:4001::8",
        "3ffe:ffff::1",
        "3fff:1000::1",
        "2000::",
        "3fff:ffff::1",
    ] {
        check(address, None);
    }
}

#[test]
fn ranges_that_a_setting_may_open() {
    for (address, purpose) in [
        ("10.0.0.0", "private"),
        ("10.255.255.255", "private"),
        ("100.64.0.0", "carrier-grade NAT"),
        ("100.127.255.255", "carrier-grade NAT"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.255", "loopback"),
        ("172.16.0.0", "private"),
        ("172.31.255.255", "private"),
        ("192.168.0.0", "private"),
        ("192.168.255.255", "private"),
        ("::1", "loopback"),
        ("fc00::", "unique local"),
        ("fdff:ffff::1", "unique local"),
    ] {
        check(address, Some((purpose, true)));
    }
}

#[test]
fn ranges_that_stay_shut() {
    for (address, purpose) in [
        ("0.0.0.0", "this network"),
        ("0.255.255.255", "this network"),
        ("169.254.0.0", "link-local"),
        ("169.254.169.254", "link-local"),
        ("192.0.0.1", "protocol assignments"),
        ("192.0.0.192", "protocol assignments"),
        ("192.0.2.1", "documentation"),
        ("192.88.99.1", "6to4 relay"),
        ("198.18.0.0", "benchmarking"),
        ("198.19.255.255", "benchmarking"),
        ("198.51.100.7", "documentation"),
        ("203.0.113.7", "documentation"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.254", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "unspecified"),
        ("::2", "IPv4-compatible"),
        ("::127.0.0.1", "IPv4-compatible"),
        ("::ffff:127.0.0.1", "IPv4-mapped"),
        ("::ffff:8.8.8.8", "IPv4-mapped"),
        ("::ffff:0:10.0.0.1", "IPv4-translated"),
        ("64:ff9b::10.0.0.1", "NAT64"),
        ("64:ff9b::8.8.8.8", "NAT64"),
        ("64:ff9b:1::1", "local NAT64"),
        ("64:ff9b:2::1", "reserved"),
        ("100::1", "discard"),
        ("100:0:0:1::1", "reserved"),
        ("200::1", "reserved"),
        ("2001::1", "Teredo"),
        ("2001:0:4136:e378::1", "Teredo"),
        ("2001:1::1", "protocol assignments"),
        ("2001:2::1", "benchmarking"),
        ("2001:10::1", "ORCHID"),
        ("2001:2f::1", "ORCHID"),
        ("2001:1ff::1", "protocol assignments"),
        ("2001:db8::1", "documentation"),
        ("2002:a00:1::1", "6to4"),
        ("3fff::1", "documentation"),
        ("3fff:fff::1", "documentation"),
        ("4000::1", "reserved"),
        ("5f00::1", "segment routing"),
        ("5fff::1", "reserved"),
        ("8000::1", "reserved"),
        ("fbff::1", "reserved"),
        ("fe00::1", "reserved"),
        ("fe80::1", "link-local"),
        ("febf::1", "link-local"),
        ("fec0::1", "site-local"),
        ("feff::1", "site-local"),
        ("ff02::1", "multicast"),
        ("ffff::1", "multicast"),
    ] {
        check(address, Some((purpose, false)));
    }
}

proptest! {
    /// The standard library's own tests, written by others, must never know a range that we do not.
    #[test]
    fn the_standard_library_finds_no_gap_v4(bits in any::<u32>()) {
        let address = std::net::Ipv4Addr::from_bits(bits);
        let special = address.is_private() || address.is_loopback() || address.is_link_local()
            || address.is_multicast() || address.is_broadcast() || address.is_documentation()
            || address.is_unspecified();
        prop_assert!(!special || special_range(IpAddr::V4(address)).is_some(), "{}", address);
    }

    #[test]
    fn outside_global_unicast_nothing_is_public(bits in any::<u128>()) {
        let address = std::net::Ipv6Addr::from_bits(bits);
        let global = address.segments()[0] & 0xe000 == 0x2000;
        prop_assert!(global || special_range(IpAddr::V6(address)).is_some(), "{}", address);
    }
}
