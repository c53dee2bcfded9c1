//! What PostgreSQL may refuse in passing (P7): nobody who asks the desk hears of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use vezne_core::engine::Failure;
use vezne_core::engine::approve::Approve;
use vezne_core::engine::dispatch::{ClaimPayouts, Task};
use vezne_core::engine::room::Room;
use vezne_core::engine::settle::Settle;
use vezne_core::engine::submit::SubmitPayout;
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::PayoutId;
use vezne_store::PostgresOptions;
use vezne_store::audit::audit_postgres;
use vezne_testbed::Database;

use super::lost_commits::rounds;
use super::truth::judge;
use crate::support::fleet::{Client, Fleet, Shift, Told};
use crate::support::submission;

const MERCHANTS: i64 = 6;
const CLIENTS: u64 = 64;

/// Every so many statements that move a payout fail with a code, as if others were in the way.
fn trouble(database: &Database, code: &str, often: &str) {
    let sql = format!(
        "CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF random() < {often} THEN \
                 RAISE EXCEPTION 'trouble' USING ERRCODE = '{code}'; \
             END IF; \
             RETURN NULL; END $$; \
         CREATE TRIGGER trouble AFTER INSERT OR UPDATE ON payout \
             FOR EACH STATEMENT EXECUTE FUNCTION trouble()"
    );
    database.sql(&sql).unwrap();
}

/// A node of one lane, so that its groups are of several merchants.
async fn node(database: &Database) -> Fleet {
    Fleet::open(database.url(), &Fleet::options(2), 1).await
}

/// One client's payouts, from the submission to the end, with whoever else is due at the time.
async fn pay(fleet: Fleet, client: u64, count: u64) -> Result<u64, String> {
    let (engine, by) = (&fleet.engine, Actor::Operator("ayse".into()));
    let mut settled = 0;
    for number in 0..count {
        let merchant = 1 + i64::try_from((client + number) % 6).unwrap();
        let submission = submission(&format!("c{client}-{number}"), 100);
        let submit = SubmitPayout::new(fleet.proof(merchant), submission);
        let payout = done(engine.run(submit).await)?.payout;
        done(engine.run(Approve { payout, by: by.clone() }).await)?;
        settled += settle_some(&fleet).await?;
    }
    Ok(settled)
}

/// Claims what is due and is in nobody else's hands, and settles it.
async fn settle_some(fleet: &Fleet) -> Result<u64, String> {
    let claim =
        ClaimPayouts { room: Room::undivided(8), lease: Duration::from_secs(600), marker: None };
    let tasks = done(fleet.engine.run(claim).await)?.tasks;
    let count = u64::try_from(tasks.len()).unwrap();
    for task in tasks {
        let (Task::Send(payout) | Task::Query(payout)) = task;
        done(fleet.engine.run(settle(payout.id)).await)?;
    }
    Ok(count)
}

fn settle(payout: PayoutId) -> Settle {
    let rail_reference = Some(format!("R-{payout}"));
    Settle { payout, attempt: Some(1), by: Actor::Rail, rail_reference }
}

fn done<T, R: std::fmt::Debug>(answer: Result<T, Failure<R>>) -> Result<T, String> {
    answer.map_err(|failure| format!("{failure:?}"))
}

/// All clients at once on two nodes. Answers with how many payouts were settled, or what somebody
/// heard.
async fn all_pay(database: &Database, count: u64) -> Result<u64, String> {
    let nodes = [node(database).await, node(database).await];
    nodes[0].populate(MERCHANTS).await;
    while nodes[1].store_knows_less_than(MERCHANTS) {
        tokio::task::yield_now().await;
    }
    let start = |client| {
        let fleet = nodes[usize::try_from(client % 2).unwrap()].clone();
        tokio::spawn(pay(fleet, client, count))
    };
    let clients: Vec<_> = (0..CLIENTS).map(start).collect();
    let mut settled = 0;
    for client in clients {
        settled += client.await.unwrap()?;
    }
    loop {
        match settle_some(&nodes[0]).await? {
            0 => return Ok(settled),
            more => settled += more,
        }
    }
}

#[tokio::test]
async fn conflicts_are_invisible() {
    let database = Database::fresh().unwrap();
    drop(node(&database).await);
    trouble(&database, "40P01", "0.1");
    let count = rounds(10);
    let settled = all_pay(&database, count).await.expect("nobody hears of a conflict");
    assert_eq!(settled, CLIENTS * count);
    let report = audit_postgres(database.url(), &Fleet::options(1)).unwrap();
    assert!(report.is_clean(), "{report}");
    let real = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    println!("{settled} settled; real deadlocks: {}", database.sql(real).unwrap());
}

#[tokio::test]
async fn serialization_failures_are_invisible() {
    let database = Database::fresh().unwrap();
    drop(node(&database).await);
    trouble(&database, "40001", "0.1");
    let count = rounds(10).min(3);
    assert_eq!(all_pay(&database, count).await, Ok(CLIENTS * count));
}

/// The positive control: what does not pass by itself is heard of.
#[tokio::test]
async fn what_lasts_is_heard_of() {
    let database = Database::fresh().unwrap();
    drop(node(&database).await);
    trouble(&database, "23514", "1");
    let heard = all_pay(&database, 1).await;
    assert!(heard.as_ref().is_err_and(|why| why.starts_with("Fault")), "{heard:?}");
}

/// Clients at work for a while, at a store that may have so many connections, on a database that
/// takes so many.
async fn work(database: &Database, writers: usize, limit: i32, first: u64) -> Vec<Told> {
    let options = PostgresOptions { readers: 1, ..Fleet::options(writers) };
    let fleet = Fleet::open(database.url(), &options, 9).await;
    if fleet.store_knows_less_than(MERCHANTS) {
        fleet.populate(MERCHANTS).await;
    }
    allow_connections(database, limit);
    let shift = Arc::<Shift>::default();
    let start = |number: u64| {
        let merchant = 1 + i64::try_from(number).unwrap() % MERCHANTS;
        tokio::spawn(Client::of(&fleet, merchant, first + number).work(Arc::clone(&shift)))
    };
    let clients: Vec<_> = (0..CLIENTS).map(start).collect();
    tokio::time::sleep(Duration::from_millis(20 * rounds(100))).await;
    shift.is_over.store(true, Ordering::Relaxed);
    let mut told = Vec::new();
    for client in clients {
        told.push(client.await.unwrap());
    }
    allow_connections(database, -1);
    told
}

fn allow_connections(database: &Database, count: i32) {
    let sql = format!("ALTER DATABASE {} CONNECTION LIMIT {count}", database.name());
    database.sql(&sql).unwrap();
}

/// More groups than connections, and then fewer connections than the program may have.
#[tokio::test]
async fn connections_that_run_out_are_waited_for() {
    let database = Database::fresh().unwrap();
    let mut told = work(&database, 1, -1, 0).await;
    told.extend(work(&database, 8, 4, CLIENTS).await);
    let faults: u64 = told.iter().map(|one| one.faults).sum();
    assert_eq!(faults, 0, "somebody heard of it");
    judge(&told, database.url()).await;
}
