//! The people at the desk.
//!
//! Operators approve, reject and fail without evidence whatever the desk may doubt: it is the desk
//! that must refuse. They resolve a doubt only by what the journal and the statement say, and
//! record as paid by hand only what was. Two things no desk can know for them, and so they look
//! first: an order that the books do not doubt is failed only when the statement has no payment of
//! it; and an order that a merchant repeats after the release, because its first acceptance is lost
//! with the backup, is neither turned down nor paid by hand before the journal or the statement was
//! looked at.

use std::collections::BTreeSet;

use vezne::control::request::{DoubtResolution, PayoutRequest, Request};
use vezne_core::model::identifier::RailCode;
use vezne_core::model::payout::{Dispatch, Payout, PayoutState, Progress};

use crate::broken::Broken;
use crate::coverage::{Act, Coverage, Phase};
use crate::desk::Desk;
use crate::dice::Dice;
use crate::order::Order;
use crate::truth::{Known, Truth};

/// What people know and remember.
pub(crate) struct People {
    pub(crate) truth: Truth,
    pub(crate) coverage: Coverage,
    /// What may have happened to these in the lost time, so that the desk has to doubt them.
    pub(crate) doubtful: BTreeSet<u64>,
    /// What was accepted anew after its first acceptance was lost.
    pub(crate) anew: BTreeSet<u64>,
    /// The same, of all restores.
    pub(crate) ever_anew: BTreeSet<u64>,
    /// What whoever pays has paid, by own notes. They are lost with the machine.
    pub(crate) notes: BTreeSet<u64>,
    broken: Option<Broken>,
}

/// The order that a payout is of.
pub(crate) fn number(payout: &Payout) -> u64 {
    let text = &payout.reference.text;
    Order::number_of(text).unwrap_or_else(|| panic!("{text} is nobody's"))
}

pub(crate) fn is_finished(payout: &Payout) -> bool {
    !payout.state.holds_money()
}

impl People {
    pub(crate) fn new(truth: Truth, broken: Option<Broken>) -> Self {
        let coverage = Coverage::default();
        let (doubtful, anew, ever_anew, notes) = Default::default();
        Self { truth, coverage, doubtful, anew, ever_anew, notes, broken }
    }

    /// One operator does something to one payout.
    pub(crate) async fn act(&mut self, desk: &Desk, phase: Phase, dice: &mut Dice) {
        let mut payouts = desk.payouts().await;
        // What is finished is touched too, but not every time.
        if dice.chance(90) {
            payouts.retain(|payout| !is_finished(payout));
        }
        if payouts.is_empty() {
            return;
        }
        let payout = dice.pick(&payouts).clone();
        let known = self.truth.of(number(&payout));
        match dice.below(10) {
            0..4 => self.run(desk, phase, &payout, Act::Approve).await,
            4..6 if self.may_release(&payout, &known) => {
                self.run(desk, phase, &payout, Act::Reject).await;
            }
            6..8 if self.may_release(&payout, &known) => {
                self.run(desk, phase, &payout, Act::Fail).await;
            }
            8 if known.by_hand > 0 => self.run(desk, phase, &payout, Act::Settle).await,
            _ => self.resolve(desk, phase, &payout, dice).await,
        }
    }

    /// Whether a careful person would turn it down.
    fn may_release(&self, payout: &Payout, known: &Known) -> bool {
        self.doubtful.contains(&number(payout)) || known.executions() == 0
    }

    /// Resolves a doubt by what happened.
    pub(crate) async fn resolve(
        &mut self,
        desk: &Desk,
        phase: Phase,
        payout: &Payout,
        dice: &mut Dice,
    ) {
        let known = self.truth.of(number(payout));
        let unsent = if dice.chance(50) { Act::ResolveNeverSent } else { Act::ResolveNotPaid };
        let act = match self.broken {
            Some(Broken::Guessing) => {
                *dice.pick(&[Act::ResolvePaid, Act::ResolveNotPaid, Act::ResolveNeverSent])
            }
            _ if known.executions() > 0 => Act::ResolvePaid,
            _ if known.arrived() => Act::ResolveNotPaid,
            _ => unsent,
        };
        self.run(desk, phase, payout, act).await;
    }

