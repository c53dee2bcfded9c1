//! A store opens when everything is right, and says what is wrong otherwise.

use std::sync::Arc;

use rusqlite::Connection;
use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::port::{PayoutFilter, Store};
use vezne_store::sqlite::migrate;
use vezne_store::{MasterKey, OpenOptions, SqliteStore};

use crate::Sqlite;
use crate::support::{Backend, SeededRandom, World};

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
        offline.payouts(PayoutFilter { limit: 9, ..Default::default() }).await.unwrap().len(),
        1
    );
    drop((offline, backend));
}

#[tokio::test]
async fn payouts_of_a_person_are_found() {
    let backend = Sqlite::fresh();
    let store = backend.try_open().expect("it opens");
    assert!(store.payouts_of_person("98765432109").await.expect("it reads").is_empty());
    drop(store);
    let world = World::<Sqlite>::new().await;
    let id = world.accepted("r-1", 100).await;
    let reader =
        SqliteStore::open_read_only(&world.backend.path(), &Sqlite::key()).expect("it opens");
    let found = reader.payouts_of_person("98765432109").await.expect("it reads");
    assert_eq!(found.iter().map(|payout| payout.id).collect::<Vec<PayoutId>>(), [id]);
    assert_eq!(found[0].merchant, MerchantId(1));
    assert!(reader.payouts_of_person("12345678910").await.expect("it reads").is_empty());
    world.finish().await;
}
