//! What a group asks to see, what it is shown, and what it leaves behind.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::free_ids::FreeIds;
use super::room::{Errand, Line, Room};
use crate::model::audit::AuditRecord;
use crate::model::callback::{Attempt, Callback};
use crate::model::channel::ChannelChange;
use crate::model::directory::Directory;
use crate::model::identifier::{CallbackId, ChannelCode, MerchantId, PayoutId};
use crate::model::ledger::{Entry, LedgerAccount};
use crate::model::merchant::Merchant;
use crate::model::money::Money;
use crate::model::payout::{ContentDigest, MerchantReference, Payout};
use crate::model::quarantine::DeskState;
use crate::model::refusal::StoredRefusal;
use crate::model::retention::KeptCounts;
use crate::model::time::{Day, Timestamp};
use crate::model::token_key::TokenKey;
use crate::model::unread::Unread;
use crate::model::used_proof::{ProofKey, UsedProof};

/// What a group of commands must see. The store also shows, unasked, the balances of the merchants
/// of all payouts and callbacks that were asked for, the payout of each callback, and the totals of
/// the days those payouts were submitted on, and always the state of the whole database, which
/// says what is doubted. What is only due comes without books.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The moment the group is decided at; what is due is due by then.
    pub at: Timestamp,
    /// Earlier payouts and refusals under these references.
    pub references: Vec<(MerchantId, MerchantReference)>,
    /// What these proofs were used for.
    pub used_proofs: Vec<ProofKey>,
    /// Balances of these merchants, and what is kept of them for nothing.
    pub merchants: BTreeSet<MerchantId>,
    /// Totals of these days.
    pub days: BTreeSet<(MerchantId, Day)>,
    /// These payouts.
    pub payouts: BTreeSet<PayoutId>,
    /// These callbacks.
    pub callbacks: BTreeSet<CallbackId>,
    /// Payouts on which a worker has something to do, longest due first, as many as these rooms
    /// together have free places for. An approved payout is due whatever the clock says.
    pub due_payouts: Vec<Room>,
    /// Callbacks to send, longest due first, at most so many of each merchant. A callback does not
    /// show while an earlier one of the same payout is still due.
    pub due_callbacks: Vec<(MerchantId, usize)>,
    /// At most so many new ids will be given out.
    pub new_ids: NewIds,
    /// Approved and dispatched payouts with later ids than this one, by id, at most so many.
    pub unfinished: Option<(PayoutId, usize)>,
    /// Payouts without a seal with later ids than this one, by id, at most so many.
    pub unsealed: Option<(PayoutId, usize)>,
    /// Whether merchants, channels or token keys may change, which only one group may do at a time.
    pub changes_directory: bool,
}

/// How many ids a group may need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewIds {
    /// Of payouts.
    pub payouts: usize,
    /// Of entries.
    pub entries: usize,
    /// Of callbacks.
    pub callbacks: usize,
}

impl NewIds {
    /// What a payout needs that comes to an end: an entry, and a callback that tells it.
    pub(super) fn add_ending(&mut self) {
        self.entries += 1;
        self.callbacks += 1;
    }
}

impl Wanted {
    /// Nothing yet, at a moment.
    pub fn new(at: Timestamp) -> Self {
        Self {
            at,
            references: Vec::new(),
            used_proofs: Vec::new(),
            merchants: BTreeSet::new(),
            days: BTreeSet::new(),
            payouts: BTreeSet::new(),
            callbacks: BTreeSet::new(),
            due_payouts: Vec::new(),
            due_callbacks: Vec::new(),
            new_ids: NewIds::default(),
            unfinished: None,
            unsealed: None,
            changes_directory: false,
        }
    }
}

impl Wanted {
    /// How many due payouts of each line are wanted. Claims that share a group may each find all
    /// but one line empty, so they are shown what each could take of every line.
    pub fn shares(&self, lines: &[Line]) -> Vec<usize> {
        if let [room] = &self.due_payouts[..] {
            return room.shares(lines);
        }
        let all_of = |line: &Line| -> usize {
            let most = |room: &Room| room.shares(std::slice::from_ref(line));
            self.due_payouts.iter().flat_map(most).sum()
        };
        lines.iter().map(all_of).collect()
    }
}

/// What stood under a reference before.
#[derive(Clone, Debug)]
pub enum Earlier {
    /// A payout, which the view shows, or what was answered about it. With neither nothing is known
    /// but that it is there.
    Payout(PayoutId),
    /// A refusal that was not opened again.
    Refusal(StoredRefusal),
}

