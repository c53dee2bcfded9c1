//! What a store would hold, as plain maps: the fold of the pure rules.
//!
//! This is no mock of the store port. It answers nothing that a test tells it to: a group gets the
//! view it asked for, decides for real, and its changes are folded in. It is strict where a real
//! store is lenient. It shows exactly what [`Wanted`] names and what `view.rs` says comes unasked,
//! so a verb that forgets to ask sees nothing there, and it refuses changes that no view covered.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use crate::engine::free_ids::{FreeIds, IdRanges};
use crate::engine::group::Group;
use crate::engine::room::{Errand, Line};
use crate::engine::view::{
    Changes, DayKey, Earlier, FirstAnswer, NewIds, Old, Unreadable, View, Wanted,
};
use crate::model::audit::AuditRecord;
use crate::model::callback::{Attempt, Callback, CallbackState};
use crate::model::directory::Directory;
use crate::model::identifier::{CallbackId, MerchantId, PayoutId};
use crate::model::ledger::{Entry, LedgerAccount};
use crate::model::payout::{MerchantReference, Payout, PayoutState};
use crate::model::quarantine::DeskState;
use crate::model::refusal::StoredRefusal;
use crate::model::retention::KeptCounts;
use crate::model::time::{Day, Timestamp};
use crate::model::used_proof::{ProofKey, UsedProof};
use crate::port::Fault;

/// Whose reference.
pub(super) type ReferenceKey = (MerchantId, MerchantReference);

/// Everything that groups have left behind so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    pub(super) directory: Arc<Directory>,
    pub(super) payouts: BTreeMap<PayoutId, Payout>,
    /// What is left of payouts that a test has taken away.
    pub(super) first_answers: HashMap<PayoutId, FirstAnswer>,
    /// All payouts under a reference, so that a second one is seen rather than overwritten.
    pub(super) references: BTreeMap<ReferenceKey, Vec<PayoutId>>,
    pub(super) refusals: BTreeMap<ReferenceKey, StoredRefusal>,
    pub(super) used_proofs: BTreeMap<ProofKey, UsedProof>,
    pub(super) kept: BTreeMap<MerchantId, KeptCounts>,
    pub(super) entries: Vec<Entry>,
    pub(super) balances: BTreeMap<LedgerAccount, i64>,
    pub(super) day_totals: BTreeMap<DayKey, i64>,
    pub(super) callbacks: BTreeMap<CallbackId, Callback>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) trail: Vec<AuditRecord>,
    pub(super) state: DeskState,
}

impl Book {
    /// Shows a group its view, lets it decide and folds its changes in; nothing of them on a fault.
    pub(super) fn transact(&mut self, group: &mut Group) -> Result<(), Fault> {
        let wanted = group.wanted();
        let view = self.view(&wanted);
        let shown = Shown::of(&view, &wanted);
        let changes = group.decide(view)?;
        shown.check(&changes);
        self.apply(changes);
        Ok(())
    }

    /// All of it as text, to compare two books by; but for the claim number, which counts commits,
    /// and they may have had other ones. Secrets and persons print as placeholders.
    pub(super) fn print(&self) -> String {
        let Self { payouts, references, refusals, entries, balances, .. } = self;
        let Self { day_totals, callbacks, attempts, trail, used_proofs, state, kept, .. } = self;
        let mut text = format!("{payouts:?}\n{references:?}\n{refusals:?}\n{entries:?}\n");
        let merchants: Vec<_> = self.directory.iter().collect();
        write!(text, "{balances:?}\n{day_totals:?}\n{callbacks:?}\n{attempts:?}\n{trail:?}\n")
            .and_then(|()| write!(text, "{merchants:?}\n{used_proofs:?}\n{kept:?}\n"))
            .and_then(|()| {
                write!(text, "{:?}\n{:?}\n", self.directory.token_keys(), state.quarantine)
            })
            .expect("a string takes everything");
        text
    }

