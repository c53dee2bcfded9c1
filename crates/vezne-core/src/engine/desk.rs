//! The working surface of one group: the view, as the commands so far have changed it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::group::Rings;
use super::view::{Changes, DayKey, RefusalRecord, StateChange, Unreadable, View};
use crate::model::approval::Actor;
use crate::model::audit::AuditRecord;
use crate::model::callback::{Attempt, Callback, CallbackEvent, CallbackState, CallbackTarget};
use crate::model::channel::ChannelChange;
use crate::model::directory::Directory;
use crate::model::identifier::{CallbackId, MerchantId, PayoutId};
use crate::model::ledger::{AccountKind, Entry, EntryReason, LedgerAccount, Posting};
use crate::model::merchant::Merchant;
use crate::model::money::{Currency, MoneyError};
use crate::model::payout::{ContentDigest, Payout, PayoutState};
use crate::model::quarantine::DeskState;
use crate::model::refusal::ActionRefusal;
use crate::model::time::{Day, Timestamp};
use crate::model::token_key::TokenKey;
use crate::model::unread::Unread;
use crate::model::used_proof::{ProofKey, UsedProof};
use crate::port::Fault;

/// One group's view with what its commands have done so far.
pub struct Desk {
    at: Timestamp,
    view: View,
    changes: Changes,
    /// New payouts, by id. Each may be one of thousands, so they are kept as they will be written,
    /// and beside the view.
    added: Vec<Payout>,
    moved: BTreeSet<PayoutId>,
    touched_balances: BTreeSet<LedgerAccount>,
    touched_days: BTreeSet<DayKey>,
    added_callbacks: Vec<CallbackId>,
    moved_callbacks: BTreeSet<CallbackId>,
    /// The state of the whole database as it was shown, once it is another.
    state_before: Option<DeskState>,
    rings: Rings,
}

impl From<MoneyError> for Fault {
    fn from(error: MoneyError) -> Self {
        Self(format!("money arithmetic: {error}"))
    }
}

fn unreadable(unread: &Unread) -> ActionRefusal {
    ActionRefusal::Unreadable(unread.why.clone())
}

impl Desk {
    pub(super) fn new(view: View, at: Timestamp) -> Self {
        let mut desk = Self {
            at,
            view,
            changes: Changes::default(),
            added: Vec::new(),
            moved: BTreeSet::new(),
            touched_balances: BTreeSet::new(),
            touched_days: BTreeSet::new(),
            added_callbacks: Vec::new(),
            moved_callbacks: BTreeSet::new(),
            state_before: None,
            rings: Rings::default(),
        };
        desk.set_aside_unreadable();
        desk
    }

    /// Whatever this group met and could not read is set aside in its commit, whoever wanted it.
    /// Workers look again at once, because it took the place of others.
    fn set_aside_unreadable(&mut self) {
        let new = |unread: &&Unread| !unread.set_aside;
        let Unreadable { payouts, callbacks } = &self.view.unreadable;
        let mut payouts: Vec<Unread> = payouts.values().filter(new).cloned().collect();
        let mut callbacks: Vec<Unread> = callbacks.values().filter(new).cloned().collect();
        payouts.sort_unstable_by_key(|unread| unread.id);
        callbacks.sort_unstable_by_key(|unread| unread.id);
        self.rings.dispatch |= !payouts.is_empty();
        self.rings.callbacks |= !callbacks.is_empty();
        for Unread { id, why, .. } in payouts {
            let id = PayoutId(id);
            self.record(Actor::System, "payout.set-aside", (None, Some(id), None), &why);
            self.changes.set_aside.payouts.push(id);
        }
        for Unread { id, why, .. } in callbacks {
            let id = CallbackId(id);
            self.record(Actor::System, "callback.set-aside", (None, None, Some(id)), &why);
            self.changes.set_aside.callbacks.push(id);
        }
    }

    /// A payout that may be moved: nobody moves one whose row does not read, or that a person must
    /// confirm first, even where it can be looked at.
    pub(super) fn to_move(&self, id: PayoutId) -> Result<&Payout, ActionRefusal> {
        match self.view.unreadable.payouts.get(&id) {
            Some(unread) => Err(unreadable(unread)),
            None => self.payout(id).ok_or(ActionRefusal::NotFound),
        }
    }

