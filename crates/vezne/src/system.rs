//! The real clock and the real die: the only place that reads the time and draws random numbers.

use std::sync::{LazyLock, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tracing::warn;
use vezne_core::model::pace::{Drift, Pace};
use vezne_core::model::time::Timestamp;
use vezne_core::port::{Clock, Random};

/// The machine's clock, as it is set. For commands that end soon; a server has [`SteadyClock`].
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock port's real side")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the Clock port's real side")]
    fn ticks(&self) -> Duration {
        static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
        BEGAN.elapsed()
    }
}

/// How often the machine's clock is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How far ahead of the machine's clock a desk may have been left for its time to go on from there,
/// in microseconds. What is further ahead was written by a clock that was wrong.
const FURTHEST_LEFT: i64 = 24 * 3_600 * 1_000_000;

/// The time of a desk that one process has: it begins as the machine's clock is set and follows it
/// without its steps.
pub(crate) struct SteadyClock(RwLock<Followed>);

struct Followed {
    pace: Pace,
    heard: Duration,
}

impl SteadyClock {
    /// Begins now, or where the desk's time was left when that is later: a clock that was set back
    /// meanwhile must not make what is due wait.
    pub(crate) fn since(left: Option<Timestamp>) -> Self {
        let (now, heard) = (SystemClock.now(), SystemClock.ticks());
        let ahead = |left: &Timestamp| left.micros() - now.micros();
        let left = left.filter(|left| (0..=FURTHEST_LEFT).contains(&ahead(left)));
        let mut pace = Pace::new(left.unwrap_or(now), heard);
        if pace.hear(now, heard) {
            warn!("the machine's clock is behind the newest payout; the desk's time goes on");
        }
        Self(RwLock::new(Followed { pace, heard }))
    }

    fn pace(&self) -> Pace {
        let ticks = SystemClock.ticks();
        {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if ticks.saturating_sub(known.heard) < LOOK_EVERY {
                return known.pace;
            }
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that the two belong together.
        let (now, ticks) = (SystemClock.now(), SystemClock.ticks());
        if known.pace.hear(now, ticks) {
            let seconds = known.pace.drift(ticks).ahead / 1_000_000;
            warn!(seconds, "the machine's clock was set; the desk's follows it slowly");
        }
        known.heard = ticks;
        known.pace
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        self.pace().now(self.ticks())
    }

    fn ticks(&self) -> Duration {
        SystemClock.ticks()
    }

    fn drift(&self) -> Drift {
        self.pace().drift(self.ticks())
    }
}

/// The operating system's random numbers.
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "this is the Random port's real side")]
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).expect("the operating system has random numbers");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vezne_core::port::Clock as _;

    use super::{SteadyClock, SystemClock};

    /// One line per desk: how far ahead of the machine it was left, and how far ahead its time is.
    #[test]
    fn a_desk_goes_on_from_where_it_was_left() {
        for (left, ahead) in [(-3_600, 0), (0, 0), (7_200, 7_200), (3 * 86_400, 0)] {
            let now = SystemClock.now();
            let micros = now.micros() + left * 1_000_000;
            let left = vezne_core::model::time::Timestamp::from_micros(micros);
            let clock = SteadyClock::since(Some(left));
            let shown = clock.now().micros() - now.micros();
            let slack = Duration::from_secs(5).as_micros();
            let off = (shown - ahead * 1_000_000).unsigned_abs();
            assert!(u128::from(off) < slack, "{ahead}: {shown}");
        }
    }
}
