//! Submit: a merchant asks for a payout.

use std::sync::Arc;

use super::desk::Desk;
use super::view::{DayKey, Earlier, FirstAnswer, Wanted};
use super::{Decision, Verb, Waits};
use crate::model::approval::Actor;
use crate::model::beneficiary::Beneficiary;
use crate::model::callback::CallbackTarget;
use crate::model::channel::Channel;
use crate::model::identifier::{ChannelCode, MerchantId, PayoutId};
use crate::model::ledger::{AccountKind, EntryReason, LedgerAccount};
use crate::model::limit::{AmountLimit, OutOfRange, fits_day};
use crate::model::merchant::{Authenticated, Merchant, MerchantStatus, ReferenceScope, Terms};
use crate::model::money::Money;
use crate::model::payout::{ContentDigest, MerchantReference, Payout, PayoutState};
use crate::model::refusal::{Declined, SubmitRefusal};
use crate::model::time::Timestamp;
use crate::port::Fault;

/// Why a person looks first at what comes while the desk is in quarantine.
const FIRST_SEEN: &str =
    "first seen while the desk is in quarantine: it may have been paid in the lost time";

/// A request for a payout, proven and parsed.
#[derive(Clone, Debug)]
pub struct SubmitPayout {
    proof: Authenticated,
    reference: MerchantReference,
    content: ContentDigest,
    channel: ChannelCode,
    amount: Money,
    beneficiary: Beneficiary,
    note: Vec<u8>,
    callback_to: CallbackTarget,
    review: Option<&'static str>,
    lack_closes: bool,
}

/// What a dialect parsed out of a request.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The merchant's own id of the payout.
    pub reference: String,
    /// A digest over what makes a repeat the same request.
    pub content: ContentDigest,
    /// The channel.
    pub channel: ChannelCode,
    /// What is asked for; above zero.
    pub amount: Money,
    /// Who gets it.
    pub beneficiary: Beneficiary,
    /// What only the dialect needs again.
    pub note: Vec<u8>,
    /// Where its callbacks go.
    pub callback_to: CallbackTarget,
}

/// The payout that stands under the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Its id.
    pub payout: PayoutId,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// What the merchant pays on top.
    pub commission: Money,
    /// What the beneficiary bears.
    pub receiver_commission: Money,
    /// Whether an earlier request had made it.
    pub replayed: bool,
}

/// The two commissions of a payout.
struct Cost {
    commission: Money,
    receiver: Money,
}

impl Submitted {
    fn of(payout: &Payout, replayed: bool) -> Self {
        Self {
            payout: payout.id,
            created_at: payout.created_at,
            commission: payout.commission,
            receiver_commission: payout.receiver_commission,
            replayed,
        }
    }

    fn again(payout: PayoutId, first: &FirstAnswer) -> Self {
        let FirstAnswer { created_at, commission, receiver_commission, .. } = *first;
        Self { payout, created_at, commission, receiver_commission, replayed: true }
    }
}

fn reused(existing: PayoutId) -> Declined {
    Declined { why: SubmitRefusal::ReferenceReused { existing }, replayed: false }
}

impl SubmitPayout {
    /// The command of a proven merchant.
    pub fn new(proof: Authenticated, submission: Submission) -> Self {
        let Submission { reference: text, content, channel, amount, .. } = submission;
        let Submission { beneficiary, note, callback_to, .. } = submission;
        let scope = match proof.merchant().reference_scope {
            ReferenceScope::Merchant => None,
            ReferenceScope::Channel => Some(channel.clone()),
        };
        let reference = MerchantReference { text, scope };
        Self {
            proof,
            reference,
            content,
            channel,
            amount,
            beneficiary,
            note,
            callback_to,
            review: None,
            lack_closes: true,
        }
    }

    /// Has a refusal for lack of balance leave the reference open, for a protocol whose words for
    /// it ask for another try.
    #[must_use]
    pub fn open_after_lack(mut self) -> Self {
        self.lack_closes = false;
        self
    }

    /// Has a person look at it first, whatever the policy, and says why in the trail.
    pub(super) fn review_for(&mut self, why: Option<&'static str>) {
        self.review = why;
    }

    fn merchant(&self) -> &Arc<Merchant> {
        self.proof.merchant()
    }

    /// Asks to see what stands under the reference.
    pub(super) fn wants_earlier(&self, wanted: &mut Wanted) {
        wanted.references.push((self.merchant().id, self.reference.clone()));
    }

