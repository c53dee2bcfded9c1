//! Lets go what is long done, a little at a time. `docs/retention.md` says what that is.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};
use vezne_core::model::retention::{Pruned, Retention};
use vezne_core::port::{Clock, Fault, Store};

/// Rows of each kind in one step, so that nobody waits long for the commit.
const MOST: usize = 200;

/// Between two steps while there is more to let go, so that others get their turn.
const BREATH: Duration = Duration::from_millis(100);

/// Between two looks when there was nothing more.
const PAUSE: Duration = Duration::from_secs(600);

/// Lets go what is long done. Every node may have one.
#[derive(Clone)]
pub struct RetentionWorker {
    /// Where it is kept.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How long things are kept.
    pub retention: Retention,
}

impl RetentionWorker {
    /// Takes one step.
    ///
    /// # Errors
    /// When the store did not do it. What it did before stands.
    pub async fn step(&self) -> Result<Pruned, Fault> {
        self.store.prune(self.retention.horizon(self.clock.now()), MOST).await
    }

    /// Goes step by step until nothing more is due, and looks again now and then, until told to
    /// stop.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut gone = 0;
        loop {
            let pause = match self.step().await {
                Ok(step) => {
                    gone += step.rows();
                    if step.is_all(MOST) { PAUSE } else { BREATH }
                }
                Err(fault) => {
                    warn!(%fault, "what is long done was not let go");
                    PAUSE
                }
            };
            if pause == PAUSE && gone > 0 {
                info!(rows = gone, "what is long done was let go");
                gone = 0;
            }
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}
