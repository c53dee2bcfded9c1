//! What the simulator remembers of the orders it was sent.
//!
//! Everything it knows follows from the lines of its journal, taken in order: the same code reads
//! a line back after a crash that wrote it before. Memory is bounded; what was forgotten is in
//! doubt when somebody asks, since "never received" would have it paid again.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::rail::{PaymentOrder, RailAnswer, RailReturn};
use vezne_core::model::time::Timestamp;

use super::SimulatorSettings;
use super::magic::Behaviour;

/// One send, as a line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Line {
    reference: String,
    payout: i64,
    amount_minor: i64,
    currency: String,
    behaviour: String,
    at_micros: i64,
    /// Which send of this reference it is, from one.
    send: u32,
    /// Whether the order arrived; the send that finds the simulator unreachable does not.
    received: bool,
    /// A digest over what is to be paid and to whom; empty in lines of older programs.
    #[serde(default)]
    content: String,
    /// Whether another order was sent under this reference before. Then nothing is done.
    #[serde(default)]
    differs: bool,
}

impl Line {
    /// Its values without their names, in the order in which they are read back.
    pub(super) fn values(&self) -> impl Serialize + '_ {
        let Self {
            reference,
            payout,
            amount_minor,
            currency,
            behaviour,
            at_micros,
            send,
            received,
            content,
            differs,
        } = self;
        (
            reference,
            payout,
            amount_minor,
            currency,
            behaviour,
            at_micros,
            send,
            received,
            content,
            differs,
        )
    }
}

struct Order {
    content: String,
    behaviour: Behaviour,
    sends: u32,
    received_at: Option<Timestamp>,
}

impl Order {
    /// Whether this is another order under the same reference.
    fn differs_from(&self, order: &PaymentOrder) -> bool {
        !self.content.is_empty() && self.content != content(order)
    }
}

