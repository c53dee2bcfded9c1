//! A desk that moves from SQLite to PostgreSQL: all of it, once, and at work in one place only.

use std::net::SocketAddr;

use vezne_core::engine::approve::Approve;
use vezne_core::engine::dispatch::Task;
use vezne_core::model::approval::Actor;
use vezne_core::model::payout::PayoutState;
use vezne_core::model::quarantine::{DeskState, Marker};
use vezne_core::port::{CallbackFilter, PayoutFilter, Store};
use vezne_store::copy::{self, Compared, Copied, CopyError, Progress, Source, Target};
use vezne_store::sqlite::moved;
use vezne_store::{MasterKey, PostgresOptions, SqliteStore};
use vezne_testbed::Proxy;

use crate::contract::histories::history;
use crate::contract::restart::every_state;
use crate::contract::{channels, merchants, token_keys};
use crate::support::postgres::Postgres;
use crate::support::sqlite::Sqlite;
use crate::support::{Backend, SeededRandom, World};

/// How the target is called in the mark that the file keeps.
const SHOWN: &str = "db.example/desk";

/// A desk with something in every table: a history, and around it what no history makes.
async fn rich(seed: u64) -> World<Sqlite> {
    let world = history::<Sqlite>(seed).await;
    world.add(merchants::full()).await;
    world.must(channels::put(channels::full())).await;
    for id in ["c", "a"] {
        world.must(token_keys::rotate(id)).await;
        world.clock.advance(3 * crate::support::HOUR);
    }
    world
}

/// All that a store tells, secrets and personal facts included.
async fn all(store: &dyn Store) -> Vec<String> {
    let mut all = vec![format!("{:?}", store.overview().await.unwrap())];
    let filter = PayoutFilter { limit: 1_000, ..PayoutFilter::default() };
    for payout in store.payouts(filter).await.unwrap().rows {
        let person = &payout.beneficiary;
        let secret = [&person.identity, &person.birth_date].map(|one| {
            let exposed = one.as_ref().map(|personal| personal.expose().to_owned());
            exposed.unwrap_or_default()
        });
        all.push(format!("{payout:?} {secret:?} {:?}", payout.note));
        all.push(format!("{:?}", store.trail(payout.id).await.unwrap()));
        all.push(format!("{:?}", store.entries(payout.id).await.unwrap()));
    }
    let filter = CallbackFilter { limit: 1_000, ..CallbackFilter::default() };
    for callback in store.callbacks(filter).await.unwrap().rows {
        all.push(format!("{callback:?} {:?}", callback.body));
        all.push(format!("{:?}", store.attempts(callback.id).await.unwrap()));
    }
    let directory = store.directory();
    for merchant in directory.iter() {
        all.push(format!("{merchant:?} {:?}", merchants::secrets(merchant)));
        all.push(format!("{:?}", store.balances(merchant.id).await.unwrap()));
    }
    all.extend(directory.channels().map(|channel| format!("{channel:?}")));
    for key in &*directory.token_keys() {
        all.push(format!("{key:?} {}", key.private.expose()));
    }
    all
}

fn target_at<'t>(url: &'t str, options: &'t PostgresOptions) -> Target<'t> {
    Target { url, options, shown: SHOWN }
}

/// Copies, and calls a function at each step.
async fn copy_telling(
    from: &Sqlite,
    url: &str,
    tell: &mut dyn FnMut(Progress),
) -> Result<Copied, CopyError> {
    let seen = state(from).await.map(|state| Marker::of(&state));
    copy_seen(from, url, seen.as_ref(), tell).await
}

/// Copies what a node has seen so much of.
async fn copy_seen(
    from: &Sqlite,
    url: &str,
    marker: Option<&Marker>,
    tell: &mut dyn FnMut(Progress),
) -> Result<Copied, CopyError> {
    let (options, random) = (Postgres::options(), SeededRandom::new(99));
    let (key, path) = (Sqlite::key(), from.path());
    let source = Source { path: &path, key: &key, marker };
    copy::sqlite_to_postgres(source, target_at(url, &options), &random, tell).await
}

/// What a file knows of its desk; nothing where none opens.
async fn state(of: &Sqlite) -> Option<DeskState> {
    let store = SqliteStore::open_read_only(&of.path(), &Sqlite::key()).ok()?;
    Some(store.desk_state().await.expect("it reads"))
}

async fn try_copy(from: &Sqlite, to: &Postgres) -> Result<Copied, CopyError> {
    copy_telling(from, to.database.url(), &mut |_| {}).await
}

async fn compare(from: &Sqlite, to: &Postgres) -> Compared {
    let options = Postgres::options();
    let to = target_at(to.database.url(), &options);
    let source = Source { path: &from.path(), key: &Sqlite::key(), marker: None };
    copy::compare(source, to, &mut |_| {}).await.expect("both are read")
}

