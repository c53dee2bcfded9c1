//! How fast a merchant may ask, and how often an address may be wrong about a key.
//!
//! Both are one cell-rate rule (GCRA): for each key one moment is kept, at which its allowance will
//! be whole again. It needs no timer, and time comes from the Clock port, so that tests step it. A
//! crate would bring the same rule, but neither a rate per key nor a look without taking, and a
//! wall clock that is set back would stop its keys until the time has caught up.
//!
//! On several nodes each keeps moments of its own and decides by them alone. Every
//! [`EXCHANGE_EVERY`] it hears what the others let through and puts its moments off by it, further
//! than uses of its own could, if need be. That debt makes the rate hold. Let `n` nodes exchange
//! every `p`, and let a key have the rate `r` and use `b = r * span` at once. What a node lets
//! through up to the time `t`, with all it has heard of, is at most `b + r * t`. What it has not
//! heard of is younger than two periods: one until it was told, one until it was heard. In these
//! each other node can have let through at most `b + 2 * r * p`. So all of them let through at most
//!
//! > `b + r * t + (n - 1) * (b + 2 * r * p)`
//!
//! of which only `r * t` grows: what was too early is waited for later. This takes debts of up to
//! `(n - 1) * (span + 2 * p)`. None is longer than eight spans, which is enough for six nodes at a
//! span of a second; with more of them, a key that uses all at once, again and again, gets more.
//!
//! Where one request has many rows, it is let in as one use, and its rows are counted once they are
//! read. Then it may overdraw, but only a key that is not in debt: of all that were let in before,
//! the first goes on, and the others wait like what comes after. With at most `m` rows a request,
//! a node lets through up to `m` more than said above, and the debts grow by as much for each node.
//!
//! Nodes that cannot exchange keep to the rate each by itself. What they let through meanwhile is
//! told and heard afterwards only so far as the rate has not given it back already; otherwise a key
//! that kept to its rate would be stopped after each outage for as long as that took.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{PoisonError, RwLock};

use vezne_core::model::identifier::MerchantId;
use vezne_core::model::time::Timestamp;
use vezne_core::model::usage::{Usage, UsageSubject};

mod rate;
#[cfg(test)]
mod tests;

pub use rate::EXCHANGE_EVERY;
use rate::{Cell, MINUTE, Rate, SECOND};
pub(crate) use rate::{Heard, Hearing};

/// The most addresses that are remembered as wrong. A wider attack goes unthrottled by address,
/// which a random key survives; a full memory would end the service for everyone.
const MAX_ADDRESSES: usize = 10_000;

/// The requests of proven merchants, each at its own rate. Bounded by the number of merchants.
#[derive(Debug)]
pub(crate) struct MerchantPace {
    shared: bool,
    most_rows: usize,
    cells: RwLock<HashMap<MerchantId, Cell>>,
}

impl MerchantPace {
    /// Nobody has asked yet. `shared` when other nodes may let the same merchants through;
    /// `most_rows` is what one request may have.
    pub(crate) fn new(shared: bool, most_rows: usize) -> Self {
        Self { shared, most_rows, cells: RwLock::default() }
    }

    /// Whether the merchant may make one more request now, at `per_second`; counts it if so.
    pub(crate) fn admits(&self, merchant: MerchantId, per_second: u32, now: Timestamp) -> bool {
        self.with(merchant, |cell| cell.take(self.rate(per_second), now.micros()))
    }

    /// Whether a request that was let in may go on with its rows; counts them if so, each like a
    /// request of its own. They may be more than what is left: then what comes after waits until it
    /// has come in again, also what was let in before.
    pub(crate) fn admits_rows(
        &self,
        merchant: MerchantId,
        per_second: u32,
        rows: usize,
        now: Timestamp,
    ) -> bool {
        let further = u32::try_from(rows.saturating_sub(1)).unwrap_or(u32::MAX);
        self.with(merchant, |cell| cell.overdraw(self.rate(per_second), further, now.micros()))
    }

    /// What was let through since the last call, so far as it still counts `late` microseconds
    /// after it should be told. `per_second` tells a merchant's rate.
    pub(crate) fn take_used(
        &self,
        per_second: impl Fn(MerchantId) -> u32,
        late: i64,
    ) -> Vec<Usage> {
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        let used = cells.iter().map(|(id, cell)| (*id, cell.take_used()));
        let told = |(id, count)| {
            let count = self.rate(per_second(id)).told(count, late);
            Usage { subject: UsageSubject::Merchant(id), count }
        };
        used.filter(|(_, count)| *count > 0).map(told).collect()
    }

