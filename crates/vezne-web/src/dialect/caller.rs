//! Who calls, as far as the socket and the proxies tell, and what day it is for them.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::request::Parts;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use vezne_core::model::time::Timestamp;

use crate::client_address::{Peer, client_address};
use crate::state::WebState;

/// The caller's address. A request that came over no socket, as in a test, has none; it is
/// nobody's.
pub(super) fn address(head: &Parts, web: &WebState) -> IpAddr {
    let peer = head.extensions.get::<Peer>().map(|peer| peer.0.ip());
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    client_address(peer, &head.headers, &web.settings.trusted_proxies)
}

/// The Istanbul day as (year, month, day).
pub(super) fn today(now: Timestamp) -> (i16, i8, i8) {
    const EPOCH: Date = date(1970, 1, 1);
    let today = EPOCH.checked_add(i64::from(now.day().number()).days()).unwrap_or(Date::MAX);
    (today.year(), today.month(), today.day())
}