    pub(crate) async fn run(&mut self, desk: &Desk, phase: Phase, payout: &Payout, act: Act) {
        let done = desk.try_command(Request::Payout(request(payout.id.0, act))).await.is_ok();
        self.coverage.note((shown(payout), act, phase), done);
        let resolved =
            matches!(act, Act::ResolvePaid | Act::ResolveNotPaid | Act::ResolveNeverSent);
        if done && resolved {
            self.doubtful.remove(&number(payout));
        }
    }

    /// Whoever pays by hand pays what the desk has in its list of orders. Nobody pays while the
    /// desk is in quarantine.
    pub(crate) async fn pay_by_hand(&mut self, desk: &Desk, dice: &mut Dice) {
        if desk.state().await.quarantine.is_some() {
            return;
        }
        let mut orders = self.orders(desk).await;
        orders.retain(|order| !self.notes.contains(order));
        // The books cannot tell that it was paid in the lost time, so the statement is looked at.
        let paid_before = |order: &u64| self.truth.of(*order).executions() > 0;
        let (known, fresh): (Vec<_>, Vec<_>) =
            orders.into_iter().partition(|order| self.anew.contains(order) && paid_before(order));
        self.notes.extend(known);
        if !fresh.is_empty() {
            let order = *dice.pick(&fresh);
            self.truth.pay_by_hand(order);
            self.notes.insert(order);
        }
    }

    /// What is to be paid by hand, by the desk's own word.
    async fn orders(&self, desk: &Desk) -> Vec<u64> {
        let doubted: BTreeSet<u64> = desk.in_doubt().await.iter().map(number).collect();
        let pays_doubted = self.broken == Some(Broken::PaysDoubted);
        let is_order = |payout: &&Payout| match &payout.state {
            PayoutState::Dispatched(dispatch) if dispatch.rail.as_str() == RailCode::MANUAL => {
                pays_doubted || is_taken(dispatch) && !doubted.contains(&number(payout))
            }
            _ => false,
        };
        desk.payouts().await.iter().filter(is_order).map(number).collect()
    }

    /// Records what was paid by hand.
    pub(crate) async fn settle_paid(&mut self, desk: &Desk, phase: Phase) {
        for payout in desk.payouts().await.iter().filter(|payout| !is_finished(payout)) {
            if self.truth.of(number(payout)).by_hand > 0 {
                self.run(desk, phase, payout, Act::Settle).await;
            }
        }
    }
}

fn is_taken(dispatch: &Dispatch) -> bool {
    dispatch.progress == Progress::Accepted
}

/// A state as people see it.
fn shown(payout: &Payout) -> &'static str {
    if payout.state.in_doubt() { "in doubt" } else { payout.state.code() }
}

fn request(payout: i64, act: Act) -> PayoutRequest {
    let reason = "The operator turned it down".to_owned();
    let resolve = |resolution| {
        let evidence = "the statement of the day, line 7".to_owned();
        PayoutRequest::Resolve { payout, resolution, evidence }
    };
    match act {
        Act::Approve => PayoutRequest::Approve { payout },
        Act::Reject => PayoutRequest::Reject { payout, reason },
        Act::Fail => PayoutRequest::Fail { payout, reason },
        Act::Settle => PayoutRequest::Settle { payout, rail_reference: None },
        Act::ResolvePaid => resolve(DoubtResolution::Paid(None)),
        Act::ResolveNotPaid => resolve(DoubtResolution::NotPaid(reason)),
        Act::ResolveNeverSent => resolve(DoubtResolution::NeverSent),
    }
}
