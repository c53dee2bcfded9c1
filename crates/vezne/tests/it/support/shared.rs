//! Several nodes on one database within one process: a real SQLite store for everything but what
//! nodes tell each other, and for that the contract of [`Store::share_usage`] in the fewest words.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use vezne_core::engine::group::Group;
use vezne_core::model::audit::AuditRecord;
use vezne_core::model::callback::{Attempt, Callback};
use vezne_core::model::directory::Directory;
use vezne_core::model::identifier::{CallbackId, MerchantId, NodeId, PayoutId};
use vezne_core::model::ledger::{Entry, LedgerAccount};
use vezne_core::model::payout::Payout;
use vezne_core::model::quarantine::DeskState;
use vezne_core::model::retention::{Horizon, KeptCounts, Pruned};
use vezne_core::model::unread::Unsealed;
use vezne_core::model::usage::{Usage, merged};
use vezne_core::port::{CallbackFilter, Fault, Found, Later, Overview, PayoutFilter, Store};

/// What waits for each node.
#[derive(Default)]
pub(crate) struct Post {
    waiting: Mutex<BTreeMap<NodeId, Vec<Usage>>>,
    /// Whether exchanges fail.
    pub(crate) down: AtomicBool,
}

impl Post {
    fn exchange(&self, node: NodeId, used: &[Usage]) -> Result<Vec<Usage>, Fault> {
        if self.down.load(Ordering::Relaxed) {
            return Err(Fault("the database is down".to_owned()));
        }
        let mut waiting = self.waiting.lock().expect("no panic");
        for (_, other) in waiting.iter_mut().filter(|(other, _)| **other != node) {
            *other = merged(other.iter().chain(used).copied());
        }
        Ok(waiting.insert(node, Vec::new()).unwrap_or_default())
    }
}

/// One node's store.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) post: Arc<Post>,
}

impl Store for Shared {
    fn is_shared(&self) -> bool {
        true
    }

    fn share_usage(&self, node: &NodeId, used: Vec<Usage>) -> Later<'_, Result<Vec<Usage>, Fault>> {
        Box::pin(std::future::ready(self.post.exchange(*node, &used)))
    }

    fn transact(&self, group: Group) -> Later<'_, (Group, Result<(), Fault>)> {
        self.store.transact(group)
    }

    fn refresh(&self) -> Later<'_, Result<(), Fault>> {
        self.store.refresh()
    }

    fn directory(&self) -> Arc<Directory> {
        self.store.directory()
    }

    fn payout(&self, id: PayoutId) -> Later<'_, Result<Option<Payout>, Fault>> {
        self.store.payout(id)
    }

    fn payouts(&self, filter: PayoutFilter) -> Later<'_, Result<Found<Payout>, Fault>> {
        self.store.payouts(filter)
    }

    fn callback(&self, id: CallbackId) -> Later<'_, Result<Option<Callback>, Fault>> {
        self.store.callback(id)
    }

    fn callbacks(&self, filter: CallbackFilter) -> Later<'_, Result<Found<Callback>, Fault>> {
        self.store.callbacks(filter)
    }

    fn unsealed(&self) -> Later<'_, Result<Unsealed, Fault>> {
        self.store.unsealed()
    }

    fn attempts(&self, callback: CallbackId) -> Later<'_, Result<Vec<Attempt>, Fault>> {
        self.store.attempts(callback)
    }

    fn trail(&self, payout: PayoutId) -> Later<'_, Result<Vec<AuditRecord>, Fault>> {
        self.store.trail(payout)
    }

    fn entries(&self, payout: PayoutId) -> Later<'_, Result<Vec<Entry>, Fault>> {
        self.store.entries(payout)
    }

    fn balances(&self, id: MerchantId) -> Later<'_, Result<Vec<(LedgerAccount, i64)>, Fault>> {
        self.store.balances(id)
    }

    fn kept(&self) -> Later<'_, Result<Vec<(MerchantId, KeptCounts)>, Fault>> {
        self.store.kept()
    }

    fn prune(&self, horizon: Horizon, most: usize) -> Later<'_, Result<Pruned, Fault>> {
        self.store.prune(horizon, most)
    }

    fn desk_state(&self) -> Later<'_, Result<DeskState, Fault>> {
        self.store.desk_state()
    }

    fn overview(&self) -> Later<'_, Result<Overview, Fault>> {
        self.store.overview()
    }
}