    /// Why there is no such callback here.
    pub(super) fn no_callback(&self, id: CallbackId) -> ActionRefusal {
        self.view.unreadable.callbacks.get(&id).map_or(ActionRefusal::NotFound, unreadable)
    }

    /// Lets workers meet a payout again that was set aside.
    pub(super) fn take_up(&mut self, id: PayoutId) {
        self.changes.taken_up.push(id);
        self.rings.dispatch = true;
        self.rings.callbacks = true;
    }

    /// Gives payouts that had no seal one as they stand.
    pub(super) fn seal(&mut self, old: Vec<Payout>) {
        self.changes.sealed.extend(old);
    }

    /// Has every payout without a seal taken for altered from now on.
    pub(super) fn confirm_seals(&mut self) {
        self.changes.seals_confirmed = true;
        self.rings.dispatch = true;
    }

    /// The moment of the group.
    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    pub(super) fn view(&self) -> &View {
        &self.view
    }

    pub(super) fn rings(&self) -> Rings {
        self.rings
    }

    /// The state of the whole database.
    pub(super) fn state(&self) -> &DeskState {
        &self.view.desk_state
    }

    pub(super) fn change_state(&mut self, change: impl FnOnce(&mut DeskState)) {
        let shown = &self.view.desk_state;
        self.state_before.get_or_insert_with(|| shown.clone());
        change(&mut self.view.desk_state);
    }

    /// Counts the claim number up, once in a group.
    pub(super) fn count_claim(&mut self) {
        let now = self.state().claims;
        if self.state_before.as_ref().is_none_or(|before| before.claims == now) {
            self.change_state(|state| state.claims += 1);
        }
    }

    pub(super) fn merchant(&self, id: MerchantId) -> Result<Arc<Merchant>, Fault> {
        let missing = || Fault(format!("merchant {id} is in no directory"));
        self.view.directory.get(id).cloned().ok_or_else(missing)
    }

    pub(super) fn payout(&self, id: PayoutId) -> Option<&Payout> {
        match self.place_added(id) {
            Some(place) => self.added.get(place),
            None => self.view.payouts.get(&id),
        }
    }

    fn payout_mut(&mut self, id: PayoutId) -> Option<&mut Payout> {
        match self.place_added(id) {
            Some(place) => self.added.get_mut(place),
            None => self.view.payouts.get_mut(&id),
        }
    }

    /// Where an id would stand among the new payouts; nothing for one that was there before.
    fn place_added(&self, id: PayoutId) -> Option<usize> {
        let first = self.added.first()?.id;
        let place = || self.added.binary_search_by_key(&id, |payout| payout.id).ok();
        (id >= first).then(place).flatten()
    }

    pub(super) fn callback(&self, id: CallbackId) -> Option<&Callback> {
        self.view.callbacks.get(&id)
    }

    pub(super) fn balance(&self, account: &LedgerAccount) -> i64 {
        self.view.balances.get(account).copied().unwrap_or(0)
    }

    /// What was submitted on a day through a channel so far, in minor units.
    pub(super) fn day_total(&self, key: &DayKey) -> i64 {
        self.view.day_totals.get(key).copied().unwrap_or(0)
    }

    /// What was submitted on a day through all channels, also those that were taken away since:
    /// their money left that day all the same.
    pub(super) fn day_of_all_channels(&self, merchant: MerchantId, day: Day) -> i64 {
        let totals = self.view.day_totals.iter();
        let own = totals.filter(|(key, _)| (key.merchant, key.day) == (merchant, day));
        own.map(|(_, minor)| *minor).fold(0, i64::saturating_add)
    }

    /// A fresh id for a payout.
    pub(super) fn new_payout_id(&mut self) -> Result<PayoutId, Fault> {
        self.view.free.payout()
    }

    /// Adds a payout under the id that was taken last.
    pub(super) fn add_payout(&mut self, payout: Payout) {
        let (id, reference) = (payout.id, payout.reference.clone());
        let earlier = super::view::Earlier::Payout(id);
        self.view.earlier.insert((payout.merchant, reference), earlier);
        self.rings.dispatch |= payout.state == PayoutState::Approved;
        self.added.push(payout);
    }

