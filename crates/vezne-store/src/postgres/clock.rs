//! The server's time, followed between two looks at it by this machine's own pace.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;
use vezne_core::model::pace::{Drift, Pace};
use vezne_core::model::time::Timestamp;
use vezne_core::port::Clock;

/// The time of the database server, as every node on it sees it, without the steps of a server that
/// is set or takes the place of another one.
#[derive(Debug)]
pub struct ServerClock {
    began: Instant,
    pace: RwLock<Pace>,
}

impl ServerClock {
    /// A clock that was just told the time.
    pub(super) fn at(now: Timestamp) -> Self {
        Self { began: Instant::now(), pace: RwLock::new(Pace::new(now, Duration::ZERO)) }
    }

    /// Takes note of the server's time, and answers with what the desk's is.
    pub(super) fn hear(&self, server: Timestamp) -> Timestamp {
        let ticks = self.ticks();
        let mut pace = self.pace.write().unwrap_or_else(PoisonError::into_inner);
        if pace.hear(server, ticks) {
            let seconds = pace.drift(ticks).ahead / 1_000_000;
            tracing::warn!(seconds, "the database server's clock has stepped from the desk's");
        }
        pace.now(ticks)
    }

    fn pace(&self) -> Pace {
        *self.pace.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ServerClock {
    fn now(&self) -> Timestamp {
        self.pace().now(self.ticks())
    }

    fn ticks(&self) -> Duration {
        self.began.elapsed()
    }

    fn drift(&self) -> Drift {
        self.pace().drift(self.ticks())
    }
}