/// What was answered when a payout was accepted that cannot be shown: its month was taken out, or
/// its row does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstAnswer {
    /// What a repeat must match.
    pub content: ContentDigest,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// What the merchant pays on top.
    pub commission: Money,
    /// What the beneficiary bears.
    pub receiver_commission: Money,
    /// Whether other content may be refused on its word: not where it comes from a row that does
    /// not read.
    pub is_sound: bool,
}

/// What a group is shown. What is not there does not exist, or is zero.
#[derive(Clone, Debug)]
pub struct View {
    /// The merchants.
    pub directory: Arc<Directory>,
    /// What stood under the wanted references.
    pub earlier: HashMap<(MerchantId, MerchantReference), Earlier>,
    /// What the wanted proofs were used for.
    pub used_proofs: HashMap<ProofKey, UsedProof>,
    /// Payouts that were wanted, found by reference or due.
    pub payouts: HashMap<PayoutId, Payout>,
    /// What was answered about payouts that were found by reference and cannot be shown.
    pub first_answers: HashMap<PayoutId, FirstAnswer>,
    /// Callbacks that were wanted or due.
    pub callbacks: HashMap<CallbackId, Callback>,
    /// What was wanted, found or due and does not read, or must not be moved as it is.
    pub unreadable: Unreadable,
    /// The payouts that are due, longest first.
    pub due_payouts: Vec<PayoutId>,
    /// Where the look at merchants with due payouts ended, for each kind of work, if it did not get
    /// round to all.
    pub due_until: Vec<(Errand, MerchantId)>,
    /// The callbacks that are due, longest first.
    pub due_callbacks: Vec<CallbackId>,
    /// The approved and dispatched payouts that were wanted, by id, also those that do not read.
    pub unfinished: Vec<PayoutId>,
    /// The payouts without a seal that were wanted.
    pub unsealed: Old,
    /// The state of the whole database.
    pub desk_state: DeskState,
    /// How much is kept of the wanted merchants for nothing.
    pub kept: HashMap<MerchantId, KeptCounts>,
    /// Balances in minor units.
    pub balances: HashMap<LedgerAccount, i64>,
    /// What was submitted on a day through a channel, in minor units.
    pub day_totals: HashMap<DayKey, i64>,
    /// The ids it may give out.
    pub free: FreeIds,
}

impl View {
    /// Shows a payout, or why its row does not read; both of one that a person must confirm first.
    pub fn show_payout(&mut self, payout: Option<Payout>, unread: Option<Unread>) {
        self.payouts.extend(payout.map(|payout| (payout.id, payout)));
        let unread = unread.map(|unread| (PayoutId(unread.id), unread));
        self.unreadable.payouts.extend(unread);
    }

    /// Shows a callback, or that its row does not read.
    pub fn show_callback(&mut self, read: Result<Callback, Unread>) {
        match read {
            Ok(callback) => drop(self.callbacks.insert(callback.id, callback)),
            Err(unread) => drop(self.unreadable.callbacks.insert(CallbackId(unread.id), unread)),
        }
    }

    /// Takes the due callbacks away whose payout does not show: they cannot be told, and must not
    /// keep others from being told.
    pub fn leave_untold(&mut self) {
        let Self { due_callbacks, callbacks, payouts, unreadable, .. } = self;
        due_callbacks.retain(|id| {
            let about = callbacks.get(id).map(|callback| callback.payout);
            let Some(about) = about.filter(|about| !payouts.contains_key(about)) else {
                return true;
            };
            let told = unreadable.payouts.get(&about).map(|unread| unread.why.as_str());
            let why = told.unwrap_or("its payout is not there").to_owned();
            callbacks.remove(id);
            unreadable.callbacks.insert(*id, Unread { id: id.0, why, set_aside: false });
            false
        });
    }
}

/// What does not read, by id.
#[derive(Clone, Debug, Default)]
pub struct Unreadable {
    /// Payouts; also one that was not confirmed since payouts are sealed, which shows all the same.
    pub payouts: HashMap<PayoutId, Unread>,
    /// Callbacks; also one whose payout does not read, because it cannot be told.
    pub callbacks: HashMap<CallbackId, Unread>,
}

/// Payouts from before rows were sealed.
#[derive(Clone, Debug, Default)]
pub struct Old {
    /// Those that were wanted, by id, also those that do not read.
    pub ids: Vec<PayoutId>,
    /// Those of them that read.
    pub payouts: Vec<Payout>,
    /// Whether a person confirmed before that all of them may be sealed.
    pub confirmed: bool,
}

/// Whose day, and of which channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DayKey {
    /// The merchant.
    pub merchant: MerchantId,
    /// The day.
    pub day: Day,
    /// The channel.
    pub channel: ChannelCode,
}

/// What became of the state of a whole database. Several groups may count claims at the same time,
/// so what is added to the claim number counts; everything else must be as it was before.
#[derive(Clone, Debug)]
pub struct StateChange {
    /// As it was shown.
    pub before: DeskState,
    /// As it is now.
    pub after: DeskState,
}

