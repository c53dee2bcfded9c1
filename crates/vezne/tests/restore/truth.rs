//! What really happened, by those who know: the rail's own journal, and the statement of the bank
//! at which a person paid by hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use vezne_outbound::rail::simulator::magic::Behaviour;

use crate::order::Order;

/// A line of the simulator's journal, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Line {
    reference: String,
    amount_minor: i64,
    behaviour: String,
    received: bool,
}

/// What is known of one order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// How often the rail received it, by rail reference: it takes a repeat for what it is.
    pub(crate) received: BTreeMap<String, u32>,
    /// How often the rail paid it.
    by_rail: u32,
    /// How often a person paid it.
    pub(crate) by_hand: u32,
    /// Whether the bank sent the money back.
    pub(crate) may_return: bool,
}

impl Known {
    /// How often money left for it.
    pub(crate) fn executions(&self) -> u32 {
        self.by_rail + self.by_hand
    }

    /// Whether a rail has it, whatever came of it.
    pub(crate) fn arrived(&self) -> bool {
        !self.received.is_empty()
    }

    /// How often the rail was sent again, under the same reference, what it had.
    pub(crate) fn repeats(&self) -> u32 {
        self.received.values().map(|times| times - 1).sum()
    }
}

/// Where what happened is written down.
pub(crate) struct Truth {
    journal: PathBuf,
    by_hand: BTreeMap<u64, u32>,
}

impl Truth {
    pub(crate) fn new(journal: PathBuf) -> Self {
        Self { journal, by_hand: BTreeMap::new() }
    }

    /// A person pays at the bank.
    pub(crate) fn pay_by_hand(&mut self, order: u64) {
        *self.by_hand.entry(order).or_default() += 1;
    }

    /// What is known of one order.
    pub(crate) fn of(&self, order: u64) -> Known {
        self.all().remove(&order).unwrap_or_default()
    }

    /// What is known of every order that anybody paid or was asked to pay.
    pub(crate) fn all(&self) -> BTreeMap<u64, Known> {
        let mut all = BTreeMap::<u64, Known>::new();
        for line in lines(&self.journal).into_iter().filter(|line| line.received) {
            let order = Order::number_of_minor(line.amount_minor).expect("an order's amount");
            let known = all.entry(order).or_default();
            let times = known.received.entry(line.reference).or_default();
            *times += 1;
            if *times == 1 {
                let behaviour = Behaviour::from_code(&line.behaviour).expect("a behaviour");
                known.by_rail += u32::from(pays(behaviour, order));
                known.may_return |= behaviour == Behaviour::SettleThenReturn;
            }
        }
        for (order, times) in &self.by_hand {
            all.entry(*order).or_default().by_hand = *times;
        }
        all
    }
}

/// Whether the rail pays an order that it received, now or later. Of those of which it never says
/// anything, it pays every second.
fn pays(behaviour: Behaviour, order: u64) -> bool {
    match behaviour {
        Behaviour::Settle
        | Behaviour::SettleLater
        | Behaviour::DoubtThenSettle
        | Behaviour::SettleThenReturn
        | Behaviour::UnreachableOnce => true,
        Behaviour::DoubtForEver => order.is_multiple_of(2),
        Behaviour::Refuse | Behaviour::RefuseLater => false,
    }
}

fn lines(journal: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(journal).unwrap_or_default();
    let read = |line| serde_json::from_str(line).expect("a line of the journal");
    text.lines().map(read).collect()
}
