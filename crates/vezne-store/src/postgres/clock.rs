//! The server's time, followed between two looks at it by this machine's own pace.

use std::sync::{PoisonError, RwLock};

use tokio::time::Instant;
use vezne_core::model::time::Timestamp;
use vezne_core::port::Clock;

/// The time of the database server, as every node on it sees it.
#[derive(Debug)]
pub struct ServerClock(RwLock<(Timestamp, Instant)>);

impl ServerClock {
    /// A clock that was just told the time.
    pub(super) fn at(now: Timestamp) -> Self {
        Self(RwLock::new((now, Instant::now())))
    }

    /// Takes note of the server's time.
    pub(super) fn set(&self, now: Timestamp) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = (now, Instant::now());
    }
}

impl Clock for ServerClock {
    fn now(&self) -> Timestamp {
        let (told, at) = *self.0.read().unwrap_or_else(PoisonError::into_inner);
        told.plus(at.elapsed())
    }
}
