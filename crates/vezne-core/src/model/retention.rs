//! What is kept for how long, and how much may be kept of what a merchant gets for nothing.
//!
//! What money rests on is kept for good: payouts, their references, the ledger and the trail. The
//! rest has an end or a bound here; `docs/retention.md` says of each why that is safe.

use std::time::Duration;

use super::time::Timestamp;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// How long things are kept whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The attempts and the bytes of a callback, after it was acknowledged or parked.
    pub callbacks: Duration,
    /// The words of a refusal's reference; after that only a digest of them is kept, by which a
    /// repeat still finds it.
    pub refusals: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self { callbacks: 90 * DAY, refusals: 400 * DAY }
    }
}

impl Retention {
    /// What may go at a moment.
    #[must_use]
    pub fn horizon(&self, now: Timestamp) -> Horizon {
        let (callbacks, refusals) = (now.minus(self.callbacks), now.minus(self.refusals));
        Horizon { now, callbacks, refusals }
    }
}

/// What may go: whatever ended before these moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// Nothing looks for a proof any more whose time is up by now.
    pub now: Timestamp,
    /// Callbacks that were acknowledged or parked before it are emptied.
    pub callbacks: Timestamp,
    /// Refusals from before it are folded, unless a payout was accepted in their place.
    pub refusals: Timestamp,
}

/// What one step of tidying came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Callbacks that were emptied.
    pub callbacks: usize,
    /// Refusals that were folded.
    pub refusals: usize,
    /// Proofs whose time was up.
    pub proofs: usize,
}

impl Pruned {
    /// Whether nothing more was due of any kind, where at most so many of each were taken.
    #[must_use]
    pub fn is_all(&self, most: usize) -> bool {
        self.callbacks < most && self.refusals < most && self.proofs < most
    }

    /// How many rows were touched.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.callbacks + self.refusals + self.proofs
    }
}

/// How many rows a merchant may have of what costs it nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptBounds {
    /// Refusals.
    pub refusals: i64,
    /// Proofs of requests that nothing was accepted of.
    pub idle_proofs: i64,
}

impl Default for KeptBounds {
    fn default() -> Self {
        Self { refusals: 5_000_000, idle_proofs: 5_000_000 }
    }
}

/// How many rows a merchant has of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptCounts {
    /// Refusals, folded ones and those that a payout stands in the place of included.
    pub refusals: i64,
    /// Proofs of requests that nothing was accepted of when they came first.
    pub idle_proofs: i64,
}

#[cfg(test)]
mod tests {
    use super::{DAY, Horizon, Pruned, Retention};
    use crate::model::time::Timestamp;

    #[test]
    fn the_horizon_lies_as_far_back_as_things_are_kept() {
        let day = i64::try_from(DAY.as_micros()).expect("it fits");
        let at = |days: i64| Timestamp::from_micros(days * day);
        let kept = Retention { callbacks: 3 * DAY, refusals: 10 * DAY };
        let horizon = Horizon { now: at(20), callbacks: at(17), refusals: at(10) };
        assert_eq!(kept.horizon(at(20)), horizon);
        let ever = Retention { callbacks: std::time::Duration::MAX, ..kept };
        assert_eq!(ever.horizon(at(20)).callbacks, Timestamp::from_micros(i64::MIN));
    }

    #[test]
    fn a_full_step_may_have_left_something() {
        let pruned = Pruned { callbacks: 1, refusals: 2, proofs: 3 };
        assert!(pruned.is_all(4));
        assert!(!pruned.is_all(3));
        assert_eq!(pruned.rows(), 6);
    }
}
