//! A store opens when everything is right, and says what is wrong otherwise.

use std::sync::Arc;

use rusqlite::Connection;
use vezne_core::engine::returned::Return;
use vezne_core::engine::seal::ConfirmSeals;
use vezne_core::model::approval::Actor;
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::model::money::Money;
use vezne_core::port::{PayoutFilter, Store};
use vezne_store::sqlite::migrate;
use vezne_store::{MasterKey, OpenOptions, SqliteStore};

use crate::support::sqlite::Sqlite;
use crate::support::{Backend, OLD_KEY_CHECK, SeededRandom, World, refused, submission};

fn raw(backend: &Sqlite) -> Connection {
    Connection::open(backend.path()).expect("it opens")
}

fn refusal(backend: &Sqlite) -> String {
    backend.try_open().err().expect("it does not open").to_string()
}

#[test]
fn a_second_opening_is_refused_and_names_the_process() {
    let backend = Sqlite::fresh();
    let first = backend.try_open().expect("it opens");
    let expected = format!("is open in another vezne process (pid {})", std::process::id());
    assert!(refusal(&backend).contains(&expected), "{}", refusal(&backend));
    assert!(migrate::migrate(&backend.path()).is_err());
    drop(first);
    backend.try_open().expect("it opens again");
}

#[test]
fn a_lock_left_by_a_killed_process_is_no_hindrance() {
    let backend = Sqlite::fresh();
    std::fs::write(backend.path().with_extension("db.lock"), "999999\n").expect("it writes");
    drop(backend.try_open().expect("it opens"));
}

#[test]
fn another_key_is_refused() {
    let backend = Sqlite::fresh();
    drop(backend.try_open().expect("it opens"));
    let (key, random) = (MasterKey::generate([8; 32]), Arc::new(SeededRandom::new(2)));
    let opened = SqliteStore::open(&backend.path(), &key, random, OpenOptions::default());
    let refused = opened.err().expect("it does not open").to_string();
    assert!(refused.contains("another master key"), "{refused}");
    let refused = SqliteStore::open_read_only(&backend.path(), &key).err().expect("nor so");
    assert!(refused.to_string().contains("another master key"), "{refused}");
}

#[test]
fn pending_migrations_are_refused_unless_asked_for() {
    let backend = Sqlite::fresh();
    let open = || {
        let random = Arc::new(SeededRandom::new(1));
        SqliteStore::open(&backend.path(), &Sqlite::key(), random, OpenOptions::default())
    };
    let refused = open().err().expect("there is nothing").to_string();
    assert!(refused.contains("does not exist"), "{refused}");
    std::fs::write(backend.path(), "").expect("it writes");
    let refused = open().err().expect("it is empty").to_string();
    assert!(refused.contains("vezne migrate"), "{refused}");
    let pending = migrate::status(&backend.path()).expect("a status");
    assert!(pending.iter().all(|one| !one.applied));
    assert_eq!(migrate::migrate(&backend.path()).expect("it migrates").len(), pending.len());
    assert!(migrate::migrate(&backend.path()).expect("it migrates").is_empty());
    assert!(migrate::status(&backend.path()).expect("a status").iter().all(|one| one.applied));
    open().expect("it opens now");
}

