//! What one accept, one claim, one list and one look of the metrics cost, against the payouts that
//! are stored and those that wait. `cargo xtask bench growth` runs it.
//!
//! Everything is the merchant's that is not measured; what is measured is of a quiet one beside it.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    dead_code,
    unused_imports,
    reason = "a benchmark fails by panicking, reads the clock, and uses part of the tests' support"
)]

#[path = "../tests/plans/fill.rs"]
mod fill;
#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use fill::{Dialect, Kind, STEP, statements};
use rusqlite::Connection;
use support::old::{confirm, make_old};
use support::postgres::Postgres;
use support::sqlite::Sqlite;
use support::{Backend, HOUR, NOON, World, merchant, submission};
use vezne_core::engine::callback::{ClaimCallbacks, Composer};
use vezne_core::engine::dispatch::{ClaimPayouts, Task};
use vezne_core::engine::room::Room;
use vezne_core::engine::settle::Settle;
use vezne_core::engine::submit::SubmitPayout;
use vezne_core::model::approval::{Actor, Policy};
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::Merchant;
use vezne_core::port::PayoutFilter;

/// The quiet merchant.
const QUIET: i64 = 2;
const LEASE: Duration = Duration::from_secs(60);
/// Each figure is the median of so many.
const TIMES: usize = 31;
/// Payouts that one statement makes.
const PIECE: u64 = 200_000;

/// A store that can be filled from beside.
trait Fill: Backend {
    const NAME: &'static str;
    fn fill(&self, kind: Kind, first: u64, count: u64);
    fn analyse(&self);
}

impl Fill for Sqlite {
    const NAME: &'static str = "sqlite";

    fn fill(&self, kind: Kind, first: u64, count: u64) {
        let content = "x'00000000000000000000000000000000'";
        let dialect = Dialect { yes: "1", content, seal: "NULL", settled_before: HOUR };
        let numbers = format!(
            "WITH RECURSIVE n (i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n \
             WHERE i < {first} + {count} - 1) SELECT i FROM n"
        );
        let connection = Connection::open(self.path()).expect("the file opens");
        for sql in statements(kind, &numbers, NOON, &dialect) {
            connection.execute(&sql, []).expect("it is filled");
        }
    }

    fn analyse(&self) {}
}

impl Fill for Postgres {
    const NAME: &'static str = "postgres";

    fn fill(&self, kind: Kind, first: u64, count: u64) {
        let content = "'\\x00000000000000000000000000000000'::bytea";
        let dialect = Dialect { yes: "TRUE", content, seal: "NULL", settled_before: HOUR };
        let numbers = format!("SELECT i FROM generate_series({first}, {first} + {count} - 1) AS i");
        for sql in statements(kind, &numbers, NOON, &dialect) {
            vezne_testbed::psql(self.database.url(), &sql).expect("it is filled");
        }
        let ids = "SELECT setval('payout_id', 1000 + (SELECT max(id) FROM payout)), \
             setval('callback_id', 1000 + (SELECT max(id) FROM payout))";
        vezne_testbed::psql(self.database.url(), ids).expect("ids go on");
    }

    /// What autovacuum does sooner or later.
    fn analyse(&self) {
        vezne_testbed::psql(self.database.url(), "VACUUM ANALYZE").expect("it is analysed");
    }
}

/// A desk with so many payouts that ended, and so many things that wait.
async fn grown<B: Fill>(stored: u64, waiting: u64) -> World<B> {
    let world = World::<B>::empty().await;
    for login in ["busy", "quiet"] {
        let policy = Policy { approve_below_minor: Some(1_000) };
        let id = world.add(Merchant { policy, ..merchant(login) }).await;
        world.top_up(id.0, 100_000_000).await;
    }
    let (backend, clock) = world.close().await;
    make_old(&backend);
    let mut first = 1_001;
    for (kind, mut left) in [(Kind::Stored, stored), (Kind::Waiting, waiting)] {
        while left > 0 {
            let count = left.min(PIECE);
            backend.fill(kind, first, count);
            (first, left) = (first + count, left - count);
        }
    }
    let world = World::on(backend, clock).await;
    assert_eq!(confirm(&world, STEP).await, stored + waiting);
    world.backend.analyse();
    world
}

