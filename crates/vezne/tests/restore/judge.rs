//! What must hold at the end of a history, by the rail's journal and the bank's statement.

use std::collections::BTreeMap;

use vezne_core::model::callback::CallbackState;
use vezne_core::model::payout::{Payout, PayoutState};

use crate::history::History;
use crate::people::{is_finished, number};
use crate::shops::Told;
use crate::truth::Known;

/// Looks at everything while the desk is open.
pub(crate) async fn judge(history: &mut History) {
    let payouts = history.desk.payouts().await;
    let known = history.people.truth.all();
    let mut complaints = executed_once(history, &known);
    for payout in &payouts {
        let known = known.get(&number(payout)).cloned().unwrap_or_default();
        complaints.extend(as_it_happened(payout, &known));
    }
    complaints.extend(one_row_each(&payouts));
    complaints.extend(told(history, &payouts).await);
    history.complaints.extend(complaints);
}

/// The books of the closed desk.
pub(crate) fn audit(history: &mut History) {
    let report = history.desk.place().database(history.desk.folder()).audit();
    let report = report.expect("the audit runs");
    if !report.is_clean() {
        history.complaints.push(format!("the audit: {report}"));
    }
}

/// No money left twice for one merchant reference, and no rail was sent again what it had. Only an
/// order that its merchant repeats after its acceptance was lost is sent once more, under the
/// reference that its rail knows.
fn executed_once(history: &History, known: &BTreeMap<u64, Known>) -> Vec<String> {
    let mut complaints = Vec::new();
    for (order, known) in known {
        let times = known.executions();
        if times > 1 {
            complaints.push(format!("order-{order} was paid {times} times: {known:?}"));
        }
        if known.repeats() > 0 && !history.people.ever_anew.contains(order) {
            complaints.push(format!("order-{order} was sent again: {known:?}"));
        }
    }
    complaints
}

/// What the books say is what happened.
fn as_it_happened(payout: &Payout, known: &Known) -> Option<String> {
    let (times, state) = (known.executions(), payout.state.code());
    let what = match &payout.state {
        PayoutState::Rejected { .. } | PayoutState::Failed { .. } if times > 0 => {
            "was paid, and its money was given back"
        }
        PayoutState::Settled(_) if times == 0 => "is settled, and nobody paid it",
        PayoutState::Returned { .. } if !known.may_return => "never came back from the bank",
        PayoutState::AwaitingApproval | PayoutState::Approved | PayoutState::Dispatched(_) => {
            "never came to its end"
        }
        PayoutState::Settled(_)
        | PayoutState::Rejected { .. }
        | PayoutState::Failed { .. }
        | PayoutState::Returned { .. } => return None,
    };
    Some(format!("order-{} {what} ({state}): {known:?}, {:?}", number(payout), payout.state))
}

/// No reference stands for two payouts.
fn one_row_each(payouts: &[Payout]) -> Vec<String> {
    let mut rows = BTreeMap::<u64, u32>::new();
    for payout in payouts {
        *rows.entry(number(payout)).or_default() += 1;
    }
    let double = rows.into_iter().filter(|(_, rows)| *rows > 1);
    double.map(|(order, rows)| format!("order-{order} is {rows} payouts")).collect()
}

/// What a merchant was told last of an order is what the books say of it, and nothing that it can
/// be told waits.
async fn told(history: &History, payouts: &[Payout]) -> Vec<String> {
    let last: BTreeMap<u64, Told> = history.desk.shops.told().into_iter().collect();
    let mut complaints = Vec::new();
    for payout in payouts.iter().filter(|payout| is_finished(payout)) {
        let order = number(payout);
        if history.shop(order).is_live() {
            continue;
        }
        let should = match &payout.state {
            PayoutState::Settled(_) => Told::Paid,
            _ => Told::NotPaid,
        };
        let was = last.get(&order);
        if was != Some(&should) {
            let state = payout.state.code();
            complaints.push(format!("order-{order} is {state}, and its merchant was told {was:?}"));
        }
    }
    for callback in history.desk.callbacks().await {
        let payout = payouts.iter().find(|payout| payout.id == callback.payout);
        let is_live = payout.is_some_and(|payout| history.shop(number(payout)).is_live());
        if !is_live && !matches!(callback.state, CallbackState::Acknowledged(_)) {
            complaints.push(format!("nobody took callback {}: {:?}", callback.id, callback.state));
        }
    }
    complaints
}