/// Copies everything that the first migration has room for into a database with that migration
/// alone, and puts it in the place of the first.
fn step_back_to_the_first_schema(backend: &Sqlite) {
    let old = backend.path().with_file_name("old.db");
    let connection = Connection::open(&old).expect("it opens");
    // The tables come in the order of their names.
    connection.execute_batch("PRAGMA foreign_keys = OFF").expect("it is lenient");
    connection
        .execute("ATTACH ? AS whole", [backend.path().to_str().expect("a path")])
        .expect("it is attached");
    let text = |sql: &str| -> String { connection.query_row(sql, [], |row| row.get(0)).unwrap() };
    let memory = text("SELECT sql FROM whole.sqlite_schema WHERE name = 'migration'");
    connection.execute_batch(&memory).expect("a table");
    connection.execute_batch(migrate::MIGRATIONS[0].sql).expect("the first schema");
    let copies = text(
        "SELECT group_concat(format('INSERT INTO main.%s (%s) SELECT %s FROM whole.%s', name, \
                columns, columns, name), ';') FROM ( \
             SELECT t.name, group_concat(c.name) AS columns \
             FROM main.sqlite_schema AS t, pragma_table_info(t.name) AS c \
             WHERE t.type = 'table' GROUP BY t.name)",
    );
    connection.execute_batch(&copies).expect("it is copied");
    connection.execute("DELETE FROM main.migration WHERE number > 1", []).expect("it steps back");
    let check = format!("UPDATE main.meta SET value = x'{OLD_KEY_CHECK}' WHERE name = 'key_check'");
    connection.execute(&check, []).expect("it knows of no seals");
    drop(connection);
    std::fs::rename(&old, backend.path()).expect("it takes the place");
}

#[tokio::test]
async fn what_the_first_schema_held_reads_back_after_the_last() {
    let world = World::<Sqlite>::new().await;
    let waits = world.accepted("r-1", 25_000).await;
    let returned = world.settled("r-2", 1_000).await;
    let (by, reason) = (Actor::Rail, "closed".to_owned());
    world.must(Return { payout: returned, by, reason }).await;
    let sent = world.sending("r-3", 1_000).await;
    assert!(world.submit("r-4", 90_000_000).await.is_err());
    let ids = [waits, returned, sent];
    let mut before = Vec::new();
    for id in ids {
        before.push(world.payout(id).await);
    }
    let merchant = format!("{:?}", world.store.directory().get(MerchantId(1)));
    let (backend, clock) = world.close().await;
    step_back_to_the_first_schema(&backend);
    let applied = || {
        let status = migrate::status(&backend.path()).expect("a status");
        status.iter().map(|one| one.applied).collect::<Vec<_>>()
    };
    let all = migrate::MIGRATIONS.map(|one| one.name);
    assert_eq!(applied(), migrate::MIGRATIONS.map(|one| one.number == 1));
    let done = migrate::migrate(&backend.path()).expect("it migrates");
    assert_eq!(done.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), all[1..]);
    assert!(applied().into_iter().all(|applied| applied));

    let world = World::on(backend, clock).await;
    assert_eq!(format!("{:?}", world.store.directory().get(MerchantId(1))), merchant);
    for (id, mut before) in ids.into_iter().zip(before) {
        let payout = world.payout(id).await;
        // Its rail knows it by its id and the second it was made in.
        let seconds = before.created_at.seconds();
        before.rail_key = Some(format!("VZ{:010}T{seconds:X}", id.0));
        assert_eq!(format!("{payout:?}"), format!("{before:?}"));
        assert_eq!(payout.receiver_commission, Money::zero(payout.amount.currency()));
        assert_eq!(payout.callback_to, CallbackTarget::Merchant);
        assert_eq!((payout.note, payout.beneficiary), (before.note, before.beneficiary));
    }
    let again = world.submit("r-1", 25_000).await.expect("it is the same");
    assert!(again.replayed);
    let (after, limit, sealed, by) = (PayoutId(0), 9, 0, Actor::System);
    let reason = "compared".to_owned();
    let done = world.must(ConfirmSeals { after, limit, sealed, by, reason }).await;
    assert_eq!((done.sealed, done.next), (3, None));
    world.pay(sent).await;
    let (_, replayed) = refused(world.submit("r-4", 90_000_000).await);
    assert!(replayed);
    // What is new works on it.
    let mut given = submission("r-5", 1_000);
    given.callback_to = CallbackTarget::Nowhere;
    world.edit(1, |merchant| merchant.terms[0].receiver_commission.fixed_minor = 5).await;
    let new = world.must(world.command(given)).await.payout;
    world.send(new).await;
    world.pay(new).await;
    world.finish().await;
}

