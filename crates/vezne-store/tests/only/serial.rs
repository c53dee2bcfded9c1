//! Decisions on PostgreSQL are made on what was locked: whatever clients of a merchant and those
//! who change it do at the same time, on whatever node, could have been done one after the other.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;
use vezne_core::engine::Failure;
use vezne_core::engine::merchant::{AddMerchant, EditMerchant};
use vezne_core::engine::submit::SubmitPayout;
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::ledger::AccountKind;
use vezne_core::model::merchant::{Authenticated, Merchant, MerchantStatus};
use vezne_core::model::refusal::{ActionRefusal, Declined, SubmitRefusal};
use vezne_core::model::retention::Horizon;
use vezne_core::port::Store as _;
use vezne_store::PostgresOptions;
use vezne_store::audit::audit_postgres;
use vezne_testbed::{Database, bin};

use super::lost_commits::rounds;
use crate::support::fleet::Fleet;
use crate::support::serial::{Answered, Asked, Call, is_serial};
use crate::support::{SeededRandom, merchant, submission, top_up};

const LANES: usize = 4;
const CLIENTS: u64 = 5;
const CALLS: usize = 3;

fn edit(merchant: MerchantId, asked: &Asked) -> EditMerchant {
    let (by, detail, asked) = (Actor::System, String::new(), asked.clone());
    let edit = Box::new(move |merchant: &mut Merchant| {
        apply(merchant, &asked);
        Ok(())
    });
    EditMerchant { merchant, edit, by, detail }
}

fn apply(merchant: &mut Merchant, asked: &Asked) {
    match asked {
        Asked::Suspend(true) => merchant.status = MerchantStatus::Suspended,
        Asked::Suspend(false) => merchant.status = MerchantStatus::Active,
        Asked::Credit(minor) => merchant.credit_limit_minor = *minor,
        Asked::DayLimit(limit) => merchant.day_limit_minor = *limit,
        Asked::Percent(ppm) => merchant.terms[0].commission.percent_ppm = *ppm,
        Asked::Submit(_) | Asked::TopUp(_) => unreachable!("these are no edits"),
    }
}

/// A client of one node.
#[derive(Clone)]
struct Caller {
    fleet: Fleet,
    merchant: MerchantId,
    proof: Authenticated,
    moments: Arc<AtomicU64>,
}

impl Caller {
    async fn call(&self, reference: &str, asked: Asked) -> Call {
        let from = self.moments.fetch_add(1, Ordering::SeqCst);
        let answered = self.answer(reference, &asked).await;
        let to = self.moments.fetch_add(1, Ordering::SeqCst);
        Call { from, to, asked, answered }
    }

    async fn answer(&self, reference: &str, asked: &Asked) -> Answered {
        let engine = &self.fleet.engine;
        match asked {
            Asked::Submit(minor) => {
                let submission = submission(reference, *minor);
                let command = SubmitPayout::new(self.proof.clone(), submission);
                match engine.run(command).await {
                    Ok(submitted) => Answered::Accepted(submitted.commission.minor()),
                    Err(Failure::Refused(Declined { why, .. })) => refusal(&why),
                    Err(failure) => panic!("{failure:?}"),
                }
            }
            Asked::TopUp(minor) => {
                engine.run(top_up(self.merchant.0, *minor)).await.expect("it is booked");
                Answered::Done
            }
            Asked::Suspend(_) | Asked::Credit(_) | Asked::DayLimit(_) | Asked::Percent(_) => {
                match engine.run(edit(self.merchant, asked)).await {
                    Ok(()) => Answered::Done,
                    Err(Failure::Refused(ActionRefusal::Invalid(_))) => Answered::Invalid,
                    Err(failure) => panic!("{failure:?}"),
                }
            }
        }
    }

    /// Several calls, one after the other.
    async fn work(self, client: u64, random: SeededRandom) -> Vec<Call> {
        let mut calls = Vec::with_capacity(CALLS);
        for number in 0..CALLS {
            calls.push(self.call(&format!("c{client}-{number}"), draw(&random)).await);
        }
        calls
    }
}

fn refusal(why: &SubmitRefusal) -> Answered {
    match why {
        SubmitRefusal::MerchantSuspended => Answered::Suspended,
        SubmitRefusal::DayLimitReached { limit } => Answered::DayLimitReached(limit.minor()),
        SubmitRefusal::InsufficientBalance { needed } => Answered::Insufficient(needed.minor()),
        other => panic!("no client asked for that: {other:?}"),
    }
}

