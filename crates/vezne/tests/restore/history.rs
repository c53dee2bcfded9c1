//! One history: merchants, workers and people act as the dice say; a copy is taken, the history
//! goes on, the copy comes back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use vezne::control::request::QuarantineRequest;

use crate::broken::Broken;
use crate::coverage::{Coverage, Phase};
use crate::desk::Desk;
use crate::dice::Dice;
use crate::judge;
use crate::order::{NUMBERS, Order};
use crate::people::{People, is_finished, number};
use crate::place::{Backup, Store};
use crate::shops::Shop;
use crate::truth::Truth;
use crate::way::Way;

/// The chance of a second restore, in percent.
const SECOND: u64 = 20;

/// How long a restore takes at least.
const RESTORE: Duration = Duration::from_secs(60);

const HOUR: Duration = Duration::from_secs(3_600);

/// After so many hours of work everything has come to its end.
const ROUNDS: u32 = 60;

/// Steps of a worker between two moves of the clock.
const STEPS: u32 = 8;

/// Hours after which every callback of a merchant that answers is acknowledged.
const TELLINGS: u32 = 8;

/// What came of a history.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What does not hold.
    pub(crate) complaints: Vec<String>,
    pub(crate) coverage: Coverage,
}

/// A history under way.
pub(crate) struct History {
    pub(crate) desk: Desk,
    pub(crate) people: People,
    pub(crate) orders: BTreeMap<u64, Order>,
    /// What some answer promised, at any time.
    accepted: BTreeSet<u64>,
    pub(crate) complaints: Vec<String>,
    store: Store,
    broken: Option<Broken>,
    phase: Phase,
    /// How each copy came back, and whether the desk found out by itself.
    ways: Vec<(Way, bool)>,
    dice: Dice,
}

/// Runs the history of a seed to its end and judges it.
pub(crate) async fn run(seed: u64, store: Store, broken: Option<Broken>) -> Outcome {
    let desk = Desk::fresh(store, seed, broken).await;
    let people = People::new(Truth::new(desk.journal()), broken);
    let mut history = History {
        desk,
        people,
        orders: BTreeMap::new(),
        accepted: BTreeSet::new(),
        complaints: Vec::new(),
        store,
        broken,
        phase: Phase::Before,
        ways: Vec::new(),
        dice: Dice::new(seed),
    };
    history.go_on().await;
    history.end().await;
    judge::judge(&mut history).await;
    history.desk.close().await;
    judge::audit(&mut history);
    if !history.complaints.is_empty() {
        history.complaints.push(format!("the copies came back so: {:?}", history.ways));
    }
    Outcome { complaints: history.complaints, coverage: history.people.coverage }
}

impl History {
    async fn go_on(&mut self) {
        self.steps(4, 12).await;
        self.restore().await;
        if self.dice.chance(SECOND) {
            self.phase = Phase::Before;
            self.steps(2, 8).await;
            self.restore().await;
        }
    }

    /// A copy is taken, the desk goes on, the copy comes back, and is released at last.
    async fn restore(&mut self) {
        let backup = self.desk.back_up().await;
        let copied_at = self.desk.state().await.claims;
        self.phase = Phase::Lost;
        self.steps(4, 14).await;
        let way = Way::random(self.store, self.desk.place().is_file(), &mut self.dice);
        let lost_claims = self.desk.state().await.claims - copied_at;
        self.come_back(way, backup).await;
        let held = self.desk.state().await.quarantine.is_some();
        self.ways.push((way, held));
        let is_file = self.desk.place().is_file();
        self.tell_of_it(way.shows(copied_at, lost_claims, is_file)).await;
        self.phase = Phase::Quarantine;
        self.take_stock().await;
        self.steps(0, 8).await;
        self.release().await;
        self.phase = Phase::After;
        self.steps(3, 12).await;
    }

    async fn come_back(&mut self, way: Way, backup: Backup) {
        self.desk.close().await;
        self.desk.clock.pass(RESTORE);
        way.come_back(&mut self.desk, backup, self.broken == Some(Broken::Unnoticed));
        self.desk.start().await;
    }

    /// What the desk cannot find out by itself is told by whoever restored it.
    async fn tell_of_it(&mut self, shows: bool) {
        let held = self.desk.state().await.quarantine.is_some();
        if !held && !shows && self.broken != Some(Broken::Unnoticed) {
            let reason = "a copy was put back".to_owned();
            self.desk.quarantine(QuarantineRequest::Begin { reason }).await;
        }
    }