/// What is to be paid and to whom, so that nobody reads it in the journal.
fn content(order: &PaymentOrder) -> String {
    let mut context = Context::new(&SHA256);
    let amount = order.amount.to_string();
    for part in [&amount, &order.beneficiary.account, &order.beneficiary.name] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let whole = context.finish();
    whole.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

const DIFFERS: &str = "the simulator knows another order under this reference";

struct Return {
    reference: Arc<str>,
    payout: PayoutId,
    due_at: Timestamp,
    told_at: Option<Timestamp>,
}

/// The orders, and the returns that are still to be told.
#[derive(Default)]
pub(super) struct Book {
    orders: HashMap<Arc<str>, Order>,
    oldest_first: VecDeque<(Arc<str>, Timestamp)>,
    returns: Vec<Return>,
    forgotten_until: Option<Timestamp>,
    duplicates: u64,
}

impl Book {
    /// How often an order was sent again that had arrived before.
    pub(super) fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// The line that a send adds.
    pub(super) fn line(&self, order: &PaymentOrder) -> Line {
        let known = self.orders.get(order.reference.as_str());
        let behaviour = known.map_or_else(
            || Behaviour::of(order.amount.minor(), &order.beneficiary.account),
            |known| known.behaviour,
        );
        let send = known.map_or(0, |known| known.sends).saturating_add(1);
        let differs = known.is_some_and(|known| known.differs_from(order));
        Line {
            reference: order.reference.clone(),
            payout: order.payout.0,
            amount_minor: order.amount.minor(),
            currency: order.amount.currency().code().to_owned(),
            behaviour: behaviour.code().to_owned(),
            at_micros: order.now.micros(),
            send,
            received: !differs && (behaviour != Behaviour::UnreachableOnce || send > 1),
            content: content(order),
            differs,
        }
    }

    /// Takes a line, new or read back. Nothing for a behaviour that this program does not know.
    pub(super) fn take(&mut self, line: &Line, settings: &SimulatorSettings) -> Option<RailAnswer> {
        let behaviour = Behaviour::from_code(&line.behaviour)?;
        let at = Timestamp::from_micros(line.at_micros);
        let reference: &Arc<str> = &line.reference.as_str().into();
        if !self.orders.contains_key(reference) {
            self.make_room(settings.remembered_orders);
            self.oldest_first.push_back((Arc::clone(reference), at));
        }
        let content = line.content.clone();
        let fresh = || Order { content, behaviour, sends: 0, received_at: None };
        let order = self.orders.entry(Arc::clone(reference)).or_insert_with(fresh);
        order.sends = line.send;
        if line.differs {
            return Some(in_doubt(DIFFERS));
        }
        match (line.received, order.received_at) {
            (false, _) => return Some(RailAnswer::NeverReceived),
            (true, Some(_)) => {
                self.duplicates += 1;
                self.returns_to(reference, PayoutId(line.payout));
            }
            (true, None) => {
                order.received_at = Some(at);
                self.expect_return(behaviour, line, at.plus(settings.return_after));
            }
        }
        Some(first_answer(behaviour, reference))
    }

    fn expect_return(&mut self, behaviour: Behaviour, line: &Line, due_at: Timestamp) {
        if behaviour == Behaviour::SettleThenReturn {
            let (reference, payout) = (line.reference.as_str().into(), PayoutId(line.payout));
            self.returns.push(Return { reference, payout, due_at, told_at: None });
        }
    }

    /// A return is told of the payout that the order was sent for last: a lost one that was
    /// submitted again has another id.
    fn returns_to(&mut self, reference: &str, payout: PayoutId) {
        for waiting in self.returns.iter_mut().filter(|one| &*one.reference == reference) {
            waiting.payout = payout;
        }
    }

    fn make_room(&mut self, most: usize) {
        while self.orders.len() >= most.max(1) {
            let Some((reference, at)) = self.oldest_first.pop_front() else { return };
            self.orders.remove(&reference);
            self.returns.retain(|waiting| waiting.reference != reference);
            self.forgotten_until = self.forgotten_until.max(Some(at));
        }
    }

    /// What became of an order.
    pub(super) fn status(&self, order: &PaymentOrder, settings: &SimulatorSettings) -> RailAnswer {
        let known = self.orders.get(order.reference.as_str());
        let Some(known) = known else { return self.unknown(order) };
        if known.differs_from(order) {
            return in_doubt(DIFFERS);
        }
        let Some(received_at) = known.received_at else { return RailAnswer::NeverReceived };
        let reference = order.reference.as_str();
        match later_answer(known.behaviour, reference, settings) {
            Some((after, answer)) if order.now.since(received_at) >= after => answer,
            Some(_) | None => first_answer(known.behaviour, reference),
        }
    }

    fn unknown(&self, order: &PaymentOrder) -> RailAnswer {
        match self.forgotten_until {
            Some(until) if order.dispatched_at <= until => {
                in_doubt("the simulator no longer remembers orders this old")
            }
            _ => RailAnswer::NeverReceived,
        }
    }

    /// Whoever asked has written a return down.
    pub(super) fn forget_return(&mut self, reference: &str) {
        self.returns.retain(|one| &*one.reference != reference);
    }

    /// The returns that are due. Each is told for a while, since whoever asked may have crashed
    /// before it wrote them down, and then forgotten.
    pub(super) fn returns(
        &mut self,
        now: Timestamp,
        settings: &SimulatorSettings,
    ) -> Vec<RailReturn> {
        let tell_for = settings.tell_returns_for;
        self.returns.retain(|one| one.told_at.is_none_or(|told| now.since(told) < tell_for));
        let due = self.returns.iter_mut().filter(|one| one.due_at <= now);
        let tell = |one: &mut Return| {
            one.told_at.get_or_insert(now);
            let (reference, reason) = (one.reference.to_string(), RETURN_REASON.to_owned());
            RailReturn { payout: one.payout, reference, reason }
        };
        due.map(tell).collect()
    }
}

const RETURN_REASON: &str = "The simulator's bank sent the money back.";

/// The answer to a send, and to every repeat of it.
fn first_answer(behaviour: Behaviour, reference: &str) -> RailAnswer {
    match behaviour {
        Behaviour::Settle | Behaviour::SettleThenReturn | Behaviour::UnreachableOnce => {
            settled(reference)
        }
        Behaviour::Refuse => refused(),
        Behaviour::SettleLater | Behaviour::RefuseLater => {
            RailAnswer::Accepted { rail_reference: Some(rail_reference(reference)) }
        }
        Behaviour::DoubtThenSettle | Behaviour::DoubtForEver => {
            in_doubt("the simulator gave no clear answer")
        }
    }
}

/// The answer that replaces the first one, and how long after the order arrived it does.
fn later_answer(
    behaviour: Behaviour,
    reference: &str,
    settings: &SimulatorSettings,
) -> Option<(Duration, RailAnswer)> {
    match behaviour {
        Behaviour::SettleLater => Some((settings.settle_after, settled(reference))),
        Behaviour::DoubtThenSettle => Some((settings.doubt_for, settled(reference))),
        Behaviour::RefuseLater => Some((settings.refuse_after, refused())),
        Behaviour::Settle
        | Behaviour::Refuse
        | Behaviour::DoubtForEver
        | Behaviour::SettleThenReturn
        | Behaviour::UnreachableOnce => None,
    }
}

fn settled(reference: &str) -> RailAnswer {
    RailAnswer::Settled { rail_reference: Some(rail_reference(reference)) }
}

fn refused() -> RailAnswer {
    RailAnswer::Refused { reason: "The simulator turned the payment down.".to_owned() }
}

pub(super) fn in_doubt(detail: &str) -> RailAnswer {
    RailAnswer::InDoubt { detail: detail.to_owned() }
}

fn rail_reference(reference: &str) -> String {
    format!("SIM-{reference}")
}