fn draw(random: &SeededRandom) -> Asked {
    match random.below(12) {
        0 => Asked::Suspend(true),
        1 | 2 => Asked::Suspend(false),
        3 => Asked::Credit(0),
        4 => Asked::Credit(1_000),
        5 => Asked::DayLimit(Some(300)),
        6 => Asked::Percent(20_000),
        7 => Asked::TopUp(100),
        _ => Asked::Submit(100),
    }
}

/// A merchant that both nodes know.
async fn introduce(nodes: &[Fleet], login: &str) -> MerchantId {
    let (merchant, by) = (merchant(login), Actor::System);
    let id = nodes[0].engine.run(AddMerchant { merchant, by }).await.expect("it is added");
    for node in nodes {
        node.store.refresh().await.expect("it looks");
    }
    id
}

async fn available(fleet: &Fleet, merchant: MerchantId) -> i64 {
    let balances = fleet.store.balances(merchant).await.expect("they read");
    let own = |kind: &AccountKind| *kind == AccountKind::Available;
    balances.iter().find(|(account, _)| own(&account.kind)).map_or(0, |(_, minor)| *minor)
}

#[tokio::test]
async fn what_happens_at_once_could_have_happened_in_turn() {
    let database = Database::fresh().expect("a database");
    let options = Fleet::options(LANES - 1);
    let open = || Fleet::open(database.url(), &options, LANES);
    let nodes = [open().await, open().await];
    for round in 0..rounds(60) {
        let merchant = introduce(&nodes, &format!("site-{round}")).await;
        let moments = Arc::<AtomicU64>::default();
        let proof = nodes[0].proof(merchant.0);
        let start = |client: u64| -> JoinHandle<Vec<Call>> {
            let fleet = nodes[usize::try_from(client % 2).unwrap()].clone();
            let (proof, moments) = (proof.clone(), Arc::clone(&moments));
            let caller = Caller { fleet, merchant, proof, moments };
            tokio::spawn(caller.work(client, SeededRandom::new(round * CLIENTS + client)))
        };
        let clients: Vec<_> = (0..CLIENTS).map(start).collect();
        let mut calls = Vec::new();
        for client in clients {
            calls.extend(client.await.expect("it works to its end"));
        }
        let left = available(&nodes[0], merchant).await;
        assert!(
            is_serial(&calls, left),
            "round {round} leaves {left} and has no order: {calls:#?}"
        );
    }
    let report = audit_postgres(database.url(), &Fleet::options(1)).expect("it can be audited");
    assert!(report.is_clean(), "{report}");
}

/// A session of psql that holds the lock of a merchant until it is let go.
struct Holder(Child);

impl Holder {
    fn hold(database: &Database, merchant: MerchantId) -> Self {
        let mut command = Command::new(bin("psql").expect("PostgreSQL is installed"));
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", database.admin_url()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("psql runs");
        let sql = format!(
            "BEGIN; SELECT 'held' FROM merchant_lock WHERE merchant_id = {merchant} FOR UPDATE;\n"
        );
        let mut own = {
            let stdout = child.stdout.take().expect("its output");
            let mut lines = BufReader::new(stdout).lines();
            child.stdin.as_mut().expect("its input").write_all(sql.as_bytes()).expect("it reads");
            let held = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("held")));
            held.expect("the lock is held").expect("it prints");
            Self(child)
        };
        own.0.stdin.as_mut().expect("its input").flush().expect("it reads");
        own
    }

    fn let_go(mut self) {
        let mut stdin = self.0.stdin.take().expect("its input");
        stdin.write_all(b"COMMIT;\n").expect("it reads");
        drop(stdin);
        self.0.wait().expect("it ends");
    }
}

/// Waits until so many of the desk's connections wait for a lock.
async fn waiting(database: &Database, count: i64) {
    let sql = "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while database.sql(sql).expect("it is SQL").trim() != count.to_string() {
        tokio::task::yield_now().await;
    }
}

/// So long after it was asked for a lock its place in the queue is still the first one. A group
/// that waits for ten seconds begins anew, at the end.
const PATIENCE: Duration = Duration::from_secs(7);

