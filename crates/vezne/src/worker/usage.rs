//! Tells the other nodes on the database what the limits let through here, and hears what theirs
//! did. A node whose database is its own has no such worker.

use std::future::Future;
use std::sync::Arc;

use tracing::{info, warn};
use vezne_core::model::identifier::NodeId;
use vezne_core::port::{Clock, Fault, Store};
use vezne_web::{EXCHANGE_EVERY, WebState};

/// Exchanges usages with the other nodes.
#[derive(Clone)]
pub struct UsageWorker {
    store: Arc<dyn Store>,
    web: Arc<WebState>,
    clock: Arc<dyn Clock>,
    node: NodeId,
    failing: bool,
}

/// What an exchange came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchanged {
    /// So many subjects were told, and so many heard of.
    Done(usize, usize),
    /// Done again, after it had failed.
    Recovered,
    /// The others heard nothing, for the first time. What they should have heard is told later.
    Failed(Fault),
    /// As before.
    StillFailing,
}

impl UsageWorker {
    /// The worker of this node; nothing where there can be no other.
    pub fn new(
        store: Arc<dyn Store>,
        web: Arc<WebState>,
        clock: Arc<dyn Clock>,
        node: NodeId,
    ) -> Option<Self> {
        store.is_shared().then_some(Self { store, web, clock, node, failing: false })
    }

    /// Exchanges once. Also when nothing was used here: the others may have used something.
    pub async fn step(&mut self) -> Exchanged {
        let used = self.web.take_used();
        match self.store.share_usage(&self.node, used.clone()).await {
            Ok(heard) => {
                self.web.add_foreign(&heard, self.clock.now());
                let recovered = std::mem::replace(&mut self.failing, false);
                if recovered {
                    Exchanged::Recovered
                } else {
                    Exchanged::Done(used.len(), heard.len())
                }
            }
            Err(fault) => {
                self.web.put_back(&used);
                let known = std::mem::replace(&mut self.failing, true);
                if known { Exchanged::StillFailing } else { Exchanged::Failed(fault) }
            }
        }
    }

    /// Exchanges four times a second until told to stop, and says once when that ceases to work.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            match self.step().await {
                Exchanged::Done(..) | Exchanged::StillFailing => {}
                Exchanged::Recovered => info!("limits hold over all nodes again"),
                Exchanged::Failed(fault) => {
                    warn!("limits hold on this node alone, as nodes cannot exchange: {fault}");
                }
            }
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(EXCHANGE_EVERY) => {}
            }
        }
    }
}