/// Rows that no worker meets again until a person takes them up.
#[derive(Clone, Debug, Default)]
pub struct SetAside {
    /// Payouts, by id.
    pub payouts: Vec<PayoutId>,
    /// Callbacks, by id.
    pub callbacks: Vec<CallbackId>,
}

/// A refusal to keep under its reference.
#[derive(Clone, Debug)]
pub struct RefusalRecord {
    /// Whose reference.
    pub merchant: MerchantId,
    /// The reference.
    pub reference: MerchantReference,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub refusal: StoredRefusal,
    /// Whether one stood there before, which this one takes the place of.
    pub again: bool,
}

impl Changes {
    /// A directory after them.
    pub fn applied_to(&self, directory: &Directory) -> Directory {
        let mut next = directory.clone();
        for merchant in &self.merchants {
            next.put((**merchant).clone());
        }
        self.channels.iter().for_each(|change| next.change_channel(change));
        for key in &self.token_keys {
            next.put_token_key(key.clone());
        }
        next
    }

    /// Whether merchants, channels or token keys change.
    pub fn touch_directory(&self) -> bool {
        let Self { merchants, channels, token_keys, .. } = self;
        !(merchants.is_empty() && channels.is_empty() && token_keys.is_empty())
    }

    /// Whether nothing of it is to be written.
    pub fn is_empty(&self) -> bool {
        let Self { payouts_added, payouts_moved, refusals, reopened, used_proofs, .. } = self;
        let Self { entries, balances, day_totals, callbacks_added, callbacks_moved, .. } = self;
        let books = entries.is_empty() && balances.is_empty() && day_totals.is_empty();
        let moved = payouts_moved.is_empty() && callbacks_moved.is_empty();
        let payouts = payouts_added.is_empty() && moved && used_proofs.is_empty();
        let refusals = refusals.is_empty() && reopened.is_empty();
        let told = callbacks_added.is_empty() && self.attempts.is_empty() && self.trail.is_empty();
        let desk = self.desk_state.is_none() && self.kept.is_empty() && !self.seals_confirmed;
        let taken_up = self.taken_up.is_empty() && self.sealed.is_empty();
        let SetAside { payouts: left, callbacks: untold } = &self.set_aside;
        let set_aside = left.is_empty() && untold.is_empty();
        let rest = told && desk && taken_up && set_aside;
        books && payouts && refusals && rest && !self.touch_directory()
    }
}

/// What a group leaves behind. The store writes all of it in one commit, or nothing.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// New payouts, by id.
    pub payouts_added: Vec<Payout>,
    /// Payouts whose state changed; nothing else of them may.
    pub payouts_moved: Vec<Payout>,
    /// Rows that do not read, and that no worker meets again until a person takes them up.
    pub set_aside: SetAside,
    /// Payouts that were set aside and read again; their callbacks are taken up with them.
    pub taken_up: Vec<PayoutId>,
    /// Payouts that had no seal and get one as they stand; those set aside are taken up.
    pub sealed: Vec<Payout>,
    /// Whether from now on a payout without a seal was altered.
    pub seals_confirmed: bool,
    /// New refusals.
    pub refusals: Vec<RefusalRecord>,
    /// References whose refusal no longer stands, because a payout was accepted under them.
    pub reopened: Vec<(MerchantId, MerchantReference)>,
    /// Proofs, and what they are used for now.
    pub used_proofs: Vec<(ProofKey, UsedProof)>,
    /// How much is kept of merchants for nothing, as it is now.
    pub kept: Vec<(MerchantId, KeptCounts)>,
    /// New entries.
    pub entries: Vec<Entry>,
    /// Balances as they are now, in minor units.
    pub balances: Vec<(LedgerAccount, i64)>,
    /// Day totals as they are now, in minor units.
    pub day_totals: Vec<(DayKey, i64)>,
    /// New callbacks.
    pub callbacks_added: Vec<Callback>,
    /// Callbacks that changed. A body is only with those whose body was made in this group.
    pub callbacks_moved: Vec<Callback>,
    /// New attempts.
    pub attempts: Vec<Attempt>,
    /// New lines of the audit trail.
    pub trail: Vec<AuditRecord>,
    /// Merchants that are new or changed.
    pub merchants: Vec<Arc<Merchant>>,
    /// What became of channels, in order.
    pub channels: Vec<ChannelChange>,
    /// Token keys that are new or changed.
    pub token_keys: Vec<TokenKey>,
    /// What became of the state of the whole database.
    pub desk_state: Option<StateChange>,
    /// The ids that were not given out.
    pub free: FreeIds,
}