    /// Moves a payout to its next state and writes the trail.
    pub(super) fn move_payout(&mut self, id: PayoutId, next: PayoutState, who: Actor, what: &str) {
        let action = format!("payout.{}", next.code());
        let merchant = self.payout(id).map(|payout| payout.merchant);
        self.set_state(id, next);
        self.record(who, &action, (merchant, Some(id), None), what);
    }

    /// Changes a payout's state without news for the trail, such as when it is looked at next.
    pub(super) fn set_state(&mut self, id: PayoutId, next: PayoutState) {
        let (at, approved) = (self.at, next == PayoutState::Approved);
        let Some(payout) = self.payout_mut(id) else {
            return;
        };
        payout.state = next;
        payout.updated_at = at;
        self.rings.dispatch |= approved;
        self.moved.insert(id);
    }

    /// Wakes the dispatch worker after the commit.
    pub(super) fn ring_dispatch(&mut self) {
        self.rings.dispatch = true;
    }

    pub(super) fn record(
        &mut self,
        actor: Actor,
        action: &str,
        subject: (Option<MerchantId>, Option<PayoutId>, Option<CallbackId>),
        detail: &str,
    ) {
        let (merchant, payout, callback) = subject;
        let (action, detail) = (action.to_owned(), detail.to_owned());
        let at = self.at;
        let record = AuditRecord { at, actor, action, merchant, payout, callback, detail };
        self.changes.trail.push(record);
    }

    /// Records an entry and moves the balances. Movements of nothing are left out, and an entry of
    /// none is not made.
    pub(super) fn post(
        &mut self,
        reason: EntryReason,
        (merchant, currency): (MerchantId, Currency),
        payout: Option<PayoutId>,
        movements: &[(AccountKind, AccountKind, i64)],
    ) -> Result<(), Fault> {
        let mut postings = Vec::with_capacity(movements.len());
        for (debit, credit, amount_minor) in movements.iter().filter(|(_, _, minor)| *minor != 0) {
            self.shift(merchant, currency, debit, -*amount_minor)?;
            self.shift(merchant, currency, credit, *amount_minor)?;
            let (debit, credit) = (debit.clone(), credit.clone());
            postings.push(Posting { debit, credit, amount_minor: *amount_minor });
        }
        if postings.is_empty() {
            return Ok(());
        }
        let (id, at) = (self.view.free.entry()?, self.at);
        self.changes.entries.push(Entry { id, at, merchant, currency, reason, payout, postings });
        Ok(())
    }

    fn shift(
        &mut self,
        merchant: MerchantId,
        currency: Currency,
        kind: &AccountKind,
        by: i64,
    ) -> Result<(), Fault> {
        let account = LedgerAccount { merchant, currency, kind: kind.clone() };
        let balance = self.balance(&account).checked_add(by).ok_or(MoneyError::Overflow)?;
        if !self.touched_balances.contains(&account) {
            self.touched_balances.insert(account.clone());
        }
        self.view.balances.insert(account, balance);
        Ok(())
    }

    /// Adds to, or takes from, what a payout's day amounts to.
    pub(super) fn count_day(&mut self, key: DayKey, by: i64) -> Result<(), Fault> {
        let total = self.day_total(&key).checked_add(by).ok_or(MoneyError::Overflow)?;
        self.touched_days.insert(key.clone());
        self.view.day_totals.insert(key, total);
        Ok(())
    }

    /// Gives back what a payout that will not be paid has set aside, and takes it off its day.
    pub(super) fn release(&mut self, id: PayoutId) -> Result<(), Fault> {
        let payout = self.payout(id).ok_or_else(|| Fault(format!("payout {id} is not in view")))?;
        let (merchant, amount, total) = (payout.merchant, payout.amount, payout.total()?);
        let key = DayKey { merchant, day: payout.day(), channel: payout.channel.clone() };
        let movement = (AccountKind::Held, AccountKind::Available, total.minor());
        let books = (merchant, amount.currency());
        self.post(EntryReason::Release, books, Some(id), &[movement])?;
        self.count_day(key, -amount.minor())
    }

