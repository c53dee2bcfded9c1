//! A clock that only a test moves, and a die that falls the same way in every run.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use vezne_core::model::time::Timestamp;
use vezne_core::port::{Clock, Random};

/// 17.02.2024 00:28:46 in Istanbul, the time of the document's answers.
const START: i64 = 1_708_118_926_000_000;

pub(crate) struct HandClock {
    now: AtomicI64,
    /// What has passed, whatever the clock was set to.
    passed: AtomicI64,
}

impl Default for HandClock {
    fn default() -> Self {
        Self { now: AtomicI64::new(START), passed: AtomicI64::new(0) }
    }
}

impl HandClock {
    pub(crate) fn pass(&self, span: Duration) {
        let micros = i64::try_from(span.as_micros()).expect("a span that a test waits");
        self.now.fetch_add(micros, Ordering::SeqCst);
        self.passed.fetch_add(micros, Ordering::SeqCst);
    }

    /// Somebody sets the clock on, and no time passes.
    pub(crate) fn set_on(&self, span: Duration) {
        let micros = i64::try_from(span.as_micros()).expect("a span that somebody sets");
        self.now.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now.load(Ordering::SeqCst))
    }

    fn ticks(&self) -> Duration {
        Duration::from_micros(self.passed.load(Ordering::SeqCst).unsigned_abs())
    }
}

/// The generator `SplitMix64` from a fixed seed.
pub(crate) struct Seeded(Mutex<u64>);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Random for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.0.lock().expect("no test panicked here");
        for chunk in buffer.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = *state;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let bytes = (word ^ (word >> 31)).to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}
