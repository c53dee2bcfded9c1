//! The hand of a clock that follows another one without its steps.
//!
//! Somebody sets a machine's clock, or a database moves to a server whose clock is ahead; leases,
//! due times and limits that go by it must not end, or wait, with the step. So a hand moves by
//! ticks that nobody sets, never back, and makes up for a difference by going a twentieth faster or
//! slower.

use std::time::Duration;

use super::time::Timestamp;

/// One second in so many is gained or lost while a difference is made up for. Less than the tenth
/// of a lease that a worker leaves for booking, so that no lease ends under its worker.
const ONE_IN: i64 = 20;

/// A difference that appears at once and is at least so long, in microseconds, is a step.
const STEP: i64 = 1_000_000;

/// A clock that is ahead by more, in microseconds, is followed at once: after a machine has slept
/// that time has passed, and who calls us from outside goes by it.
const FURTHEST: i64 = 600 * 1_000_000;

/// How a hand stands to the clock that it follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// How far that clock is ahead of the hand, in microseconds; behind it when negative.
    pub ahead: i64,
    /// How often it was found to have stepped.
    pub steps: u64,
}

/// The hand. Ticks are those of [`Clock::ticks`](crate::port::Clock::ticks).
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    shown: Timestamp,
    at: Duration,
    drift: Drift,
}

impl Pace {
    /// A hand that shows what its clock shows.
    pub fn new(clock: Timestamp, ticks: Duration) -> Self {
        Self { shown: clock, at: ticks, drift: Drift::default() }
    }

    /// What it shows. It never shows less than before, if it is asked in order.
    pub fn now(&self, ticks: Duration) -> Timestamp {
        let passed = micros(ticks.saturating_sub(self.at));
        Timestamp::from_micros(self.shown.micros() + passed + self.made_up(passed))
    }

    /// How it stands to its clock.
    pub fn drift(&self, ticks: Duration) -> Drift {
        let passed = micros(ticks.saturating_sub(self.at));
        Drift { ahead: self.drift.ahead - self.made_up(passed), ..self.drift }
    }

    /// Takes note of what its clock shows. Answers with whether that clock has stepped since.
    pub fn hear(&mut self, clock: Timestamp, ticks: Duration) -> bool {
        if ticks < self.at {
            // Somebody else heard the clock later and was noted first.
            return false;
        }
        let (shown, expected) = (self.now(ticks), self.drift(ticks).ahead);
        let ahead = clock.micros().saturating_sub(shown.micros());
        let stepped = ahead.saturating_sub(expected).saturating_abs() >= STEP;
        self.at = ticks;
        self.drift.steps += u64::from(stepped);
        if ahead > FURTHEST {
            self.shown = clock;
            self.drift.ahead = 0;
        } else {
            self.shown = shown;
            self.drift.ahead = ahead;
        }
        stepped
    }

    fn made_up(&self, passed: i64) -> i64 {
        let most = passed / ONE_IN;
        self.drift.ahead.clamp(-most, most)
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Drift, Pace};
    use crate::model::time::Timestamp;

    const DAY: i64 = 86_400;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros((DAY + seconds) * 1_000_000)
    }

    fn ticks(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// One line per clock: what it is set to after ten seconds, then what the hand shows 60 seconds
    /// later, how far the clock is ahead of it then, and whether it has stepped.
    #[test]
    fn a_step_of_the_clock_is_made_up_for_slowly() {
        for (set_to, shown, ahead, steps) in [
            (10, 70, 0, 0),
            // Three minutes on: a lease of a minute ends three seconds early, and not at once.
            (190, 73, 177, 1),
            (12, 72, 0, 1),
            // Two hours back: time goes on, only slower.
            (10 - 7_200, 67, -7_197, 1),
            // A machine that slept for an hour.
            (3_610, 3_670, 0, 1),
        ] {
            let mut pace = Pace::new(at(0), ticks(0));
            assert_eq!(pace.hear(at(set_to), ticks(10)), steps == 1, "{set_to}");
            assert_eq!(pace.now(ticks(70)), at(shown), "{set_to}");
            let drift = Drift { ahead: ahead * 1_000_000, steps };
            assert_eq!(pace.drift(ticks(70)), drift, "{set_to}");
        }
    }

    #[test]
    fn it_never_goes_back_and_comes_to_its_clock() {
        let mut pace = Pace::new(at(0), ticks(0));
        let mut before = pace.now(ticks(0));
        for second in 1..2_200_u64 {
            let real = i64::try_from(second).expect("a small number");
            // Half a minute ahead for a while, then half a minute behind.
            let off = if second < 900 { 30 } else { -30 };
            let stepped = pace.hear(at(real + off), ticks(second));
            assert_eq!(stepped, matches!(second, 1 | 900), "{second}");
            let now = pace.now(ticks(second));
            assert!(now > before, "{second}");
            before = now;
            if matches!(second, 899 | 2_199) {
                assert_eq!(now, at(real + off), "{second}");
            }
        }
    }

    #[test]
    fn what_was_heard_late_changes_nothing() {
        let mut pace = Pace::new(at(0), ticks(5));
        assert!(!pace.hear(at(100), ticks(4)));
        assert_eq!(pace.now(ticks(4)), at(0));
        assert_eq!(pace.now(ticks(6)), at(1));
    }
}