    /// Has it told with the next call of [`MerchantPace::take_used`]: this time nobody heard of it.
    pub(crate) fn put_back(&self, merchant: MerchantId, count: u32) {
        self.with(merchant, |cell| cell.put_back(count));
    }

    /// Counts what other nodes let through.
    pub(crate) fn add_foreign(&self, merchant: MerchantId, per_second: u32, heard: Heard) {
        self.with(merchant, |cell| cell.owe(self.rate(per_second), heard));
    }

    fn rate(&self, per_second: u32) -> Rate {
        Rate::new(per_second, SECOND, self.shared).overdrawn_by(self.most_rows)
    }

    fn with<T>(&self, merchant: MerchantId, act: impl Fn(&Cell) -> T) -> T {
        if let Some(cell) = self.cells.read().unwrap_or_else(PoisonError::into_inner).get(&merchant)
        {
            return act(cell);
        }
        let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
        act(cells.entry(merchant).or_default())
    }
}

/// How often an address does something: is wrong about a key, or visits a page.
#[derive(Debug)]
pub(crate) struct AddressPace {
    rate: Rate,
    known: RwLock<Addresses>,
}

#[derive(Debug, Default)]
struct Addresses {
    cells: HashMap<IpAddr, Cell>,
    pruned_at: i64,
}

impl AddressPace {
    /// Nobody has done it yet. `shared` when the same addresses may do it at other nodes.
    pub(crate) fn new(per_minute: u32, shared: bool) -> Self {
        Self { rate: Rate::new(per_minute, MINUTE, shared), known: RwLock::default() }
    }

    /// Whether the address may do it once more now; counts it if so. One that there is no room to
    /// remember may.
    pub(crate) fn admits(&self, address: IpAddr, now: Timestamp) -> bool {
        let mut admitted = true;
        let take = |cell: &Cell| admitted = cell.take(self.rate, now.micros());
        self.with(address, now.micros(), take);
        admitted
    }

    /// Whether the address did it so often that its next try is not even looked at.
    pub(crate) fn blocks(&self, address: IpAddr, now: Timestamp) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.cells.is_empty() {
            return false;
        }
        let cell = known.cells.get(&network(address));
        cell.is_some_and(|cell| cell.is_used_up(self.rate, now.micros()))
    }

    /// Counts one.
    pub(crate) fn count(&self, address: IpAddr, now: Timestamp) {
        let count = |cell: &Cell| cell.take(self.rate, now.micros());
        self.with(address, now.micros(), count);
    }

    /// The wrong logins counted since the last call, so far as they still count.
    pub(crate) fn take_used(&self, late: i64) -> Vec<Usage> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let used = known.cells.iter().map(|(address, cell)| (*address, cell.take_used()));
        let told = |(network, count)| {
            let subject = UsageSubject::FailedLogin(network);
            Usage { subject, count: self.rate.told(count, late) }
        };
        used.filter(|(_, count)| *count > 0).map(told).collect()
    }

    /// Has them told with the next call of [`AddressPace::take_used`]: this time nobody heard.
    pub(crate) fn put_back(&self, address: IpAddr, count: u32, now: Timestamp) {
        self.with(address, now.micros(), |cell| cell.put_back(count));
    }

    /// Counts wrong logins at other nodes.
    pub(crate) fn add_foreign(&self, address: IpAddr, heard: Heard) {
        self.with(address, heard.now, |cell| cell.owe(self.rate, heard));
    }

    /// Acts on the cell of an address if there is one or room for it.
    fn with<T>(&self, address: IpAddr, now: i64, act: impl FnOnce(&Cell) -> T) {
        let address = network(address);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.cells.contains_key(&address) || known.has_room(self.rate, now) {
            act(known.cells.entry(address).or_default());
        }
    }
}

impl Addresses {
    /// Whether one more fits, after forgetting those whose wait is over. The whole memory is looked
    /// through once a second at most, or a flood of new addresses would keep it busy.
    fn has_room(&mut self, rate: Rate, now: i64) -> bool {
        if self.cells.len() >= MAX_ADDRESSES && (now - self.pruned_at).abs() >= SECOND {
            self.cells.retain(|_, cell| !cell.is_whole(rate, now));
            self.pruned_at = now;
        }
        self.cells.len() < MAX_ADDRESSES
    }
}

/// An IPv6 customer is given a network of 64 bits, so that is what one caller is.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64)).into(),
    }
}