    /// The first free ids.
    pub(super) fn free(&self) -> FreeIds {
        let payout = self.payouts.last_key_value().map_or(1, |(id, _)| id.0 + 1);
        let callback = self.callbacks.last_key_value().map_or(1, |(id, _)| id.0 + 1);
        let entry = self.entries.last().map_or(1, |entry| entry.id.0 + 1);
        let [payouts, entries, callbacks] = [payout, entry, callback].map(IdRanges::from);
        FreeIds { payouts, entries, callbacks }
    }

    fn view(&self, wanted: &Wanted) -> View {
        let earlier = self.earlier(wanted);
        let due_payouts = self.due_payouts(wanted);
        let due_callbacks = self.due_callbacks(wanted);
        let asked = wanted.callbacks.iter().chain(&due_callbacks);
        let callbacks: HashMap<_, _> =
            asked.filter_map(|id| Some((*id, self.callbacks.get(id)?.clone()))).collect();
        let found = earlier.values().filter_map(|earlier| match earlier {
            Earlier::Payout(id) => Some(*id),
            Earlier::Refusal(_) => None,
        });
        let about = callbacks.values().map(|callback| callback.payout);
        let unfinished = self.unfinished(wanted);
        let asked = wanted.payouts.iter().chain(&due_payouts).chain(&unfinished).copied();
        let asked = asked.chain(found).chain(about);
        let payouts: HashMap<_, _> =
            asked.filter_map(|id| Some((id, self.payouts.get(&id)?.clone()))).collect();
        let (balances, day_totals) = self.totals(wanted, payouts.values());
        let (directory, free) = (Arc::clone(&self.directory), self.free());
        let kept = |id: &MerchantId| Some((*id, *self.kept.get(id)?));
        let used = |key: &ProofKey| Some((*key, *self.used_proofs.get(key)?));
        View {
            directory,
            earlier,
            used_proofs: wanted.used_proofs.iter().filter_map(used).collect(),
            payouts,
            first_answers: self.first_answers.clone(),
            callbacks,
            unreadable: Unreadable::default(),
            due_payouts,
            due_until: Vec::new(),
            due_callbacks,
            unfinished,
            unsealed: Old::default(),
            desk_state: self.state.clone(),
            kept: wanted.merchants.iter().filter_map(kept).collect(),
            balances,
            day_totals,
            free,
        }
    }

    fn earlier(&self, wanted: &Wanted) -> HashMap<ReferenceKey, Earlier> {
        let find = |key: &ReferenceKey| match self.references.get(key).and_then(|all| all.first()) {
            Some(id) => Some(Earlier::Payout(*id)),
            None => self.refusals.get(key).cloned().map(Earlier::Refusal),
        };
        wanted.references.iter().filter_map(|key| Some((key.clone(), find(key)?))).collect()
    }