#[test]
fn an_altered_migration_is_refused() {
    let backend = Sqlite::fresh();
    drop(backend.try_open().expect("it opens"));
    raw(&backend).execute("UPDATE migration SET sha256 = 'x'", []).expect("it writes");
    assert!(refusal(&backend).contains("is not the one of this program"), "{}", refusal(&backend));
}

#[test]
fn a_newer_schema_is_refused() {
    let backend = Sqlite::fresh();
    drop(backend.try_open().expect("it opens"));
    raw(&backend)
        .execute("INSERT INTO migration VALUES (99, 'future', 'x', 0)", [])
        .expect("it writes");
    assert!(refusal(&backend).contains("written by a newer vezne"), "{}", refusal(&backend));
}

#[test]
fn a_strange_database_is_refused() {
    let backend = Sqlite::fresh();
    raw(&backend).execute_batch("CREATE TABLE photo (name TEXT)").expect("it writes");
    assert!(refusal(&backend).contains("not one of vezne"), "{}", refusal(&backend));
    std::fs::write(backend.path(), "no database at all, and long enough to be read".repeat(99))
        .expect("it writes");
    assert!(!refusal(&backend).is_empty());
}

#[test]
fn the_incarnation_stays_and_the_file_is_private() {
    let backend = Sqlite::fresh();
    let incarnation = backend.try_open().expect("it opens").incarnation().to_owned();
    assert_eq!(incarnation.len(), 32);
    assert_eq!(backend.try_open().expect("it opens").incarnation(), incarnation);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(backend.path()).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_reader_works_beside_the_writer_and_writes_nothing() {
    let world = World::<Sqlite>::new().await;
    let path = world.backend.path();
    let reader = SqliteStore::open_read_only(&path, &Sqlite::key()).expect("it opens");
    let id = world.accepted("r-1", 100).await;
    let read = reader.payout(id).await.expect("it reads").expect("it is there");
    assert_eq!(read.note, b"CANARY-NOTE \x00\xff");
    assert_eq!(reader.directory().iter().count(), 1);
    let store: Arc<dyn Store> = reader;
    let clock = Arc::new(crate::support::FakeClock::at(0));
    let (engine, runner) = vezne_core::engine::Engine::new(
        Arc::clone(&store),
        clock,
        vezne_core::engine::Limits::default(),
        vezne_core::engine::Bells::default(),
    );
    let runner = tokio::spawn(runner.run());
    let refused = engine.run(crate::support::top_up(1, 5)).await.expect_err("it cannot");
    assert!(refused.to_string().contains("reading only"), "{refused}");
    drop((engine, store));
    runner.await.expect("it ends");
    let backend = world.finish().await;
    let offline = SqliteStore::open_read_only(&path, &Sqlite::key()).expect("it opens offline");
    assert_eq!(
        offline.payouts(PayoutFilter { limit: 9, ..Default::default() }).await.unwrap().rows.len(),
        1
    );
    drop((offline, backend));
}

#[tokio::test]
async fn payouts_of_a_person_are_found() {
    let backend = Sqlite::fresh();
    let store = backend.try_open().expect("it opens");
    assert!(store.payouts_of_person("98765432109").await.expect("it reads").rows.is_empty());
    drop(store);
    let world = World::<Sqlite>::new().await;
    let id = world.accepted("r-1", 100).await;
    let reader =
        SqliteStore::open_read_only(&world.backend.path(), &Sqlite::key()).expect("it opens");
    let found = reader.payouts_of_person("98765432109").await.expect("it reads").rows;
    assert_eq!(found.iter().map(|payout| payout.id).collect::<Vec<PayoutId>>(), [id]);
    assert_eq!(found[0].merchant, MerchantId(1));
    assert!(reader.payouts_of_person("12345678910").await.expect("it reads").rows.is_empty());
    world.finish().await;
}
