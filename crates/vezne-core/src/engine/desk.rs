//! The working surface of one group: the view, as the commands so far have changed it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::group::Rings;
use super::view::{Changes, DayKey, StateChange, Unreadable, View};
use super::watched::Watched;
use crate::model::approval::Actor;
use crate::model::audit::AuditRecord;
use crate::model::callback::{Attempt, Callback, CallbackEvent, CallbackState, CallbackTarget};
use crate::model::channel::ChannelChange;
use crate::model::directory::Directory;
use crate::model::identifier::{CallbackId, MerchantId, PayoutId};
use crate::model::ledger::{AccountKind, Entry, EntryReason, LedgerAccount, Posting};
use crate::model::merchant::Merchant;
use crate::model::money::{Currency, MoneyError};
use crate::model::payout::{Dispatch, MerchantReference, Payout, PayoutState, Progress};
use crate::model::quarantine::DeskState;
use crate::model::refusal::ActionRefusal;
use crate::model::retention::KeptBounds;
use crate::model::time::{Day, Timestamp};
use crate::model::token_key::TokenKey;
use crate::model::unread::Unread;
use crate::port::Fault;

mod kept;

/// One group's view with what its commands have done so far. Whatever a command changes is in one
/// of the watched parts; what stands beside them only says which of it was changed.
pub struct Desk {
    at: Timestamp,
    bounds: KeptBounds,
    view: Watched<View>,
    changes: Watched<Changes>,
    /// New payouts, by id. Each may be one of thousands, so they are kept as they will be written,
    /// and beside the view.
    added: Watched<Vec<Payout>>,
    moved: BTreeSet<PayoutId>,
    touched_balances: BTreeSet<LedgerAccount>,
    touched_days: BTreeSet<DayKey>,
    added_callbacks: Vec<CallbackId>,
    moved_callbacks: BTreeSet<CallbackId>,
    /// Those whose bytes were made in this group.
    composed: BTreeSet<CallbackId>,
    kept: kept::Kept,
    /// The state of the whole database as it was shown, once it is another.
    state_before: Option<DeskState>,
    rings: Rings,
}

/// On what ground a payout is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// A person's decision, a policy's, or a worker's turn. It moves no payout that is doubted.
    Decision,
    /// A rail's word that it paid or will not pay, or what a person has seen. It ends a doubt.
    Evidence,
}

/// Leave to move one payout once. Only [`Desk::movable`] gives it, so that no verb can forget to
/// ask whether the payout is doubted.
#[derive(Debug)]
pub(super) struct Movable {
    payout: PayoutId,
    /// What it is vouched for once it has moved.
    trust: i64,
}