    /// Which orders the copy knows, and what may have happened to them since.
    async fn take_stock(&mut self) {
        let payouts = self.desk.payouts().await;
        let unfinished = payouts.iter().filter(|payout| !is_finished(payout));
        self.people.doubtful = unfinished.map(number).collect();
        self.people.notes.clear();
        let known: BTreeSet<u64> = payouts.iter().map(number).collect();
        // Nobody knows of these any more but their merchants and the rail.
        self.people.anew = self.accepted.difference(&known).copied().collect();
        self.people.ever_anew.extend(&self.people.anew);
    }

    async fn release(&mut self) {
        if self.desk.state().await.quarantine.is_some() {
            self.desk.quarantine(QuarantineRequest::Release).await;
        }
    }

    async fn steps(&mut self, least: u64, most: u64) {
        for _ in 0..least + self.dice.below(most - least + 1) {
            self.step().await;
        }
    }

    async fn step(&mut self) {
        match self.dice.below(100) {
            0..22 => self.submit().await,
            22..34 => self.repeat().await,
            34..52 => drop(self.desk.dispatch().await),
            52..58 => drop(self.desk.tell().await),
            58..66 => self.pass(),
            66..90 => self.people.act(&self.desk, self.phase, &mut self.dice).await,
            90..96 => self.people.pay_by_hand(&self.desk, &mut self.dice).await,
            96..98 => self.people.settle_paid(&self.desk, self.phase).await,
            _ => self.desk.restart().await,
        }
    }

    fn pass(&mut self) {
        let seconds = *self.dice.pick(&[1, 7, 35, 70, 150, 3_600, 5 * 3_600]);
        self.desk.clock.pass(Duration::from_secs(seconds));
    }

    async fn submit(&mut self) {
        let mut number = self.dice.below(NUMBERS);
        while self.orders.contains_key(&number) {
            number = self.dice.below(NUMBERS);
        }
        let order = Order::random(number, &mut self.dice);
        self.orders.insert(number, order);
        self.send(number).await;
    }

    /// A merchant repeats a request, most of all one whose acceptance is lost.
    async fn repeat(&mut self) {
        let lost: Vec<u64> = self.people.anew.iter().copied().collect();
        let all: Vec<u64> = self.orders.keys().copied().collect();
        let from = if lost.is_empty() || self.dice.chance(30) { all } else { lost };
        if !from.is_empty() {
            let number = *self.dice.pick(&from);
            self.send(number).await;
        }
    }

    async fn send(&mut self, number: u64) {
        let order = &self.orders[&number];
        let (accepted, answer) = self.desk.shops.send(self.desk.address(), order).await;
        if !accepted {
            let (phase, reference) = (self.phase, order.reference());
            self.complaints.push(format!("{reference} was not accepted ({phase:?}): {answer}"));
        }
        let is_first = self.accepted.insert(number) || self.people.anew.contains(&number);
        if is_first && self.phase == Phase::Quarantine {
            self.people.doubtful.insert(number);
        }
    }

    /// Works on until everything has come to its end, or nothing moves any more.
    async fn end(&mut self) {
        for _ in 0..ROUNDS {
            self.work_off().await;
            self.close_the_day().await;
            self.desk.clock.pass(HOUR);
            let payouts = self.desk.payouts().await;
            if payouts.iter().all(is_finished) {
                break;
            }
        }
        for _ in 0..TELLINGS {
            for _ in 0..STEPS {
                if self.desk.tell().await == 0 {
                    break;
                }
            }
            self.desk.clock.pass(HOUR);
        }
    }

    /// Steps the workers until nothing is due. A return that cannot be booked is told for an hour.
    async fn work_off(&self) {
        for _ in 0..STEPS {
            if self.desk.dispatch().await == 0 {
                break;
            }
        }
    }

    /// The people do all that waits for them.
    async fn close_the_day(&mut self) {
        for payout in self.desk.payouts().await.iter().filter(|payout| !is_finished(payout)) {
            self.people.resolve(&self.desk, self.phase, payout, &mut self.dice).await;
            self.people.run(&self.desk, self.phase, payout, crate::coverage::Act::Approve).await;
        }
        for _ in 0..self.orders.len() {
            self.people.pay_by_hand(&self.desk, &mut self.dice).await;
        }
        self.people.settle_paid(&self.desk, self.phase).await;
    }

    /// The shop of an order.
    pub(crate) fn shop(&self, number: u64) -> Shop {
        self.orders[&number].shop
    }
}
