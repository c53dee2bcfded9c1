//! The rule itself: rates, and the moments that are kept by them.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use vezne_core::model::time::Timestamp;

/// How often nodes on one database tell each other what they let through.
pub const EXCHANGE_EVERY: Duration = Duration::from_millis(250);

pub(super) const SECOND: i64 = 1_000_000;
pub(super) const MINUTE: i64 = 60 * SECOND;

/// How long what another node let through may take to be heard of: twice [`EXCHANGE_EVERY`].
const HEARD_WITHIN: i64 = SECOND / 2;

/// The longest debt, in spans. Where there are several nodes, a wall clock that is set back may
/// stop a merchant for as long, so it is no longer than it must be.
const DEBT_SPANS: i64 = 8;

/// For how many nodes a debt is long enough. Each may let one use that overdraws through before it
/// hears of the others'.
const NODES: i64 = 6;

/// So many in a span, all at once if need be, then evenly. Microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    interval: i64,
    span: i64,
    /// How far beyond its span uses elsewhere, and uses that count as many, may put a key off.
    debt: i64,
    /// Whether other nodes give out of the same.
    shared: bool,
}

/// What other nodes let through for one key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    /// So many times.
    pub(crate) count: u32,
    /// How much later than it should be, in microseconds.
    pub(crate) late: i64,
    /// The present, in microseconds.
    pub(crate) now: i64,
}

impl Rate {
    /// `count` in a span; `shared` when other nodes give out of the same.
    pub(super) fn new(count: u32, span: i64, shared: bool) -> Self {
        let debt = if shared { DEBT_SPANS * span } else { 0 };
        Self { interval: (span / i64::from(count.max(1))).max(1), span, debt, shared }
    }

    /// The same rate where one use may count as so many, and be let in with less than that left.
    /// Its debt holds all that one such use takes, of each node.
    pub(super) fn overdrawn_by(self, most: usize) -> Self {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let nodes = if self.shared { NODES } else { 1 };
        let overdrawn = self.interval.saturating_mul(most).saturating_mul(nodes);
        Self { debt: self.debt.saturating_add(overdrawn), ..self }
    }

    /// The furthest moment at which an allowance may be whole.
    fn furthest(self, now: i64) -> i64 {
        now.saturating_add(self.span).saturating_add(self.debt)
    }

    /// The moment at which the allowance is whole, as of `now`. One that lies further ahead than
    /// any use can put it comes from a clock that was set back since, and is forgotten.
    fn settled(self, whole_at: i64, now: i64) -> i64 {
        let furthest = self.furthest(now).saturating_add(self.interval);
        if whole_at <= furthest { whole_at.max(now) } else { now }
    }

    /// The moment after one more use; nothing when there is none left.
    fn take(self, whole_at: i64, now: i64) -> Option<i64> {
        let next = self.settled(whole_at, now).saturating_add(self.interval);
        (next <= now.saturating_add(self.span)).then_some(next)
    }

    /// The moment after so many more uses, which may be more than are left; nothing when more were
    /// taken already than there are.
    fn overdraw(self, whole_at: i64, count: u32, now: i64) -> Option<i64> {
        let settled = self.settled(whole_at, now);
        let used = self.interval.saturating_mul(count.into());
        let next = settled.saturating_add(used).min(self.furthest(now));
        (settled <= now.saturating_add(self.span)).then_some(next)
    }

    /// The moment after uses elsewhere. What came late is owed only so far as the rate has not
    /// given it back meanwhile.
    fn owe(self, whole_at: i64, heard: Heard) -> i64 {
        let used = self.interval.saturating_mul(heard.count.into());
        let owed = used.saturating_sub(heard.late).max(0);
        self.settled(whole_at, heard.now).saturating_add(owed).min(self.furthest(heard.now))
    }

    /// How much of what was used is told, in the same sense.
    pub(super) fn told(self, used: u32, late: i64) -> u32 {
        u32::try_from(late / self.interval).map_or(0, |back| used.saturating_sub(back))
    }
}

/// One key: when its allowance is whole, and how often it was used since that was last told.
#[derive(Debug, Default)]
pub(super) struct Cell {
    whole_at: AtomicI64,
    used: AtomicU32,
}

impl Cell {
    /// Uses it once, if anything is left.
    pub(super) fn take(&self, rate: Rate, now: i64) -> bool {
        let next = |whole_at| rate.take(whole_at, now);
        let taken = self.whole_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok();
        if taken {
            self.used.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    /// Uses it so many times, even if less is left, unless it is in debt already.
    pub(super) fn overdraw(&self, rate: Rate, count: u32, now: i64) -> bool {
        let next = |whole_at| rate.overdraw(whole_at, count, now);
        let taken = self.whole_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok();
        if taken {
            self.put_back(count);
        }
        taken
    }

    /// Whether nothing is left.
    pub(super) fn is_used_up(&self, rate: Rate, now: i64) -> bool {
        rate.take(self.whole_at.load(Ordering::Relaxed), now).is_none()
    }

    /// Whether its allowance is whole.
    pub(super) fn is_whole(&self, rate: Rate, now: i64) -> bool {
        rate.settled(self.whole_at.load(Ordering::Relaxed), now) <= now
    }

    /// Counts uses elsewhere, whether or not anything is left here.
    pub(super) fn owe(&self, rate: Rate, heard: Heard) {
        let next = |whole_at| Some(rate.owe(whole_at, heard));
        // There is always a next moment.
        let _always = self.whole_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }

    /// How often it was used; counted afresh from now on. A key at rest is only read.
    pub(super) fn take_used(&self) -> u32 {
        match self.used.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.used.swap(0, Ordering::Relaxed),
        }
    }

    /// Counts uses as not told yet.
    pub(super) fn put_back(&self, count: u32) {
        let sum = |used: u32| Some(used.saturating_add(count));
        let _always = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum);
    }
}

/// When this node last exchanged.
#[derive(Debug)]
pub(crate) struct Hearing(AtomicI64);

impl Hearing {
    /// It is on time `now`.
    pub(crate) fn since(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.micros()))
    }

    /// How late an exchange would be now, in microseconds.
    pub(crate) fn late(&self, now: Timestamp) -> i64 {
        let late = now.micros().saturating_sub(self.0.load(Ordering::Relaxed));
        late.saturating_sub(HEARD_WITHIN).max(0)
    }

    /// It exchanged.
    pub(crate) fn heard(&self, now: Timestamp) {
        self.0.store(now.micros(), Ordering::Relaxed);
    }
}