impl Movable {
    /// Whom it is for.
    pub(super) fn payout(&self) -> PayoutId {
        self.payout
    }
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
    pub(super) fn new(view: View, at: Timestamp, bounds: KeptBounds) -> Self {
        let mut desk = Self {
            at,
            bounds,
            view: Watched::new(view),
            changes: Watched::default(),
            added: Watched::default(),
            moved: BTreeSet::new(),
            touched_balances: BTreeSet::new(),
            touched_days: BTreeSet::new(),
            added_callbacks: Vec::new(),
            moved_callbacks: BTreeSet::new(),
            composed: BTreeSet::new(),
            kept: kept::Kept::default(),
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

    /// Whether anything may have been changed since this was last asked.
    pub(super) fn take_touched(&mut self) -> bool {
        let parts =
            [self.view.take_touched(), self.changes.take_touched(), self.added.take_touched()];
        parts.contains(&true)
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

    /// Leave to move a payout, on a ground. Every move of every verb begins here.
    ///
    /// # Errors
    /// [`ActionRefusal::NotFound`], and [`ActionRefusal::Doubted`] for one that only evidence
    /// moves.
    pub(super) fn movable(&self, id: PayoutId, ground: Ground) -> Result<Movable, ActionRefusal> {
        let payout = self.to_move(id)?;
        let trust = match ground {
            Ground::Decision if payout.is_doubted(self.state()) => {
                return Err(ActionRefusal::Doubted);
            }
            Ground::Decision => payout.trust,
            Ground::Evidence => payout.trust.max(self.state().asked_trust()),
        };
        Ok(Movable { payout: id, trust })
    }

    /// Moves a payout to its next state and writes the trail. What a person ends counts as a claim
    /// does, and so does a return: a copy from before must be told from its original, and no rail
    /// says it again.
    pub(super) fn move_payout(
        &mut self,
        movable: Movable,
        next: PayoutState,
        who: Actor,
        what: &str,
    ) {
        let id = movable.payout;
        let said_once =
            matches!(who, Actor::Operator(_)) || matches!(next, PayoutState::Returned { .. });
        if said_once && !next.holds_money() {
            self.count_claim();
            self.rings.dispatch = true;
        }
        self.set_state(movable, next);
        self.trail_of(id, who, what);
    }

    /// Changes a payout's state without news for the trail, such as when it is looked at next.
    pub(super) fn set_state(&mut self, movable: Movable, next: PayoutState) {
        let Movable { payout, trust } = movable;
        self.put_state(payout, next, trust);
    }

    /// Puts a payout on its way in doubt, or keeps it so. This needs nobody's leave: it ends no
    /// doubt and moves no money.
    pub(super) fn put_in_doubt(&mut self, id: PayoutId, dispatch: Dispatch, detail: &str) {
        let since = match &dispatch.progress {
            Progress::InDoubt { since, .. } => *since,
            Progress::Sending | Progress::Unsent | Progress::Accepted => self.at,
        };
        let progress = Progress::InDoubt { since, detail: detail.to_owned() };
        let next = PayoutState::Dispatched(Dispatch { progress, ..dispatch });
        let trust = self.payout(id).map_or(0, |payout| payout.trust);
        self.put_state(id, next, trust);
    }

    /// Has the rail of a payout on its way asked again later. It stands where it stood.
    pub(super) fn postpone(&mut self, id: PayoutId, due_at: Timestamp) {
        let Some(payout) = self.payout(id) else {
            return;
        };
        if let PayoutState::Dispatched(dispatch) = payout.state.clone() {
            let trust = payout.trust;
            let dispatch = Dispatch { due_at, absent_since: None, ..dispatch };
            self.put_state(id, PayoutState::Dispatched(dispatch), trust);
        }
    }

    fn put_state(&mut self, id: PayoutId, next: PayoutState, trust: i64) {
        let (at, approved) = (self.at, next == PayoutState::Approved);
        let Some(payout) = self.payout_mut(id) else {
            return;
        };
        payout.state = next;
        payout.trust = trust;
        payout.updated_at = at;
        self.rings.dispatch |= approved;
        self.moved.insert(id);
    }

    /// Writes the trail of a payout that has come to its state.
    pub(super) fn trail_of(&mut self, id: PayoutId, who: Actor, what: &str) {
        let Some(payout) = self.payout(id) else {
            return;
        };
        let (action, merchant) = (format!("payout.{}", payout.state.code()), payout.merchant);
        self.record(who, &action, (Some(merchant), Some(id), None), what);
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
            body_version: 0,
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

    /// Gives a callback the bytes that are sent from now on.
    pub(super) fn keep_body(&mut self, id: CallbackId, body: Vec<u8>, version: u32) {
        self.change_callback(id, |callback| {
            callback.body = Some(body);
            callback.body_version = version;
        });
        self.composed.insert(id);
    }

    pub(super) fn add_attempt(&mut self, attempt: Attempt) {
        self.changes.attempts.push(attempt);
    }

    pub(super) fn reopen(&mut self, key: (MerchantId, MerchantReference)) {
        self.changes.reopened.push(key);
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
    pub(super) fn put_merchant(&mut self, mut merchant: Merchant) {
        let id = merchant.id;
        if let Some(before) = self.view.directory.get(id) {
            let changed = u32::from(!before.is_told_like(&merchant));
            merchant.callback_version = before.callback_version.saturating_add(changed);
        }
        Arc::<Directory>::make_mut(&mut self.view.directory).put(merchant);
        if let Some(merchant) = self.view.directory.get(id) {
            self.changes.merchants.push(Arc::clone(merchant));
        }
    }

    /// The lists to write, each in the order of its ids.
    pub(super) fn into_changes(self) -> Changes {
        let Self { view, changes, added, mut moved, added_callbacks, .. } = self;
        let (mut view, mut changes) = (view.into_inner(), changes.into_inner());
        let added = added.into_inner();
        for payout in &added {
            moved.remove(&payout.id);
        }
        let mut moved_callbacks = self.moved_callbacks;
        for id in &added_callbacks {
            moved_callbacks.remove(id);
        }
        changes.kept = self.kept.into_counts(&view);
        let after = view.desk_state;
        changes.desk_state = self.state_before.map(|before| StateChange { before, after });
        let payouts = &mut view.payouts;
        changes.free = view.free;
        changes.payouts_added = added;
        changes.payouts_moved = moved.iter().filter_map(|id| payouts.remove(id)).collect();
        let callbacks = &mut view.callbacks;
        changes.callbacks_added =
            added_callbacks.iter().filter_map(|id| callbacks.remove(id)).collect();
        let composed = self.composed;
        let as_written = |callback: Callback| {
            let body = callback.body.filter(|_| composed.contains(&callback.id));
            Callback { body, ..callback }
        };
        changes.callbacks_moved =
            moved_callbacks.iter().filter_map(|id| callbacks.remove(id).map(as_written)).collect();
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
