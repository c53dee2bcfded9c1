//! A desk of several merchants on PostgreSQL, with lanes side by side, and clients that remember
//! what they were told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use vezne_core::engine::approve::Approve;
use vezne_core::engine::merchant::AddMerchant;
use vezne_core::engine::reject::Reject;
use vezne_core::engine::submit::{SubmitPayout, Submitted};
use vezne_core::engine::{Bells, Engine, Failure, GroupRunner, Limits, Verb};
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::model::merchant::Authenticated;
use vezne_core::model::refusal::Declined;
use vezne_core::port::{Clock, Store};
use vezne_store::postgres::Time;
use vezne_store::{PostgresOptions, PostgresStore};

use super::postgres::Postgres;
use super::{KEY, SeededRandom, dialect, merchant, submission, top_up};

/// More than any balance.
const TOO_MUCH: i64 = 1_000_000_000;

/// What each merchant has at first.
pub(crate) const BALANCE: i64 = 100_000_000;

static OPENINGS: AtomicU64 = AtomicU64::new(1_000_000);

/// An engine on a store.
#[derive(Clone)]
pub(crate) struct Fleet {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<PostgresStore>,
}

impl Fleet {
    pub(crate) fn options(writers: usize) -> PostgresOptions {
        PostgresOptions { writers, time: Time::Servers, ..Postgres::options() }
    }

    /// Opens a database as a node does.
    pub(crate) async fn open(url: &str, options: &PostgresOptions, lanes: usize) -> Self {
        let seed = OPENINGS.fetch_add(1, Ordering::Relaxed);
        let random = Arc::new(SeededRandom::new(seed));
        let store = PostgresStore::open(url, &Postgres::key(), random, options).await.unwrap();
        let limits = Limits { lanes, ..Limits::default() };
        let shared: Arc<dyn Store> = Arc::<PostgresStore>::clone(&store);
        let clock: Arc<dyn Clock> = store.clock();
        let (engine, runner) = Engine::new(shared, clock, limits, Bells::default());
        // Each ends with the last handle of the engine.
        runner.split().into_iter().for_each(|lane| drop(tokio::spawn(GroupRunner::run(lane))));
        Self { engine, store }
    }

    /// Adds merchants with money.
    pub(crate) async fn populate(&self, merchants: i64) {
        for number in 1..=merchants {
            let (merchant, by) = (merchant(&format!("site-{number}")), Actor::System);
            self.engine.run(AddMerchant { merchant, by }).await.unwrap();
            self.engine.run(top_up(number, BALANCE)).await.unwrap();
        }
    }

    /// Whether it has not heard yet of as many merchants as there are.
    pub(crate) fn store_knows_less_than(&self, merchants: i64) -> bool {
        self.store.directory().get(MerchantId(merchants)).is_none()
    }

    pub(crate) fn proof(&self, merchant: i64) -> Authenticated {
        let directory = self.store.directory();
        let merchant = directory.get(MerchantId(merchant)).expect("the merchant is there");
        merchant.authenticate(&dialect(), KEY, self.store.clock().now()).expect("the key is right")
    }
}

/// What clients at work share.
#[derive(Default)]
pub(crate) struct Shift {
    pub(crate) is_over: AtomicBool,
    /// Answers that were given to anybody.
    pub(crate) answers: AtomicU64,
}

/// What one client did and was told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) merchant: i64,
    pub(crate) accepted: BTreeMap<String, i64>,
    pub(crate) refused: BTreeSet<String>,
    pub(crate) approved: BTreeSet<i64>,
    pub(crate) rejected: BTreeSet<i64>,
    pub(crate) topped_up: i64,
    /// Faults, which say that nothing was done.
    pub(crate) faults: u64,
    pub(crate) complaints: Vec<String>,
}

/// One client of a merchant.
pub(crate) struct Client {
    fleet: Fleet,
    random: SeededRandom,
    name: String,
    told: Told,
}

impl Client {
    pub(crate) fn of(fleet: &Fleet, merchant: i64, number: u64) -> Self {
        let told = Told { merchant, ..Told::default() };
        let (fleet, name) = (fleet.clone(), format!("c{number}"));
        Self { fleet, random: SeededRandom::new(number), name, told }
    }

    /// Does one thing after the other until it is over.
    pub(crate) async fn work(mut self, shift: Arc<Shift>) -> Told {
        let mut number = 0_u64;
        while !shift.is_over.load(Ordering::Relaxed) {
            number += 1;
            let reference = format!("{}-{number}", self.name);
            match self.random.below(10) {
                0 => self.submit(&reference, TOO_MUCH).await,
                1 => self.top_up().await,
                _ => self.submit(&reference, 100).await,
            }
            shift.answers.fetch_add(1, Ordering::Relaxed);
        }
        self.told
    }

    async fn submit(&mut self, reference: &str, minor: i64) {
        let first = self.submit_once(reference, minor).await;
        if self.random.below(4) == 0 {
            let again = self.submit_once(reference, minor).await;
            if first != again {
                let both = format!("{reference} was told {first:?} and then {again:?}");
                self.told.complaints.push(both);
            }
        }
        if let Some(id) = first {
            match self.random.below(3) {
                0 => self.approve(id).await,
                1 => self.reject(id).await,
                _ => {}
            }
        }
    }

    /// Submits until it is decided; a fault is a promise that nothing was.
    async fn submit_once(&mut self, reference: &str, minor: i64) -> Option<i64> {
        loop {
            let command = SubmitPayout::new(
                self.fleet.proof(self.told.merchant),
                submission(reference, minor),
            );
            match self.fleet.engine.run(command).await {
                Ok(Submitted { payout, .. }) => {
                    self.told.accepted.insert(reference.to_owned(), payout.0);
                    return Some(payout.0);
                }
                Err(Failure::Refused(Declined { .. })) => {
                    self.told.refused.insert(reference.to_owned());
                    return None;
                }
                Err(Failure::Busy | Failure::Fault(_)) => self.told.faults += 1,
            }
        }
    }

    async fn top_up(&mut self) {
        match self.fleet.engine.run(top_up(self.told.merchant, 10)).await {
            Ok(_) => self.told.topped_up += 10,
            Err(_) => self.told.faults += 1,
        }
    }

    async fn approve(&mut self, id: i64) {
        let by = Actor::Operator("ayse".into());
        if self.until_done(|| Approve { payout: PayoutId(id), by: by.clone() }).await {
            self.told.approved.insert(id);
        }
    }

    async fn reject(&mut self, id: i64) {
        let (by, reason) = (Actor::Operator("ayse".into()), "no".to_owned());
        let verb = || Reject { payout: PayoutId(id), by: by.clone(), reason: reason.clone() };
        if self.until_done(verb).await {
            self.told.rejected.insert(id);
        }
    }

    /// Nobody else touches the payout, so a refusal shows that a fault was none.
    async fn until_done<V: Verb<Refusal: std::fmt::Debug>>(
        &mut self,
        verb: impl Fn() -> V,
    ) -> bool {
        loop {
            match self.fleet.engine.run(verb()).await {
                Ok(_) => return true,
                Err(Failure::Busy | Failure::Fault(_)) => self.told.faults += 1,
                Err(Failure::Refused(refusal)) => {
                    let faults = self.told.faults;
                    self.told.complaints.push(format!("{refusal:?} after {faults} faults"));
                    return false;
                }
            }
        }
    }
}
