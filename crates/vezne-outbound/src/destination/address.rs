//! Which addresses are nobody's public server.
//!
//! The ranges are those of IANA's special-purpose registries for IPv4 and IPv6, with every form of
//! IPv6 address that carries an IPv4 one inside, since such an address leads back to any of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

#[cfg(test)]
mod tests;

/// A range that no callback to a stranger goes to.
#[derive(Debug)]
pub struct SpecialRange {
    network: IpNet,
    /// What it is for.
    pub purpose: &'static str,
    /// Whether machines of the operator can live there, so that a setting may open it. The others
    /// stay shut: nobody's receiver is there, but a cloud's metadata service may be.
    pub local: bool,
}

/// The special range an address lies in; nothing for an address of the public internet.
#[must_use]
pub fn special_range(address: IpAddr) -> Option<&'static SpecialRange> {
    RANGES.iter().find(|range| range.network.contains(&address))
}

const fn v4(address: [u8; 4], prefix: u8, purpose: &'static str) -> SpecialRange {
    let [a, b, c, d] = address;
    let network = IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix));
    SpecialRange { network, purpose, local: false }
}

const fn v6(address: [u16; 8], prefix: u8, purpose: &'static str) -> SpecialRange {
    let [a, b, c, d, e, f, g, h] = address;
    let network = IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix));
    SpecialRange { network, purpose, local: false }
}

const fn local(range: SpecialRange) -> SpecialRange {
    SpecialRange { local: true, ..range }
}

/// The first range that contains an address names it, so narrow ranges stand before wide ones.
static RANGES: &[SpecialRange] = &[
    v4([0, 0, 0, 0], 8, "this network"),
    local(v4([10, 0, 0, 0], 8, "private")),
    local(v4([100, 64, 0, 0], 10, "carrier-grade NAT")),
    local(v4([127, 0, 0, 0], 8, "loopback")),
    v4([169, 254, 0, 0], 16, "link-local"),
    local(v4([172, 16, 0, 0], 12, "private")),
    v4([192, 0, 0, 0], 24, "protocol assignments"),
    v4([192, 0, 2, 0], 24, "documentation"),
    v4([192, 88, 99, 0], 24, "6to4 relay"),
    local(v4([192, 168, 0, 0], 16, "private")),
    v4([198, 18, 0, 0], 15, "benchmarking"),
    v4([198, 51, 100, 0], 24, "documentation"),
    v4([203, 0, 113, 0], 24, "documentation"),
    v4([224, 0, 0, 0], 4, "multicast"),
    v4([255, 255, 255, 255], 32, "broadcast"),
    v4([240, 0, 0, 0], 4, "reserved"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, "unspecified"),
    local(v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback")),
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "IPv4-mapped"),
    v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, "IPv4-translated"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96, "IPv4-compatible"),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, "NAT64"),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "local NAT64"),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "Teredo"),
    v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, "benchmarking"),
    v6([0x2001, 0x10, 0, 0, 0, 0, 0, 0], 28, "ORCHID"),
    v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28, "ORCHID"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "protocol assignments"),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation"),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4"),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation"),
    v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "segment routing"),
    local(v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "unique local")),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local"),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "site-local"),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast"),
    // All that is not global unicast, 2000::/3.
    v6([0, 0, 0, 0, 0, 0, 0, 0], 3, "reserved"),
    v6([0x4000, 0, 0, 0, 0, 0, 0, 0], 2, "reserved"),
    v6([0x8000, 0, 0, 0, 0, 0, 0, 0], 1, "reserved"),
];