    /// What an earlier request under the same reference makes of this one; nothing when it is new.
    pub(super) fn earlier(
        &self,
        desk: &Desk,
    ) -> Result<Option<Result<Submitted, Declined>>, Fault> {
        let merchant = desk.merchant(self.merchant().id)?;
        let key = (merchant.id, self.reference.clone());
        match desk.view().earlier.get(&key) {
            None => Ok(None),
            Some(Earlier::Payout(id)) => self.standing(desk, *id).map(Some),
            Some(Earlier::Refusal(_)) if merchant.retry_refused => Ok(None),
            Some(Earlier::Refusal(stored)) if !self.lack_closes && stored.is_lack() => Ok(None),
            Some(Earlier::Refusal(stored)) => {
                let currency = merchant.currency;
                let why = SubmitRefusal::from_stored(stored, &self.channel, currency);
                let why = why.unwrap_or(SubmitRefusal::MerchantSuspended);
                Ok(Some(Err(Declined { why, replayed: true })))
            }
        }
    }

    /// The first answer again, if this asks for the same. Were a payout that cannot be shown taken
    /// for new, its reference would be paid twice; were it refused, its merchant would pay its
    /// customer back.
    fn standing(&self, desk: &Desk, id: PayoutId) -> Result<Result<Submitted, Declined>, Fault> {
        if let Some(payout) = desk.payout(id) {
            let first = Submitted::of(payout, true);
            return Ok(if payout.content == self.content { Ok(first) } else { Err(reused(id)) });
        }
        match desk.view().first_answers.get(&id) {
            Some(first) if first.content == self.content => Ok(Ok(Submitted::again(id, first))),
            Some(first) if first.is_sound => Ok(Err(reused(id))),
            Some(_) | None => Err(Fault(format!("payout {id} cannot be shown"))),
        }
    }

    /// Judges a new request, in the order of [`SubmitRefusal`]. Answers with what it costs.
    fn judge(&self, desk: &Desk, merchant: &Merchant) -> Result<Cost, SubmitRefusal> {
        if merchant.status == MerchantStatus::Suspended {
            return Err(SubmitRefusal::MerchantSuspended);
        }
        let currency = self.amount.currency();
        let offered =
            |channel: &&Arc<Channel>| currency == merchant.currency && currency == channel.currency;
        let channel = desk.view().directory.channel(&self.channel).filter(offered);
        let (Some(channel), Some(terms)) = (channel, merchant.terms(&self.channel)) else {
            return Err(SubmitRefusal::ChannelNotOffered { channel: self.channel.clone() });
        };
        self.check_amount(terms.amount.within(channel.amount))?;
        // A sum that does not fit is more than any balance, and no reason to fail a whole group.
        let beyond = |_| SubmitRefusal::InsufficientBalance { needed: self.amount };
        let receiver = terms.receiver_commission.of(self.amount).map_err(beyond)?;
        if receiver.minor() >= self.amount.minor() {
            return Err(SubmitRefusal::CommissionTakesAll { commission: receiver });
        }
        self.check_day(desk, merchant, terms)?;
        let commission = terms.commission.of(self.amount).map_err(beyond)?;
        let needed = self.amount.plus(commission).map_err(beyond)?;
        if !covers(desk, merchant, needed) {
            return Err(SubmitRefusal::InsufficientBalance { needed });
        }
        Ok(Cost { commission, receiver })
    }

    fn check_amount(&self, bounds: AmountLimit) -> Result<(), SubmitRefusal> {
        let money = |minor| Money::new(minor, self.amount.currency());
        bounds.check(self.amount.minor()).map_err(|broken| match broken {
            OutOfRange::Below(least) => SubmitRefusal::AmountBelowMinimum { minimum: money(least) },
            OutOfRange::Above(most) => SubmitRefusal::AmountAboveMaximum { maximum: money(most) },
        })
    }

    fn check_day(
        &self,
        desk: &Desk,
        merchant: &Merchant,
        terms: &Terms,
    ) -> Result<(), SubmitRefusal> {
        let amount = self.amount.minor();
        let day = desk.at().day();
        let here = || {
            let channel = self.channel.clone();
            desk.day_total(&DayKey { merchant: merchant.id, day, channel })
        };
        let reached = |limit: Option<i64>| {
            let limit = Money::new(limit.unwrap_or(0), self.amount.currency());
            SubmitRefusal::DayLimitReached { limit }
        };
        let limit = terms.day_limit_minor;
        if limit.is_some() && !fits_day(limit, here(), amount) {
            return Err(reached(limit));
        }
        let limit = merchant.day_limit_minor;
        if limit.is_some() && !fits_day(limit, desk.day_of_all_channels(merchant.id, day), amount) {
            return Err(reached(limit));
        }
        Ok(())
    }

