//! What a request leaves behind that no money pays for: refusals, and proofs. Of either a merchant
//! has room for so many.

use std::collections::BTreeSet;

use super::Desk;
use crate::engine::view::{Earlier, RefusalRecord, View};
use crate::model::identifier::MerchantId;
use crate::model::payout::{ContentDigest, MerchantReference};
use crate::model::refusal::StoredRefusal;
use crate::model::retention::KeptCounts;
use crate::model::time::Timestamp;
use crate::model::used_proof::{ProofKey, UsedProof};

/// What this group has added to it.
#[derive(Default)]
pub(in crate::engine) struct Kept {
    /// Merchants whose counts are others now.
    counted: BTreeSet<MerchantId>,
    /// What stood under the reference of each refusal of this group.
    replaced: Vec<Option<Earlier>>,
}

/// How far refusals had come when a command began that may take its own back.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Checkpoint(usize);

impl Kept {
    /// The counts that are others now.
    pub(super) fn into_counts(self, view: &View) -> Vec<(MerchantId, KeptCounts)> {
        let now = |id| (id, view.kept.get(&id).copied().unwrap_or_default());
        self.counted.into_iter().map(now).collect()
    }
}

impl Desk {
    fn counts(&self, merchant: MerchantId) -> KeptCounts {
        self.view.kept.get(&merchant).copied().unwrap_or_default()
    }

    fn count(&mut self, merchant: MerchantId, change: impl FnOnce(&mut KeptCounts)) {
        change(self.view.kept.entry(merchant).or_default());
        self.kept.counted.insert(merchant);
    }

    /// Keeps a refusal under its reference. Answers with whether there was room: one that takes the
    /// place of another needs none.
    pub(in crate::engine) fn refuse(
        &mut self,
        merchant: MerchantId,
        reference: &MerchantReference,
        refusal: StoredRefusal,
    ) -> bool {
        let key = (merchant, reference.clone());
        let again = self.view.earlier.contains_key(&key);
        if !again && self.counts(merchant).refusals >= self.bounds.refusals {
            return false;
        }
        if !again {
            self.count(merchant, |counts| counts.refusals += 1);
        }
        let before = self.view.earlier.insert(key, Earlier::Refusal(refusal.clone()));
        self.kept.replaced.push(before);
        let (reference, at) = (reference.clone(), self.at);
        self.changes.refusals.push(RefusalRecord { merchant, reference, at, refusal, again });
        true
    }

    /// Where refusals have come to, for [`Desk::take_back`].
    pub(in crate::engine) fn checkpoint(&self) -> Checkpoint {
        Checkpoint(self.changes.refusals.len())
    }

    /// Takes the refusals back that a command has made. It must have done nothing else.
    pub(in crate::engine) fn take_back(&mut self, Checkpoint(length): Checkpoint) {
        while self.changes.refusals.len() > length {
            let Some(record) = self.changes.refusals.pop() else { return };
            let key = (record.merchant, record.reference);
            match self.kept.replaced.pop().flatten() {
                Some(before) => drop(self.view.earlier.insert(key, before)),
                None => drop(self.view.earlier.remove(&key)),
            }
            if !record.again {
                self.count(record.merchant, |counts| counts.refusals -= 1);
            }
        }
    }

    /// What a proof was used for before.
    pub(in crate::engine) fn used_proof(&self, key: &ProofKey) -> Option<UsedProof> {
        self.view.used_proofs.get(key).copied()
    }

    /// Remembers what a proof is used for, for as long as anybody looks for it.
    pub(in crate::engine) fn use_proof(
        &mut self,
        key: ProofKey,
        content: ContentDigest,
        until: Option<Timestamp>,
    ) {
        let used = UsedProof { content, at: self.at, until };
        self.view.used_proofs.insert(key, used);
        self.changes.used_proofs.push((key, used));
    }

    /// Remembers for good what a proof is used for that nothing was accepted with. Answers with
    /// whether there was room.
    pub(in crate::engine) fn use_idle_proof(
        &mut self,
        key: ProofKey,
        content: ContentDigest,
    ) -> bool {
        if self.counts(key.merchant).idle_proofs >= self.bounds.idle_proofs {
            return false;
        }
        self.count(key.merchant, |counts| counts.idle_proofs += 1);
        self.use_proof(key, content, None);
        true
    }
}