    /// Of each line as many as there is room for, in the order in which they were due.
    fn due_payouts(&self, wanted: &Wanted) -> Vec<PayoutId> {
        let mut due: Vec<_> =
            self.payouts.values().filter_map(|one| self.due_since(one, wanted.at)).collect();
        due.sort_unstable_by_key(|(at, id, _)| (*at, *id));
        let lines: BTreeSet<Line> = due.iter().map(|(_, _, line)| line.clone()).collect();
        let lines: Vec<Line> = lines.into_iter().collect();
        let mut left: BTreeMap<&Line, usize> = lines.iter().zip(wanted.shares(&lines)).collect();
        due.retain(|(_, _, line)| match left.get_mut(line) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            Some(_) | None => false,
        });
        due.into_iter().map(|(_, id, _)| id).collect()
    }

    fn due_since(&self, payout: &Payout, now: Timestamp) -> Option<(Timestamp, PayoutId, Line)> {
        let merchant = payout.merchant;
        let (at, rail, errand) = match &payout.state {
            PayoutState::Approved => {
                let rail = self.directory.get(merchant)?.rail(&payout.channel);
                (payout.updated_at, rail, Errand::Send)
            }
            PayoutState::Dispatched(dispatch) if dispatch.due_at <= now => {
                (dispatch.due_at, dispatch.rail.clone(), dispatch.progress.errand())
            }
            PayoutState::AwaitingApproval
            | PayoutState::Dispatched(_)
            | PayoutState::Settled(_)
            | PayoutState::Rejected { .. }
            | PayoutState::Failed { .. }
            | PayoutState::Returned { .. } => return None,
        };
        Some((at, payout.id, Line { merchant, rail, errand }))
    }

    fn unfinished(&self, wanted: &Wanted) -> Vec<PayoutId> {
        let Some((after, most)) = wanted.unfinished else { return Vec::new() };
        let sent = |state: &PayoutState| {
            matches!(state, PayoutState::Approved | PayoutState::Dispatched(_))
        };
        let all = self.payouts.values().filter(|one| one.id > after && sent(&one.state));
        all.map(|one| one.id).take(most).collect()
    }

    fn due_callbacks(&self, wanted: &Wanted) -> Vec<CallbackId> {
        let mut due: Vec<_> =
            self.callbacks.values().filter_map(|one| Some((due_at(one)?, one))).collect();
        due.retain(|(at, one)| *at <= wanted.at && !self.waits_for_an_earlier(one));
        due.sort_unstable_by_key(|(at, one)| (*at, one.id));
        let mut room: BTreeMap<MerchantId, usize> = BTreeMap::new();
        for (merchant, most) in &wanted.due_callbacks {
            *room.entry(*merchant).or_default() += most;
        }
        due.retain(|(_, one)| match room.get_mut(&one.merchant) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            Some(_) | None => false,
        });
        due.into_iter().map(|(_, one)| one.id).collect()
    }

    fn waits_for_an_earlier(&self, callback: &Callback) -> bool {
        let earlier = self.callbacks.range(..callback.id).map(|(_, earlier)| earlier);
        earlier.into_iter().any(|one| one.payout == callback.payout && due_at(one).is_some())
    }

    fn totals<'a>(
        &self,
        wanted: &Wanted,
        payouts: impl Iterator<Item = &'a Payout>,
    ) -> (HashMap<LedgerAccount, i64>, HashMap<DayKey, i64>) {
        let (mut merchants, mut days) = (wanted.merchants.clone(), wanted.days.clone());
        for payout in payouts {
            merchants.insert(payout.merchant);
            days.insert((payout.merchant, payout.day()));
        }
        let balances = self.balances.iter().filter(|(one, _)| merchants.contains(&one.merchant));
        let totals =
            self.day_totals.iter().filter(|(one, _)| days.contains(&(one.merchant, one.day)));
        (
            balances.map(|(account, minor)| (account.clone(), *minor)).collect(),
            totals.map(|(key, minor)| (key.clone(), *minor)).collect(),
        )
    }

    fn apply(&mut self, changes: Changes) {
        for payout in changes.payouts_added {
            assert_eq!(IdRanges::from(payout.id.0), self.free().payouts, "no id is left out");
            let key = (payout.merchant, payout.reference.clone());
            self.references.entry(key).or_default().push(payout.id);
            self.payouts.insert(payout.id, payout);
        }
        changes.payouts_moved.into_iter().for_each(|payout| self.move_payout(payout));
        for record in changes.refusals {
            self.refusals.insert((record.merchant, record.reference), record.refusal);
        }
        self.used_proofs.extend(changes.used_proofs);
        self.kept.extend(changes.kept);
        for key in changes.reopened {
            assert!(self.refusals.remove(&key).is_some(), "nothing was refused under {key:?}");
        }
        for entry in changes.entries {
            assert_eq!(IdRanges::from(entry.id.0), self.free().entries, "no id is left out");
            self.entries.push(entry);
        }
        self.balances.extend(changes.balances);
        self.day_totals.extend(changes.day_totals);
        for callback in changes.callbacks_added {
            assert_eq!(IdRanges::from(callback.id.0), self.free().callbacks, "no id is left out");
            self.callbacks.insert(callback.id, callback);
        }
        for mut callback in changes.callbacks_moved {
            let before = self.callbacks.remove(&callback.id).expect("it was there before");
            callback.body = callback.body.or(before.body);
            self.callbacks.insert(callback.id, callback);
        }
        self.attempts.extend(changes.attempts);
        self.trail.extend(changes.trail);
        for change in &changes.channels {
            Arc::<Directory>::make_mut(&mut self.directory).change_channel(change);
        }
        for merchant in changes.merchants {
            Arc::make_mut(&mut self.directory).put((*merchant).clone());
        }
        for key in changes.token_keys {
            Arc::make_mut(&mut self.directory).put_token_key(key);
        }
        if let Some(change) = changes.desk_state {
            assert_eq!(change.before, self.state, "it was shown");
            self.state = change.after;
        }
    }

    /// Nothing but a payout's state and trust may move; that is all a store writes.
    fn move_payout(&mut self, moved: Payout) {
        let payout = self.payouts.get_mut(&moved.id).expect("a payout that moves was there before");
        payout.state = moved.state.clone();
        payout.trust = moved.trust;
        payout.updated_at = moved.updated_at;
        assert_eq!(format!("{payout:?}"), format!("{moved:?}"));
    }
}

