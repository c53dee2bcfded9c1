//! For how long a callback is claimed, and what of its settings makes no sense.

use std::time::Duration;

use super::{Callbacks, seconds};

/// What the dearest hash of a callback takes on a slow machine.
const DEAREST_HASH: Duration = Duration::from_millis(500);

/// The longest lease of a callback: so long one waits that a node took before it stopped.
const LONGEST_CALLBACK_LEASE: Duration = Duration::from_secs(3_600);

impl Callbacks {
    /// How long a claimed callback is kept: all of the room may wait for the hash threads, and then
    /// comes the attempt itself. A tenth is left for booking what came of it.
    pub(crate) fn lease(&self) -> Duration {
        let turns = self.concurrency.div_ceil(self.hash_threads.max(1));
        let composing = DEAREST_HASH.saturating_mul(u32::try_from(turns).unwrap_or(u32::MAX));
        let outside = composing.saturating_add(seconds(self.total_timeout_seconds));
        (outside.saturating_mul(10) / 9).max(Duration::from_secs(90))
    }

    /// Whether it makes sense, or why not.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.total_timeout_seconds == 0 || self.connect_timeout_seconds == 0 {
            return Err("the timeouts of callbacks must be above zero".to_owned());
        }
        if self.live_ports.is_empty() || self.live_ports.contains(&0) {
            return Err("callbacks.live_ports names one port at least, and not 0".to_owned());
        }
        if self.lease() > LONGEST_CALLBACK_LEASE {
            return Err(format!(
                "callbacks.concurrency = {} with callbacks.hash_threads = {} and \
                 callbacks.total_timeout_seconds = {} may keep a callback for {} seconds before it \
                 is tried again after a crash; {} are allowed: lower the first, or raise \
                 hash_threads",
                self.concurrency,
                self.hash_threads,
                self.total_timeout_seconds,
                self.lease().as_secs(),
                LONGEST_CALLBACK_LEASE.as_secs(),
            ));
        }
        Ok(())
    }
}
