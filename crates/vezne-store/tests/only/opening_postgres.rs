//! What stops a PostgreSQL database from being opened, and what does not.

use vezne_store::MasterKey;
use vezne_store::PostgresOptions;
use vezne_store::PostgresStore;
use vezne_store::postgres::{OpenError, migrate};
use vezne_testbed::Bouncer;

use std::sync::Arc;

use crate::support::postgres::Postgres;
use crate::support::{Backend, SeededRandom, World};

/// The name of an error, for tables.
fn name(error: &OpenError) -> String {
    let text = format!("{error:?}");
    text.split([' ', '(']).next().unwrap_or_default().to_owned()
}

async fn opens(postgres: &Postgres) -> Result<(), String> {
    let options = PostgresOptions { migrate: false, ..Postgres::options() };
    postgres.try_open(&options).await.map(drop).map_err(|error| name(&error))
}

#[tokio::test]
async fn a_schema_is_taken_or_refused_for_what_it_is() {
    let later = "INSERT INTO migration (number, name, sha256, needs) VALUES (99, 'later', '', ";
    for (sql, wanted) in [
        ("SELECT 1".to_owned(), Ok(())),
        // A later release has only added something: this one goes on beside it.
        (format!("{later} 1)"), Ok(())),
        (format!("{later} 99)"), Err("NewerSchema")),
        ("UPDATE migration SET sha256 = 'x' WHERE number = 1".to_owned(), Err("AlteredMigration")),
        ("DELETE FROM migration".to_owned(), Err("MigrationsPending")),
    ] {
        let postgres = Postgres::fresh();
        drop(postgres.open().await);
        postgres.database.sql(&sql).expect("it is SQL");
        assert_eq!(opens(&postgres).await, wanted.map_err(str::to_owned), "{sql}");
    }
}

#[tokio::test]
async fn what_is_not_ours_is_left_alone() {
    let postgres = Postgres::fresh();
    assert_eq!(opens(&postgres).await, Err("MigrationsPending".to_owned()));
    postgres.database.sql("CREATE TABLE stamps (id BIGINT)").expect("it is SQL");
    let error = postgres.try_open(&Postgres::options()).await.map(drop).expect_err("it is not");
    assert_eq!(name(&error), "NotOurs");
    let tables =
        postgres.database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
    assert_eq!(tables.expect("it is SQL").trim(), "1");
}

#[tokio::test]
async fn another_key_opens_nothing() {
    let postgres = Postgres::fresh();
    drop(postgres.open().await);
    let (key, random) = (MasterKey::generate([8; 32]), Arc::new(SeededRandom::new(99)));
    let url = postgres.database.url();
    let opened = PostgresStore::open(url, &key, random, &Postgres::options()).await;
    assert_eq!(opened.map(drop).map_err(|error| name(&error)), Err("WrongKey".to_owned()));
}

/// What is set for a session would be somebody else's, and nobody would know why the desk fails.
#[tokio::test]
async fn a_pooler_that_nobody_has_told_of_is_found_out_at_once() {
    let postgres = Postgres::fresh();
    for (mode, pooler, wanted) in [
        ("transaction", false, Err("Pooler")),
        ("transaction", true, Ok(())),
        ("session", false, Ok(())),
        ("transaction", false, Err("Pooler")),
    ] {
        let bouncer = Bouncer::before(postgres.database.url(), mode).expect("a pooler");
        let options = PostgresOptions { pooler, ..Postgres::options() };
        let (key, random) = (Postgres::key(), Arc::new(SeededRandom::new(5)));
        let opened = PostgresStore::open(bouncer.url(), &key, random, &options).await;
        let opened = opened.map(drop).map_err(|error| name(&error));
        assert_eq!(opened, wanted.map_err(str::to_owned), "{mode}, pooler = {pooler}");
    }
}

#[tokio::test]
async fn programs_that_start_together_migrate_once() {
    let postgres = Postgres::fresh();
    let (url, options) = (postgres.database.url().to_owned(), Postgres::options());
    let start = || {
        let (url, options) = (url.clone(), options.clone());
        tokio::spawn(async move { migrate::migrate(&url, &options).await })
    };
    let all = [start(), start(), start(), start()];
    let mut applied = 0;
    for one in all {
        applied += one.await.expect("no panic").expect("it migrates").len();
    }
    let known = migrate::status(&url, &options).await.expect("a status");
    assert_eq!(applied, known.len());
    assert!(known.iter().all(|one| one.applied));
    World::<Postgres>::on(postgres, Arc::new(crate::support::FakeClock::at(crate::support::NOON)))
        .await
        .finish()
        .await;
}
