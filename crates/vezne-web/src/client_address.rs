//! Who is calling: the other end of the connection, or whom a trusted proxy says it speaks for.
//!
//! Only a peer among the trusted proxies is believed. Of its chain the right-most address that is
//! not itself a trusted proxy counts: what stands further left was written by the caller. When the
//! chain cannot be read up to there, the peer is the caller. A proxy that writes one of the two
//! headers passes the caller's own copy of the other through; so when both are there and disagree,
//! neither is believed (RFC 7239; `X-Forwarded-For` has no standard).

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use axum::http::header::{FORWARDED, HeaderName};
use ipnet::IpNet;

#[cfg(test)]
mod tests;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of the connection, as an extension of each request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The address of the caller, IPv4 in its own form.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return peer;
    }
    let told = |name, read: fn(&str) -> Option<IpAddr>| {
        headers.contains_key(&name).then(|| caller_in(headers, &name, read, trusted))
    };
    let caller = match (told(FORWARDED, forwarded_for), told(X_FORWARDED_FOR, node)) {
        (Some(one), Some(other)) => one.filter(|_| one == other),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => None,
    };
    caller.unwrap_or(peer)
}

pub(crate) fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// The right-most untrusted address of a header's lines, or the left-most where all are trusted.
fn caller_in(
    headers: &HeaderMap,
    name: &HeaderName,
    read: fn(&str) -> Option<IpAddr>,
    trusted: &[IpNet],
) -> Option<IpAddr> {
    let mut caller = None;
    for line in headers.get_all(name).iter().rev() {
        for element in elements(line.to_str().ok()?, ',')?.into_iter().rev() {
            let address = read(element.trim())?;
            if !is_trusted(address, trusted) {
                return Some(address);
            }
            caller = Some(address);
        }
    }
    caller
}

/// The parts between separators that stand outside quotes. Nothing where a quote is left open: a
/// proxy appends to what the caller wrote, and would write inside the caller's quotes.
fn elements(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut quoted, mut escaped) = (false, false);
    let outside = |letter: char| {
        let literal = std::mem::take(&mut escaped);
        escaped = quoted && letter == '\\' && !literal;
        quoted ^= letter == '"' && !literal;
        letter == separator && !quoted
    };
    let parts = text.split(outside).collect();
    (!quoted).then_some(parts)
}

/// The one `for` of one element of `Forwarded`. With a second one nobody can say which the proxy
/// wrote.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut told = None;
    for pair in elements(element, ';')? {
        let Some((name, value)) = pair.split_once('=') else { continue };
        if name.trim().eq_ignore_ascii_case("for") && told.replace(value.trim()).is_some() {
            return None;
        }
    }
    let value = told?;
    node(value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value))
}

/// An address, with or without a port; IPv6 with a port stands in brackets.
fn node(text: &str) -> Option<IpAddr> {
    let address = match text.strip_prefix('[') {
        Some(bracketed) => {
            let (inside, after) = bracketed.split_once(']')?;
            let port = after.is_empty() || is_port(after.strip_prefix(':')?);
            IpAddr::V6(inside.parse().ok().filter(|_| port)?)
        }
        None => match text.split_once(':') {
            Some((four, port)) if is_port(port) => IpAddr::V4(four.parse().ok()?),
            _ => text.parse().ok()?,
        },
    };
    Some(address.to_canonical())
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}