fn refusal(answer: Result<Copied, CopyError>) -> String {
    answer.expect_err("it is not copied").to_string()
}

/// The names of tables whose two sides differ, and of what the desk says of itself.
fn different(compared: &Compared) -> Vec<&'static str> {
    let tables = compared.tables.iter().filter(|table| !table.is_same()).map(|table| table.name);
    let facts = compared.desk.iter().filter(|fact| !fact.is_same()).map(|fact| fact.name);
    let all: Vec<_> = tables.chain(facts).collect();
    assert_eq!(compared.is_same(), all.is_empty());
    all
}

async fn moves_whole(world: World<Sqlite>) {
    let before = all(&*world.store).await;
    let (source, clock) = world.close().await;
    let target = Postgres::fresh();
    let copied = try_copy(&source, &target).await.expect("it is copied");
    assert!(copied.rows > 0 && !copied.was_there, "{copied:?}");
    let compared = compare(&source, &target).await;
    assert_eq!(different(&compared), Vec::<&str>::new());
    let rows: u64 = compared.tables.iter().map(|table| table.target.rows).sum();
    assert_eq!(rows, copied.rows);
    let months = target.database.sql("SELECT count(*) FROM ONLY payout_default").unwrap();
    assert_eq!(months.trim(), "0", "every row has the partition of its month");

    let world = World::on(target, clock).await;
    assert_eq!(all(&*world.store).await, before);
    goes_on(&world).await;
    world.finish().await;
}

/// New work gets new ids, in the order of those before.
async fn goes_on(world: &World<Postgres>) {
    let last = |column: &str, table: &str| -> i64 {
        let sql = format!("SELECT coalesce(max({column}), 0) FROM {table}");
        world.backend.database.sql(&sql).unwrap().trim().parse().unwrap()
    };
    world.edit(1, |merchant| merchant.policy.approve_below_minor = None).await;
    world.edit(1, |merchant| merchant.day_limit_minor = None).await;
    let (payout, entry, trail) =
        (last("id", "payout"), last("entry_id", "posting"), last("id", "trail"));
    world.top_up(1, 9_000_000).await;
    let new = world.accepted("after the move", 100).await;
    assert_eq!(new.0, payout + 1);
    world.must(Approve { payout: new, by: Actor::Operator("ayse".into()) }).await;
    // What was due before the move is claimed with it.
    let tasks = world.claim().await;
    assert!(tasks.iter().any(|task| matches!(task, Task::Send(payout) if payout.id == new)));
    world.pay(new).await;
    assert!(last("entry_id", "posting") > entry && last("id", "trail") > trail);
    let replayed = world.submit("after the move", 100).await.expect("it is the same");
    assert!(replayed.replayed);
    assert!(matches!(world.payout(new).await.state, PayoutState::Settled { .. }));
}

#[tokio::test]
async fn a_desk_with_every_state_moves_whole() {
    moves_whole(every_state::<Sqlite>().await).await;
}

#[tokio::test]
async fn desks_with_a_history_move_whole() {
    for seed in 0..4 {
        moves_whole(rich(seed).await).await;
    }
}

/// What the node has seen decides, and what it has not.
#[tokio::test]
async fn a_restored_copy_is_in_quarantine_on_the_other_side() {
    let source = small().await;
    let known = state(&source).await.expect("it opens");
    assert_eq!((known.claims, &known.quarantine), (1, &None));
    let agrees = Marker::of(&known);
    let ahead = Marker { claims: 2, ..agrees.clone() };
    let other = Marker { incarnation: "another".to_owned(), ..agrees.clone() };
    for (marker, reason) in [
        (Some(agrees), None),
        (Some(ahead), Some("it is at claim 1, and this node has seen claim 2")),
        (Some(other), Some("this is another database than the one this node worked on")),
        (None, Some("it is at claim 1, and this directory has no marker of it")),
    ] {
        let (source, target) = (small().await, Postgres::fresh());
        let url = target.database.url();
        let marker = match marker {
            // Each file has an incarnation of its own.
            Some(marker) if marker.incarnation == known.incarnation => {
                let incarnation = state(&source).await.expect("it opens").incarnation;
                Some(Marker { incarnation, ..marker })
            }
            marker => marker,
        };
        let copied = copy_seen(&source, url, marker.as_ref(), &mut |_| {}).await.expect("it goes");
        assert_eq!(copied.source.quarantine.as_ref().map(|one| one.reason.as_str()), reason);
        assert_eq!(copied.suspected, reason.is_some());
        assert_eq!(different(&compare(&source, &target).await), Vec::<&str>::new());
        let there = target.try_open(&Postgres::options()).await.expect("it opens");
        let state = there.desk_state().await.expect("it reads");
        assert_eq!(state.quarantine, copied.source.quarantine);
        assert_eq!((state.claims, state.releases), (1, 0));
        assert_eq!(state.doubtful_until, copied.source.quarantine.map(|one| one.since));
        assert!(target.audit().is_clean());
    }
}

