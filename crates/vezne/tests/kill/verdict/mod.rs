//! The judge: what must hold after all kills, from what the merchant did and heard, what the desk
//! says, what the simulator wrote down and what the callbacks told.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use vezne_outbound::rail::simulator::magic::Behaviour;
use vezne_wire::bankopay::transaction_id;

use crate::history::Tried;
use crate::order::Order;
use crate::shop::Told;

#[cfg(test)]
mod tests;

const ACCEPTED: i64 = 200;
const ABOVE_MAXIMUM: i64 = 20024;

/// A send, as the simulator wrote it down before it answered.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Line {
    pub(crate) reference: String,
    pub(crate) payout: i64,
    pub(crate) amount_minor: i64,
    pub(crate) send: u32,
    pub(crate) received: bool,
}

/// A payout, as the desk lists it.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) id: i64,
    pub(crate) reference: String,
    pub(crate) state: String,
}

/// Everything there is to judge by.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub(crate) tried: BTreeMap<String, Tried>,
    pub(crate) payouts: Vec<Listed>,
    pub(crate) journal: Vec<Line>,
    pub(crate) told: Told,
}

/// What does not hold, in words.
pub(crate) fn complaints(evidence: &Evidence) -> Vec<String> {
    let rules = [answered, kept, never_invented, sent_once, ended, told, told_nothing_else];
    rules.iter().flat_map(|rule| rule(evidence)).collect()
}

/// Every order was answered in the end, as its content asks for.
fn answered(evidence: &Evidence) -> Vec<String> {
    let judge = |tried: &Tried| {
        let wanted = if tried.order.is_refused() { ABOVE_MAXIMUM } else { ACCEPTED };
        match tried.answer.as_ref().map(|answer| answer.code) {
            Some(code) if code == wanted => None,
            code => Some(format!("{} was answered {code:?}, not {wanted}", tried.order.trx)),
        }
    };
    evidence.tried.values().filter_map(judge).collect()
}

/// What was accepted is there once, under its trx and id; what was refused is not there.
fn kept(evidence: &Evidence) -> Vec<String> {
    let by_trx = evidence.by_trx();
    let judge = |tried: &Tried| {
        let trx = tried.order.trx.as_str();
        let ids: Vec<_> = by_trx.get(trx).into_iter().flatten().map(|view| view.id).collect();
        let acknowledged = tried.answer.as_ref().and_then(|answer| answer.id);
        let as_answered = ids.as_slice() == acknowledged.as_slice();
        (!as_answered).then(|| format!("{trx} was acknowledged as {acknowledged:?} and is {ids:?}"))
    };
    evidence.tried.values().filter_map(judge).collect()
}

/// Nothing is there that was not asked for.
fn never_invented(evidence: &Evidence) -> Vec<String> {
    let unasked = |view: &&Listed| !evidence.tried.contains_key(&view.reference);
    let complaint = |view: &Listed| format!("payout {} was never asked for", view.id);
    evidence.payouts.iter().filter(unasked).map(complaint).collect()
}

/// Each payout arrived at the simulator once. It was sent again only when the simulator had said
/// that it never received it, which is what it does once to each order that asks for it.
fn sent_once(evidence: &Evidence) -> Vec<String> {
    let mut sends: BTreeMap<i64, Vec<&Line>> = BTreeMap::new();
    evidence.journal.iter().for_each(|line| sends.entry(line.payout).or_default().push(line));
    let mut complaints = Vec::new();
    for (order, view) in evidence.accepted() {
        let lines = sends.remove(&view.id).unwrap_or_default();
        let shown = || format!("payout {} ({}) in the journal: {lines:?}", view.id, order.trx);
        if !sends_are_right(order, &lines) {
            complaints.push(shown());
        }
    }
    let unknown = sends.keys().map(|payout| format!("payout {payout} was sent but is none"));
    complaints.extend(unknown);
    complaints
}

fn sends_are_right(order: &Order, lines: &[&Line]) -> bool {
    let received: &[bool] = match order.behaviour() {
        Behaviour::UnreachableOnce => &[false, true],
        _ => &[true],
    };
    let as_it_should = |((line, received), send): ((&&Line, &bool), u32)| {
        line.received == *received
            && line.send == send
            && line.amount_minor == order.amount
            && Some(&line.reference) == lines.first().map(|line| &line.reference)
    };
    lines.len() == received.len() && lines.iter().zip(received).zip(1..).all(as_it_should)
}

/// Each payout came to the end that its order asks for.
fn ended(evidence: &Evidence) -> Vec<String> {
    let judge = |(order, view): (&Order, &Listed)| {
        let ends = ends(order.behaviour());
        let (id, state) = (view.id, &view.state);
        let complaint = || format!("payout {id} ({}) is {state}, not {ends:?}", order.trx);
        (!ends.contains(&state.as_str())).then(complaint)
    };
    evidence.accepted().filter_map(judge).collect()
}

const fn ends(behaviour: Behaviour) -> &'static [&'static str] {
    match behaviour {
        Behaviour::Settle
        | Behaviour::SettleLater
        | Behaviour::DoubtThenSettle
        | Behaviour::UnreachableOnce => &["settled"],
        Behaviour::Refuse | Behaviour::RefuseLater => &["failed"],
        Behaviour::SettleThenReturn => &["returned"],
        // A person resolves it, one way or the other.
        Behaviour::DoubtForEver => &["settled", "failed"],
    }
}

/// What the merchant must have been told of a payout in this state.
fn statuses(state: &str) -> &'static [&'static str] {
    match state {
        "settled" => &["approved"],
        "failed" => &["reject"],
        "returned" => &["approved", "reject"],
        _ => &[],
    }
}

/// Each outcome was told, in the same bytes every time, and about the right withdrawal.
fn told(evidence: &Evidence) -> Vec<String> {
    let mut complaints = Vec::new();
    for (order, view) in evidence.accepted() {
        for status in statuses(&view.state) {
            let key = (transaction_id(view.id), *status);
            let Some(outcome) = evidence.told.get(&key) else {
                complaints.push(format!("{key:?} of {} was never told", order.trx));
                continue;
            };
            if outcome.bodies.len() != 1 {
                complaints.push(format!("{key:?} was told in {} ways", outcome.bodies.len()));
            }
            let about = (&outcome.trx, outcome.service, outcome.amount);
            if about != (&order.trx, order.service, order.amount) {
                complaints.push(format!("{key:?} was told about {about:?}"));
            }
        }
    }
    complaints
}

/// Nothing was told that did not happen.
fn told_nothing_else(evidence: &Evidence) -> Vec<String> {
    let each = |view: &Listed| {
        let id = transaction_id(view.id);
        statuses(&view.state).iter().map(move |status| (id.clone(), *status))
    };
    let happened: BTreeSet<_> = evidence.payouts.iter().flat_map(each).collect();
    let others = evidence.told.keys().filter(|key| !happened.contains(*key));
    others.map(|key| format!("{key:?} was told and did not happen")).collect()
}

impl Evidence {
    fn by_trx(&self) -> BTreeMap<&str, Vec<&Listed>> {
        let mut by_trx: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for view in &self.payouts {
            by_trx.entry(&view.reference).or_default().push(view);
        }
        by_trx
    }

    /// Every payout with the order that asked for it.
    fn accepted(&self) -> impl Iterator<Item = (&Order, &Listed)> {
        self.payouts.iter().filter_map(|view| {
            let tried = self.tried.get(&view.reference)?;
            Some((&*tried.order, view))
        })
    }
}