/// Runs something so often, and gives the median of its time in microseconds.
async fn median(mut run: impl AsyncFnMut(usize) -> Duration) -> u128 {
    let mut all = Vec::new();
    for number in 0..TIMES {
        all.push(run(number).await);
    }
    all.sort_unstable();
    all[TIMES / 2].as_micros()
}

async fn timed<T>(work: impl Future<Output = T>) -> (Duration, T) {
    let started = Instant::now();
    let done = work.await;
    (started.elapsed(), done)
}

/// Accept, claim payouts, claim callbacks, list, metrics.
async fn costs<B: Fill>(world: &World<B>) -> [u128; 5] {
    let submit = |number: usize| {
        SubmitPayout::new(world.proof(QUIET), submission(&format!("new-{number}"), 100))
    };
    let accept = median(async |number| timed(world.must(submit(number))).await.0).await;
    let claim = median(async |_| {
        let claim = ClaimPayouts { room: Room::new(2, 1), lease: LEASE, marker: None };
        let (took, claimed) = timed(world.must(claim)).await;
        for task in claimed.tasks {
            let Task::Send(payout) = task else { continue };
            let (payout, by) = (payout.id, Actor::Rail);
            let settle = Settle { payout, attempt: Some(1), by, rail_reference: None };
            // The busy merchant's were never held, so only the quiet one's can be settled.
            drop(world.run(settle).await);
        }
        took
    })
    .await;
    let callbacks = median(async |_| {
        let room = vec![(MerchantId(1), 1), (MerchantId(QUIET), 1)];
        timed(world.must(ClaimCallbacks {
            room,
            most: usize::MAX,
            lease: LEASE,
            composer: Composer::default(),
        }))
        .await
        .0
    })
    .await;
    let filter =
        PayoutFilter { merchant: Some(MerchantId(QUIET)), limit: 20, ..Default::default() };
    let list = median(async |_| timed(world.store.payouts(filter.clone())).await.0).await;
    let metrics = median(async |_| timed(world.store.overview()).await.0).await;
    [accept, claim, callbacks, list, metrics]
}

async fn measure<B: Fill>(stored: &[u64], waiting: &[u64]) {
    let heads = ["accept", "claim payouts", "claim callbacks", "list", "metrics"];
    println!("\n{}, medians of {TIMES} in microseconds\n", B::NAME);
    println!("| stored | waiting | {} |", heads.join(" | "));
    println!("|---:|---:|{}", "---:|".repeat(heads.len()));
    for stored in stored {
        for waiting in waiting {
            let world = grown::<B>(*stored, *waiting).await;
            let costs = costs(&world).await.map(|cost| cost.to_string());
            println!("| {stored} | {waiting} | {} |", costs.join(" | "));
            world.close().await;
        }
    }
}

/// The numbers after a flag, with commas between them.
fn numbers(flag: &str, otherwise: &[u64]) -> Vec<u64> {
    let mut arguments = std::env::args().skip_while(|one| one != flag);
    let list = arguments.nth(1);
    list.map_or(otherwise.to_vec(), |list| {
        list.split(',').map(|one| one.parse().expect("a number of payouts")).collect()
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (stored, waiting) = (numbers("--stored", &[0, 1_000]), numbers("--waiting", &[0, 1_000]));
    let only = std::env::args().skip_while(|one| one != "--store").nth(1);
    if only.as_deref() != Some(Postgres::NAME) {
        measure::<Sqlite>(&stored, &waiting).await;
    }
    if only.as_deref() != Some(Sqlite::NAME) {
        measure::<Postgres>(&stored, &waiting).await;
    }
}