    /// Puts a callback about a payout into the outbox, unless nobody is to be told.
    pub(super) fn tell(
        &mut self,
        id: PayoutId,
        event: CallbackEvent,
        message: &str,
    ) -> Result<(), Fault> {
        let told = |payout: &&Payout| payout.callback_to != CallbackTarget::Nowhere;
        let Some(merchant) = self.payout(id).filter(told).map(|payout| payout.merchant) else {
            return Ok(());
        };
        let callback = Callback {
            id: self.view.free.callback()?,
            merchant,
            payout: id,
            event,
            message: message.to_owned(),
            created_at: self.at,
            body: None,
            attempts: 0,
            refusals: 0,
            failure_step: 0,
            refusal_step: 0,
            state: CallbackState::Due(self.at),
        };
        self.added_callbacks.push(callback.id);
        self.view.callbacks.insert(callback.id, callback);
        self.rings.callbacks = true;
        Ok(())
    }

    /// Changes a callback in place.
    pub(super) fn change_callback(&mut self, id: CallbackId, change: impl FnOnce(&mut Callback)) {
        if let Some(callback) = self.view.callbacks.get_mut(&id) {
            change(callback);
            self.moved_callbacks.insert(id);
            self.rings.callbacks |= matches!(callback.state, CallbackState::Due(_));
        }
    }

    pub(super) fn add_attempt(&mut self, attempt: Attempt) {
        self.changes.attempts.push(attempt);
    }

    pub(super) fn refuse(&mut self, record: RefusalRecord) {
        let key = (record.merchant, record.reference.clone());
        let earlier = super::view::Earlier::Refusal(record.refusal.clone());
        self.view.earlier.insert(key, earlier);
        self.changes.refusals.push(record);
    }

    pub(super) fn reopen(&mut self, key: (MerchantId, crate::model::payout::MerchantReference)) {
        self.changes.reopened.push(key);
    }

    /// What a proof was used for before.
    pub(super) fn used_proof(&self, key: &ProofKey) -> Option<UsedProof> {
        self.view.used_proofs.get(key).copied()
    }

    /// Remembers what a proof is used for.
    pub(super) fn use_proof(&mut self, key: ProofKey, content: ContentDigest) {
        let used = UsedProof { content, at: self.at };
        self.view.used_proofs.insert(key, used);
        self.changes.used_proofs.push((key, used));
    }

    /// Adds, replaces or removes a channel, for the commands after this one too.
    pub(super) fn change_channel(&mut self, change: ChannelChange) {
        Arc::<Directory>::make_mut(&mut self.view.directory).change_channel(&change);
        self.changes.channels.push(change);
    }

    /// Adds or replaces a token key.
    pub(super) fn put_token_key(&mut self, key: TokenKey) {
        Arc::<Directory>::make_mut(&mut self.view.directory).put_token_key(key.clone());
        self.changes.token_keys.push(key);
    }

    /// Adds or replaces a merchant, for the commands after this one too.
    pub(super) fn put_merchant(&mut self, merchant: Merchant) {
        let id = merchant.id;
        Arc::<Directory>::make_mut(&mut self.view.directory).put(merchant);
        if let Some(merchant) = self.view.directory.get(id) {
            self.changes.merchants.push(Arc::clone(merchant));
        }
    }

    /// The lists to write, each in the order of its ids.
    pub(super) fn into_changes(self) -> Changes {
        let Self { mut view, mut changes, added, mut moved, added_callbacks, .. } = self;
        for payout in &added {
            moved.remove(&payout.id);
        }
        let mut moved_callbacks = self.moved_callbacks;
        for id in &added_callbacks {
            moved_callbacks.remove(id);
        }
        let after = view.desk_state;
        changes.desk_state = self.state_before.map(|before| StateChange { before, after });
        let payouts = &mut view.payouts;
        changes.free = view.free;
        changes.payouts_added = added;
        changes.payouts_moved = moved.iter().filter_map(|id| payouts.remove(id)).collect();
        let callbacks = &mut view.callbacks;
        changes.callbacks_added =
            added_callbacks.iter().filter_map(|id| callbacks.remove(id)).collect();
        changes.callbacks_moved =
            moved_callbacks.iter().filter_map(|id| callbacks.remove(id)).collect();
        let (balances, days) = (&mut view.balances, &mut view.day_totals);
        changes.balances = self
            .touched_balances
            .into_iter()
            .filter_map(|key| balances.remove_entry(&key))
            .collect();
        changes.day_totals =
            self.touched_days.into_iter().filter_map(|key| days.remove_entry(&key)).collect();
        changes
    }
}