/// The moment a callback is due; nothing once it is done with.
fn due_at(callback: &Callback) -> Option<Timestamp> {
    match callback.state {
        CallbackState::Due(at) => Some(at),
        CallbackState::Acknowledged(_) | CallbackState::Parked(_) => None,
    }
}

/// What a view covered. A change of anything else was decided blindly.
struct Shown {
    merchants: BTreeSet<MerchantId>,
    days: BTreeSet<(MerchantId, Day)>,
    references: BTreeSet<ReferenceKey>,
    used_proofs: BTreeSet<ProofKey>,
    counted: BTreeSet<MerchantId>,
    new_ids: NewIds,
}

impl Shown {
    fn of(view: &View, wanted: &Wanted) -> Self {
        let (mut merchants, mut days) = (wanted.merchants.clone(), wanted.days.clone());
        for payout in view.payouts.values() {
            merchants.insert(payout.merchant);
            days.insert((payout.merchant, payout.day()));
        }
        let references = wanted.references.iter().cloned().collect();
        let used_proofs = wanted.used_proofs.iter().copied().collect();
        let counted = wanted.merchants.clone();
        Self { merchants, days, references, used_proofs, counted, new_ids: wanted.new_ids }
    }

    fn check(&self, changes: &Changes) {
        let (payouts, entries) = (changes.payouts_added.len(), changes.entries.len());
        for (made, announced) in [
            (payouts, self.new_ids.payouts),
            (entries, self.new_ids.entries),
            (changes.callbacks_added.len(), self.new_ids.callbacks),
        ] {
            assert!(made <= announced, "more is made than was announced");
        }
        for (account, _) in &changes.balances {
            assert!(self.merchants.contains(&account.merchant), "{account:?} was not shown");
        }
        for (key, _) in &changes.day_totals {
            assert!(self.days.contains(&(key.merchant, key.day)), "{key:?} was not shown");
        }
        let added = changes.payouts_added.iter();
        let added = added.map(|payout| (payout.merchant, payout.reference.clone()));
        let refused = changes.refusals.iter();
        let refused = refused.map(|record| (record.merchant, record.reference.clone()));
        for key in added.chain(refused) {
            assert!(self.references.contains(&key), "{key:?} was not shown");
        }
        for (key, _) in &changes.used_proofs {
            assert!(self.used_proofs.contains(key), "{key:?} was not shown");
        }
        for (id, _) in &changes.kept {
            assert!(self.counted.contains(id), "what is kept of {id:?} was not shown");
        }
    }
}
