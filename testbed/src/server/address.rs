//! A port for a server.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::{Ipv4Addr, TcpListener};

use crate::Error;

/// Below what Linux gives to outgoing connections, so that nobody takes it while the server is
/// down for a moment.
const PORTS: std::ops::Range<u16> = 12_000..32_000;

/// A port that nobody listens on at this moment; which one differs from call to call.
pub(crate) fn free_port() -> Result<u16, Error> {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let random = RandomState::new().build_hasher().finish();
    let first = usize::try_from(random % u64::from(PORTS.end - PORTS.start)).unwrap_or_default();
    let mut ports = PORTS.cycle().skip(first).take(PORTS.len());
    ports.find(is_free).ok_or_else(|| Error::new("no port is free"))
}