/// A small desk, closed.
async fn small() -> Sqlite {
    let world = World::<Sqlite>::new().await;
    world.settled("r-1", 1_000).await;
    world.accepted("r-2", 1_000).await;
    world.close().await.0
}

fn moved_text(source: &Sqlite) -> String {
    source.try_open().err().expect("it does not open").to_string()
}

#[tokio::test]
async fn a_desk_that_moved_opens_no_more_and_names_where_it_went() {
    let (source, target) = (small().await, Postgres::fresh());
    let here = source.try_open().expect("it opens").incarnation().to_owned();
    try_copy(&source, &target).await.expect("it is copied");
    assert!(moved_text(&source).starts_with("this desk moved to db.example/desk on 20"));
    let looked = SqliteStore::open_read_only(&source.path(), &Sqlite::key());
    assert!(looked.err().expect("nor so").to_string().contains("store.url"));
    let there = target.try_open(&Postgres::options()).await.expect("it opens");
    assert!(there.incarnation().len() == 32 && there.incarnation() != here);

    // Again to the same place: all is there. To another one, whatever its name: not from here.
    let again = try_copy(&source, &target).await.expect("nothing is to be done");
    assert_eq!((again.rows, again.was_there), (0, true));
    let elsewhere = Postgres::fresh();
    let options = Postgres::options();
    for shown in ["elsewhere", SHOWN] {
        let to = Target { shown, ..target_at(elsewhere.database.url(), &options) };
        let random = SeededRandom::new(98);
        let from = Source { path: &source.path(), key: &Sqlite::key(), marker: None };
        let answer = copy::sqlite_to_postgres(from, to, &random, &mut |_| {}).await;
        assert!(refusal(answer).contains("moved to db.example/desk"));
    }
    let mark = moved::undo(&source.path()).expect("it is taken away").expect("it was there");
    assert_eq!((mark.to.as_str(), mark.incarnation.as_str()), (SHOWN, there.incarnation()));
    source.try_open().expect("it opens again");
}

#[tokio::test]
async fn what_cannot_be_copied_is_refused_in_words() {
    let (source, target) = (small().await, Postgres::fresh());
    let held = source.try_open().expect("it opens");
    assert!(refusal(try_copy(&source, &target).await).contains("open in another vezne process"));
    drop(held);
    let (options, random) = (Postgres::options(), SeededRandom::new(97));
    let to = target_at(target.database.url(), &options);
    let other = MasterKey::generate([8; 32]);
    let from = Source { path: &source.path(), key: &other, marker: None };
    let copied = copy::sqlite_to_postgres(from, to, &random, &mut |_| {}).await;
    assert!(refusal(copied).contains("another master key"));
    assert!(refusal(try_copy(&Sqlite::fresh(), &target).await).contains("does not exist"));
    let empty = Sqlite::fresh();
    vezne_store::sqlite::migrate::migrate(&empty.path()).expect("it migrates");
    assert!(refusal(try_copy(&empty, &target).await).contains("no desk was begun"));

    let migrated = vezne_store::postgres::migrate::migrate(target.database.url(), &options).await;
    assert!(!migrated.expect("it migrates").is_empty());
    target.database.sql("CREATE TABLE more (id bigint)").unwrap();
    assert!(refusal(try_copy(&source, &target).await).contains("(more)"));
    target.database.sql("DROP TABLE more").unwrap();
    let used = Postgres::fresh();
    drop(used.try_open(&options).await.expect("it opens"));
    let refused = refusal(try_copy(&source, &used).await);
    assert!(refused.contains("not empty: it has rows in meta") && refused.contains("createdb"));
    source.try_open().expect("nothing was marked");
}

#[tokio::test]
async fn a_copy_that_is_cut_off_leaves_an_empty_target_that_is_filled_the_next_time() {
    let source = rich(1).await.close().await.0;
    let target = Postgres::fresh();
    for table in ["merchant", "payout", "trail"] {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND application_name = 'vezne'";
        let mut tell = |now: Progress| {
            if now.table == table {
                target.database.sql(cut).unwrap();
            }
        };
        let answer = copy_telling(&source, target.database.url(), &mut tell).await;
        let words = refusal(answer);
        assert!(words.contains("nothing"), "{table}: {words}");
        let rows = "SELECT (SELECT count(*) FROM merchant) + (SELECT count(*) FROM payout)";
        assert_eq!(target.database.sql(rows).unwrap().trim(), "0", "{table}");
    }
    drop(source.try_open().expect("it opens as before"));
    try_copy(&source, &target).await.expect("it is copied");
    assert_eq!(different(&compare(&source, &target).await), Vec::<&str>::new());
}

