//! How many connections each address has.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

use crate::client_address::is_trusted;
use crate::limiter::network;
use crate::state::WebSettings;

/// The connections of all addresses but the trusted proxies', which stand for many callers. Bounded
/// by the number of connections.
#[derive(Debug)]
pub(super) struct Callers {
    most: usize,
    trusted: Vec<IpNet>,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// An address has as many connections as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("turned away: its address has as many connections as one may have")
    }
}

/// One connection of an address, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    address: IpAddr,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Callers {
    pub(super) fn new(settings: &WebSettings) -> Self {
        Self {
            most: settings.max_connections_per_address,
            trusted: settings.trusted_proxies.clone(),
            counts: Arc::default(),
        }
    }

    /// A place for one more connection; a trusted proxy needs none.
    pub(super) fn enter(&self, peer: IpAddr) -> Result<Option<Place>, Full> {
        let peer = peer.to_canonical();
        if is_trusted(peer, &self.trusted) {
            return Ok(None);
        }
        let address = network(peer);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= self.most {
            return Err(Full);
        }
        *count += 1;
        Ok(Some(Place { address, counts: Arc::clone(&self.counts) }))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}