    /// Books an accepted payout.
    fn accept(&self, desk: &mut Desk, merchant: &Merchant, cost: Cost) -> Result<Submitted, Fault> {
        let (id, at) = (desk.new_payout_id()?, desk.at());
        let review = self.review.or(desk.state().quarantine.is_some().then_some(FIRST_SEEN));
        let approved = review.is_none() && merchant.policy.approves(self.amount.minor());
        let state = if approved { PayoutState::Approved } else { PayoutState::AwaitingApproval };
        let payout = Payout {
            id,
            merchant: merchant.id,
            dialect: self.proof.dialect().clone(),
            reference: self.reference.clone(),
            content: self.content,
            channel: self.channel.clone(),
            amount: self.amount,
            commission: cost.commission,
            receiver_commission: cost.receiver,
            beneficiary: self.beneficiary.clone(),
            note: self.note.clone(),
            callback_to: self.callback_to.clone(),
            rail_key: None,
            trust: desk.state().releases,
            created_at: at,
            updated_at: at,
            state,
        };
        let total = payout.total()?.minor();
        let movement = (AccountKind::Available, AccountKind::Held, total);
        let books = (merchant.id, self.amount.currency());
        desk.post(EntryReason::Hold, books, Some(id), &[movement])?;
        let key = DayKey { merchant: merchant.id, day: at.day(), channel: self.channel.clone() };
        desk.count_day(key, self.amount.minor())?;
        let opened = (merchant.id, self.reference.clone());
        if desk.view().earlier.contains_key(&opened) {
            desk.reopen(opened);
        }
        if let Some(why) = review {
            desk.record(Actor::System, "review.asked", (Some(merchant.id), Some(id), None), why);
        }
        let submitted = Submitted::of(&payout, false);
        desk.add_payout(payout);
        Ok(submitted)
    }

    /// A refusal is final, and its merchant pays back what the desk may have paid in the time that
    /// was lost. So while it is in quarantine nothing is refused, and the request may come again.
    fn refuse(&self, desk: &mut Desk, merchant: &Merchant, why: SubmitRefusal) -> Declined {
        let kept = match why.to_stored() {
            None => true,
            Some(_) if desk.state().quarantine.is_some() => false,
            Some(stored) => desk.refuse(merchant.id, &self.reference, stored),
        };
        let why = if kept { why } else { SubmitRefusal::CannotRefuseNow };
        Declined { why, replayed: false }
    }
}

/// Whether what is available, and the credit limit, cover an amount.
fn covers(desk: &Desk, merchant: &Merchant, needed: Money) -> bool {
    let (currency, kind) = (needed.currency(), AccountKind::Available);
    let available = desk.balance(&LedgerAccount { merchant: merchant.id, currency, kind });
    let spendable = available.saturating_add(merchant.credit_limit_minor);
    spendable >= needed.minor()
}

impl Verb for SubmitPayout {
    type Outcome = Submitted;
    type Refusal = Declined;
    const WAITS: Waits = Waits::Intake;

    fn merchant(&self) -> Option<MerchantId> {
        Some(self.proof.merchant().id)
    }

    fn wants(&self, wanted: &mut Wanted) {
        let merchant = self.merchant().id;
        self.wants_earlier(wanted);
        wanted.merchants.insert(merchant);
        wanted.new_ids.payouts += 1;
        wanted.new_ids.entries += 1;
        wanted.days.insert((merchant, wanted.at.day()));
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        if self.amount.minor() <= 0 {
            return Err(Fault("a dialect let an amount through that is not above zero".into()));
        }
        if matches!(&self.callback_to, CallbackTarget::Endpoint(name) if name.is_empty()) {
            return Err(Fault("a dialect named an endpoint by nothing".into()));
        }
        if let Some(earlier) = self.earlier(desk)? {
            return Ok(earlier);
        }
        let merchant = desk.merchant(self.merchant().id)?;
        match self.judge(desk, &merchant) {
            Ok(cost) => self.accept(desk, &merchant, cost).map(Ok),
            Err(why) => Ok(Err(self.refuse(desk, &merchant, why))),
        }
    }
}