/// The answer to the commit is lost: first after the server had finished, then perhaps before.
#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_found_out_about() {
    let mut first = None;
    for _ in 0..2 {
        let (source, target) = (small().await, Postgres::fresh());
        let (head, rest) = target.database.url().split_once('@').expect("a URL with a user");
        let (address, tail) = rest.split_once('/').expect("a URL with a database");
        let proxy: &Proxy = first
            .get_or_insert_with(|| Proxy::start(address.parse::<SocketAddr>().expect("a number")));
        let through = format!("{head}@{}/{tail}", proxy.address());
        let mut tell = |now: Progress| {
            if now.table == "trail" {
                proxy.cut_after_commit(1);
            }
        };
        let words = refusal(copy_telling(&source, &through, &mut tell).await);
        assert!(words.contains("run the same command again"), "{words}");
        let text = moved_text(&source);
        assert!(text.contains("moved to"), "it is not live in two places: {text}");
        try_copy(&source, &target).await.expect("it is there, or it is copied now");
        assert_eq!(different(&compare(&source, &target).await), Vec::<&str>::new());
        let there = target.try_open(&Postgres::options()).await.expect("it opens");
        let mark = moved::undo(&source.path()).unwrap().expect("it moved");
        assert_eq!(mark.incarnation, there.incarnation());
    }
}

#[tokio::test]
async fn what_differs_after_the_copy_is_found() {
    let source = rich(2).await.close().await.0;
    let target = Postgres::fresh();
    try_copy(&source, &target).await.expect("it is copied");
    let change = |sql: &str| {
        let all = format!("SET session_replication_role = replica; {sql}");
        target.database.sql(&all).unwrap();
    };
    for (what, away, back) in [
        (
            "merchant",
            "UPDATE merchant SET name = name || ' '",
            "UPDATE merchant SET name = left(name, -1)",
        ),
        (
            "payout",
            "UPDATE payout SET amount_minor = amount_minor + 1",
            "UPDATE payout SET amount_minor = amount_minor - 1",
        ),
        (
            "balance",
            "UPDATE balance SET minor = minor + 1 WHERE account = 'held'",
            "UPDATE balance SET minor = minor - 1 WHERE account = 'held'",
        ),
        (
            "access",
            "UPDATE access SET key = set_byte(key, 9, get_byte(key, 9) # 1)",
            "UPDATE access SET key = set_byte(key, 9, get_byte(key, 9) # 1)",
        ),
        ("posting", "UPDATE posting SET line = line + 1", "UPDATE posting SET line = line - 1"),
        (
            "trail",
            "INSERT INTO trail OVERRIDING SYSTEM VALUE SELECT merchant_id, -id, at, payout_id, callback_id, actor, action, detail FROM trail LIMIT 1",
            "DELETE FROM trail WHERE id < 0",
        ),
        (
            "claims",
            "UPDATE desk_state SET claims = claims + 1",
            "UPDATE desk_state SET claims = claims - 1",
        ),
    ] {
        change(away);
        assert_eq!(different(&compare(&source, &target).await), [what]);
        change(back);
    }
    // What its seal stands for reads as altered, whichever part of it was.
    for altered in [
        "releases = releases + 1",
        "quarantined_at = 1, reason = 'of another hand'",
        "doubtful_until = coalesce(doubtful_until, 0) + 1",
        "seal = set_byte(seal, 3, get_byte(seal, 3) # 1)",
        "seal = NULL",
    ] {
        change("CREATE TABLE kept AS TABLE desk_state");
        change(&format!("UPDATE desk_state SET {altered}"));
        let found = different(&compare(&source, &target).await);
        assert!(found.starts_with(&["its own word", "releases"]), "{altered}: {found:?}");
        change(
            "UPDATE desk_state AS d SET releases = k.releases, reason = k.reason, seal = k.seal, \
             quarantined_at = k.quarantined_at, doubtful_until = k.doubtful_until FROM kept AS k; \
             DROP TABLE kept",
        );
    }
    // Another desk's incarnation: it is not the one that the file moved to.
    let flip = "UPDATE meta SET value = set_byte(value, 9, get_byte(value, 9) # 1) \
         WHERE name = 'incarnation'";
    change(flip);
    let found = different(&compare(&source, &target).await);
    assert!(found.starts_with(&["incarnation", "its own word"]), "{found:?}");
    change(flip);
    assert_eq!(different(&compare(&source, &target).await), Vec::<&str>::new());
}