/// Has an edit wait for the lock of a merchant with a credit of 10.00, and a payout of 5.00 behind
/// it; answers with what both were told, and what is available then. Nothing when the machine was
/// too busy for them to keep their places.
async fn one_behind_the_other(
    database: &Database,
    nodes: &[Fleet],
    (merchant, asked): (MerchantId, &Asked),
) -> Option<(Answered, Answered, i64)> {
    let (proof, moments) = (nodes[0].proof(merchant.0), Arc::<AtomicU64>::default());
    let of = |node: usize| {
        let (fleet, proof, moments) = (nodes[node].clone(), proof.clone(), Arc::clone(&moments));
        Caller { fleet, merchant, proof, moments }
    };
    of(0).call("", Asked::Credit(1_000)).await;
    let holder = Holder::hold(database, merchant);
    let (editor, asked, began) = (of(0), asked.clone(), Instant::now());
    let edited = tokio::spawn(async move { editor.call("", asked).await });
    waiting(database, 1).await;
    let payer = of(1);
    let paid = tokio::spawn(async move { payer.call("r-1", Asked::Submit(500)).await });
    waiting(database, 2).await;
    holder.let_go();
    let in_place = began.elapsed() < PATIENCE;
    let edited = edited.await.expect("it is answered").answered;
    let paid = paid.await.expect("it is answered").answered;
    let left = available(&nodes[0], merchant).await;
    in_place.then_some((edited, paid, left))
}

/// The order of the lock's queue is that of the decisions: each sees what the one before it did.
#[tokio::test]
async fn who_waited_for_a_lock_decides_by_what_was_done_meanwhile() {
    let database = Database::fresh().expect("a database");
    let options = Fleet::options(LANES - 1);
    let open = || Fleet::open(database.url(), &options, LANES);
    let nodes = [open().await, open().await];
    let mut number = 0;
    for (asked, wanted, left) in [
        (Asked::Credit(0), Answered::Insufficient(508), 0),
        (Asked::Suspend(true), Answered::Suspended, 0),
        (Asked::DayLimit(Some(499)), Answered::DayLimitReached(499), 0),
        (Asked::Percent(20_000), Answered::Accepted(10), -510),
    ] {
        let answered = loop {
            number += 1;
            let merchant = introduce(&nodes, &format!("site-{number}")).await;
            let case = (merchant, &asked);
            if let Some(answered) = one_behind_the_other(&database, &nodes, case).await {
                break answered;
            }
        };
        assert_eq!(answered, (Answered::Done, wanted, left), "{asked:?}");
    }
    let report = audit_postgres(database.url(), &Fleet::options(1)).expect("it is audited");
    assert!(report.is_clean(), "{report}");
}

/// What looks after the database waits for the lock of a merchant, and the group in front of it,
/// which has that lock, needs the directory anew: neither waits for the other.
#[tokio::test]
async fn tidying_does_not_keep_the_directory_from_a_group() {
    let database = Database::fresh().expect("a database");
    let options = PostgresOptions { readers: 1, ..Fleet::options(2) };
    let open = || Fleet::open(database.url(), &options, 2);
    let nodes = [open().await, open().await];
    let merchant = introduce(&nodes, "site-1").await;
    let (proof, moments) = (nodes[0].proof(merchant.0), Arc::<AtomicU64>::default());
    let caller = Caller { fleet: nodes[0].clone(), merchant, proof, moments };
    let refused = caller.answer("r-1", &Asked::Submit(100)).await;
    assert_eq!(refused, Answered::Insufficient(102));
    caller.answer("", &Asked::TopUp(1_000)).await;
    let holder = Holder::hold(&database, merchant);
    let payer = caller.clone();
    let paid = tokio::spawn(async move { payer.answer("r-2", &Asked::Submit(100)).await });
    waiting(&database, 1).await;
    let store = Arc::clone(&nodes[0].store);
    let now = store.clock().now();
    let old = now.plus(Duration::from_secs(86_400));
    let horizon = Horizon { now, callbacks: now, refusals: old };
    let tidied = tokio::spawn(async move { store.prune(horizon, 10).await });
    waiting(&database, 2).await;
    introduce(&nodes[1..], "site-2").await;
    holder.let_go();
    assert_eq!(paid.await.expect("it is answered"), Answered::Accepted(2));
    let tidied = tidied.await.expect("it ends").expect("it had its turn");
    assert_eq!(tidied.refusals, 1);
}
