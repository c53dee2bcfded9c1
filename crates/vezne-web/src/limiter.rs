//! How fast a merchant may ask, and how often an address may be wrong about a key.
//!
//! Both are one cell-rate rule (GCRA): for each key one moment is kept, at which its allowance will
//! be whole again. It needs no timer, and time comes from the Clock port, so that tests step it. A
//! crate would bring the same rule, but neither a rate per key nor a look without taking, and a
//! wall clock that is set back would stop its keys until the time has caught up.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock};

use vezne_core::model::identifier::MerchantId;
use vezne_core::model::time::Timestamp;

#[cfg(test)]
mod tests;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;

/// The most addresses that are remembered as wrong. A wider attack goes unthrottled by address,
/// which a random key survives; a full memory would end the service for everyone.
const MAX_ADDRESSES: usize = 10_000;

/// So many in a span, all at once if need be, then evenly.
#[derive(Clone, Copy, Debug)]
struct Rate {
    interval: i64,
    span: i64,
}

impl Rate {
    fn new(count: u32, span: i64) -> Self {
        Self { interval: (span / i64::from(count.max(1))).max(1), span }
    }

    /// The moment at which the allowance is whole, as of `now`. One that lies further ahead than
    /// any use can put it comes from a clock that was set back since, and is forgotten.
    fn settled(self, whole_at: i64, now: i64) -> i64 {
        let possible = whole_at <= now.saturating_add(self.span).saturating_add(self.interval);
        if possible { whole_at.max(now) } else { now }
    }

    /// The moment after one more use; nothing when there is none left.
    fn take(self, whole_at: i64, now: i64) -> Option<i64> {
        let next = self.settled(whole_at, now).saturating_add(self.interval);
        (next <= now.saturating_add(self.span)).then_some(next)
    }
}

/// The requests of proven merchants, each at its own rate. Bounded by the number of merchants.
#[derive(Debug, Default)]
pub(crate) struct MerchantPace(RwLock<HashMap<MerchantId, AtomicI64>>);

impl MerchantPace {
    /// Whether the merchant may make one more request now, at `per_second`; counts it if so.
    pub(crate) fn admits(&self, merchant: MerchantId, per_second: u32, now: Timestamp) -> bool {
        let (rate, now) = (Rate::new(per_second, SECOND), now.micros());
        let take = |cell: &AtomicI64| {
            let next = |whole_at| rate.take(whole_at, now);
            cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
        };
        if let Some(cell) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&merchant) {
            return take(cell);
        }
        let mut cells = self.0.write().unwrap_or_else(PoisonError::into_inner);
        take(cells.entry(merchant).or_default())
    }
}

/// Wrong logins by address. Right ones cost nothing.
#[derive(Debug)]
pub(crate) struct FailedLogins {
    rate: Rate,
    cells: RwLock<Addresses>,
}

#[derive(Debug, Default)]
struct Addresses {
    whole_at: HashMap<IpAddr, i64>,
    pruned_at: i64,
}

impl FailedLogins {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { rate: Rate::new(per_minute, MINUTE), cells: RwLock::default() }
    }

    /// Whether the address was wrong so often that its next login is not even looked at.
    pub(crate) fn blocks(&self, address: IpAddr, now: Timestamp) -> bool {
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        if cells.whole_at.is_empty() {
            return false;
        }
        let whole_at = cells.whole_at.get(&network(address));
        whole_at.is_some_and(|whole_at| self.rate.take(*whole_at, now.micros()).is_none())
    }

    /// Counts one wrong login.
    pub(crate) fn count(&self, address: IpAddr, now: Timestamp) {
        let (address, now) = (network(address), now.micros());
        let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
        if !cells.whole_at.contains_key(&address) && !cells.has_room(self.rate, now) {
            return;
        }
        let cell = cells.whole_at.entry(address).or_insert(now);
        *cell = self.rate.take(*cell, now).unwrap_or(*cell);
    }
}

impl Addresses {
    /// Whether one more fits, after forgetting those whose wait is over. The whole memory is looked
    /// through once a second at most, or a flood of new addresses would keep it busy.
    fn has_room(&mut self, rate: Rate, now: i64) -> bool {
        if self.whole_at.len() >= MAX_ADDRESSES && (now - self.pruned_at).abs() >= SECOND {
            self.whole_at.retain(|_, whole_at| rate.settled(*whole_at, now) > now);
            self.pruned_at = now;
        }
        self.whole_at.len() < MAX_ADDRESSES
    }
}

/// An IPv6 customer is given a network of 64 bits, so that is what one caller is.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64)).into(),
    }
}
