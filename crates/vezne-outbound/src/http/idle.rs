//! Connections that an exchange has left open, for the next request to the same address.
//!
//! The guard still checks the destination of every request: only a connection to one of the
//! addresses that were checked for *this* request is used, under the same name and the same
//! certificate's. A few are kept for each, and not for long, because what the other side closes
//! meanwhile costs a try.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use rustls::pki_types::ServerName;
use tokio::time::Instant;

use super::Connection;
use crate::destination::Destination;

/// For so long: less than the five seconds after which Node's servers close theirs.
const LONGEST: Duration = Duration::from_secs(4);

/// So many to one address, and in all.
const MOST: (usize, usize) = (64, 512);

/// Where a connection leads, by which name, and whose certificate it was made with.
type Place = (SocketAddr, String, Option<ServerName<'static>>);

fn place(address: SocketAddr, to: &Destination) -> Place {
    (address, to.authority().to_owned(), to.server_name().cloned())
}

/// A connection that can take a request.
pub(super) struct Open {
    pub(super) sender: SendRequest<Full<Bytes>>,
    pub(super) address: SocketAddr,
    /// Moves the bytes for as long as it is held.
    #[expect(dead_code, reason = "it is held, and ends with this")]
    pub(super) connection: Connection,
}

/// Those that wait for a request.
#[derive(Default)]
pub(super) struct Idle(Mutex<HashMap<Place, Vec<(Open, Instant)>>>);

impl Idle {
    /// The last one that was left to one of the destination's addresses and is open still.
    pub(super) fn take(&self, to: &Destination) -> Option<Open> {
        let mut idle = self.lock();
        for address in to.addresses() {
            let place = place(*address, to);
            let Some(kept) = idle.get_mut(&place) else { continue };
            while let Some((open, since)) = kept.pop() {
                if since.elapsed() < LONGEST && open.sender.is_ready() {
                    return Some(open);
                }
            }
            idle.remove(&place);
        }
        None
    }

    /// Keeps one, and lets go of those that have waited for too long.
    pub(super) fn put(&self, to: &Destination, open: Open) {
        let mut idle = self.lock();
        let is_fresh =
            |(open, since): &(Open, Instant)| since.elapsed() < LONGEST && !open.sender.is_closed();
        let place = place(open.address, to);
        let here = idle.get(&place).map_or(0, Vec::len);
        let all: usize = idle.values().map(Vec::len).sum();
        if here >= MOST.0 || all >= MOST.1 {
            idle.values_mut().for_each(|kept| kept.retain(is_fresh));
            idle.retain(|_, kept| !kept.is_empty());
        }
        let here = idle.get(&place).map_or(0, Vec::len);
        let all: usize = idle.values().map(Vec::len).sum();
        if here < MOST.0 && all < MOST.1 {
            idle.entry(place).or_default().push((open, Instant::now()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Vec<(Open, Instant)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
