//! Ids that were drawn and not used, kept with the connection that drew them.

use std::time::Duration;

use tokio::time::Instant;
use vezne_core::engine::free_ids::FreeIds;

/// After so long unused ids are given up, so that the order of ids stays close to that of time.
const STALE: Duration = Duration::from_secs(10);

/// Ids that a connection was given and did not use, and since when.
#[derive(Default)]
pub(super) struct Leftover(Option<(FreeIds, Instant)>);

impl Leftover {
    /// Takes what is there, if it is fresh.
    pub(super) fn take(&mut self) -> FreeIds {
        let fresh = self.0.take().filter(|(_, since)| since.elapsed() < STALE);
        fresh.map(|(ids, _)| ids).unwrap_or_default()
    }

    /// Keeps what a group has not used.
    pub(super) fn keep(&mut self, ids: FreeIds) {
        self.0 = Some((ids, Instant::now()));
    }
}
