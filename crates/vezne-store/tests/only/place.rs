//! A node stays on the cluster, the database and the schema that it works on.

use std::process::Command;

use vezne_store::PostgresOptions;
use vezne_store::postgres::{OpenError, migrate};
use vezne_testbed::{Database, Options, Server, bin, psql};

use crate::support::fleet::Fleet;
use crate::support::postgres::Postgres;
use crate::support::{Backend, FakeClock, NOON, World};

/// Dumps a database of one server into a fresh one of another.
fn restored(from: &Server, to: &Server) {
    let program = bin("pg_dump").expect("PostgreSQL is installed");
    let dump = Command::new(program).arg(from.url("vezne")).output().expect("pg_dump runs");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    to.create_database("vezne").expect("a database");
    let sql = String::from_utf8(dump.stdout).expect("a dump is text");
    psql(&to.url("vezne"), &sql).expect("it is restored");
}

fn payouts(server: &Server) -> String {
    server.sql("vezne", "SELECT count(*) FROM payout").expect("it counts").trim().to_owned()
}

async fn opens(url: &str, home: Option<&str>) -> Result<String, OpenError> {
    let random = std::sync::Arc::new(crate::support::SeededRandom::new(77));
    let options = PostgresOptions { home: home.map(str::to_owned), ..Fleet::options(2) };
    let opened = vezne_store::PostgresStore::open(url, &Postgres::key(), random, &options).await;
    opened.map(|store| store.home().to_owned())
}

#[tokio::test]
async fn a_copy_on_another_cluster_in_the_same_url_is_never_worked_on() {
    let [one, mut two] = [(); 2].map(|()| Server::start(&Options::default()).expect("a server"));
    one.create_database("vezne").expect("a database");
    Fleet::open(&one.url("vezne"), &Fleet::options(2), 1).await.populate(1).await;
    restored(&one, &two);
    let [first, second] = [one.port(), two.port()];
    let both = format!("postgres://vezne@127.0.0.1:{second},127.0.0.1:{first}/vezne");
    // Nobody could tell which is the original.
    assert!(matches!(opens(&both, None).await, Err(OpenError::TwoHomes(_))));
    let home = opens(&one.url("vezne"), None).await.expect("it opens");
    assert_eq!(opens(&both, Some(&home)).await.expect("it opens"), home);
    let other = opens(&two.url("vezne"), Some(&home)).await.map(drop);
    assert!(matches!(other, Err(OpenError::OtherHome { .. })), "{other:?}");
    // While the copy is away the original is known, and stays so when the copy is back.
    two.stop().expect("it stops");
    let fleet = Fleet::open(&both, &Fleet::options(2), 2).await;
    two.start_again().expect("it starts");
    let mut number = 0;
    for _ in 0..10 {
        one.sql(
            "postgres",
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'vezne'",
        )
        .expect("they are ended");
        for _ in 0..4 {
            number += 1;
            let command = vezne_core::engine::submit::SubmitPayout::new(
                fleet.proof(1),
                crate::support::submission(&format!("r-{number}"), 100),
            );
            fleet.engine.run(command).await.expect("it is accepted");
        }
    }
    assert_eq!((payouts(&one), payouts(&two)), (number.to_string(), "0".to_owned()));
}

/// A schema named like the role stands in front of the desk's on the usual path.
async fn in_front(database: &Database) {
    database.sql("CREATE SCHEMA vezne AUTHORIZATION vezne").expect("a schema");
}

async fn stays_where_it_is(options: PostgresOptions) {
    let postgres = Postgres::fresh();
    let world = World::<Postgres>::on(postgres, std::sync::Arc::new(FakeClock::at(NOON))).await;
    world.add(crate::support::merchant("site-1")).await;
    world.top_up(1, 1_000_000).await;
    world.accepted("r-1", 100).await;
    let database = &world.backend.database;
    in_front(database).await;
    // A node that starts now finds the desk, and a second one is not made.
    let url = database.url();
    assert!(migrate::migrate(url, &options).await.expect("it looks").is_empty());
    let another = world.backend.try_open(&options).await.expect("it opens");
    let shared: std::sync::Arc<dyn vezne_core::port::Store> = another;
    let found = shared.payouts(vezne_core::port::PayoutFilter { limit: 9, ..<_>::default() }).await;
    assert_eq!(found.expect("they read").rows.len(), 1);
    // Neither does one that was there before go astray, even when somebody does make tables there.
    let twins = "SET search_path = vezne; CREATE TABLE payout AS TABLE public.payout WITH NO DATA; \
         CREATE TABLE balance AS TABLE public.balance WITH NO DATA; \
         CREATE TABLE merchant_lock AS TABLE public.merchant_lock WITH NO DATA; \
         CREATE TABLE posting AS TABLE public.posting WITH NO DATA";
    psql(url, twins).expect("they are made");
    world.accepted("r-2", 100).await;
    let found = shared.payouts(vezne_core::port::PayoutFilter { limit: 9, ..<_>::default() }).await;
    assert_eq!(found.expect("they read").rows.len(), 2);
    let balances = shared.balances(vezne_core::model::identifier::MerchantId(1)).await;
    assert!(!balances.expect("they read").is_empty());
    let strays =
        "SELECT (SELECT count(*) FROM vezne.payout) + (SELECT count(*) FROM vezne.posting)";
    assert_eq!(database.sql(strays).expect("it counts").trim(), "0");
    drop(shared);
    world.finish().await;
}

/// The counts of the desk are added up, and those of another hand are left alone.
async fn looks_after_its_own(options: PostgresOptions) {
    let postgres = Postgres::fresh();
    let store = postgres.try_open(&options).await.expect("it opens");
    let database = &postgres.database;
    in_front(database).await;
    let lines = "INSERT INTO vezne.tally VALUES ('x', 'y', 1), ('x', 'y', 2); \
         INSERT INTO vezne.commit_mark VALUES ('\\x00', 0, TRUE)";
    let twins = "CREATE TABLE vezne.tally (LIKE public.tally); \
         CREATE TABLE vezne.commit_mark (LIKE public.commit_mark)";
    psql(database.url(), &format!("{twins}; {lines}")).expect("they are made");
    let own = "INSERT INTO public.tally VALUES ('payout', 'settled', 1), ('payout', 'settled', 2)";
    database.sql(own).expect("they are written");
    store.look_after().await.expect("it looks after it");
    let count = |schema: &str, table: &str| {
        let sql = format!("SELECT count(*) FROM {schema}.{table}");
        database.sql(&sql).expect("it counts").trim().to_owned()
    };
    assert_eq!([count("public", "tally"), count("vezne", "tally")], ["1", "2"]);
    assert_eq!(count("vezne", "commit_mark"), "1");
}

#[tokio::test]
async fn only_the_desk_is_looked_after() {
    looks_after_its_own(Postgres::options()).await;
    looks_after_its_own(PostgresOptions { pooler: true, ..Postgres::options() }).await;
}

#[tokio::test]
async fn a_schema_in_front_of_the_desk_is_passed_over() {
    stays_where_it_is(Postgres::options()).await;
}

#[tokio::test]
async fn a_schema_in_front_of_the_desk_is_passed_over_behind_a_pooler() {
    stays_where_it_is(PostgresOptions { pooler: true, ..Postgres::options() }).await;
}

#[tokio::test]
async fn two_desks_on_one_path_are_refused() {
    let postgres = Postgres::fresh();
    drop(postgres.open().await);
    in_front(&postgres.database).await;
    let alone = format!("{}?options=-csearch_path%3Dvezne", postgres.database.url());
    migrate::migrate(&alone, &Postgres::options()).await.expect("it migrates");
    let refused = postgres.try_open(&Postgres::options()).await.map(drop);
    assert!(matches!(refused, Err(OpenError::TwoDesks(_))), "{refused:?}");
}

#[tokio::test]
async fn a_database_that_lacks_characters_is_refused() {
    let server = Server::start(&Options::default()).expect("a server");
    let make = "CREATE DATABASE latin OWNER vezne ENCODING 'LATIN5' LOCALE 'C' TEMPLATE template0";
    server.sql("postgres", make).expect("it is made");
    let refused = opens(&server.url("latin"), None).await.map(drop);
    assert!(
        matches!(&refused, Err(OpenError::Encoding(found)) if found == "LATIN5"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn settings_that_may_lose_a_commit_are_named() {
    let server = Server::start(&Options::default()).expect("a server");
    server.create_database("vezne").expect("a database");
    let lax = vezne_store::postgres::lax_settings(&server.url("vezne"), &Postgres::options()).await;
    assert_eq!(lax.expect("it says so"), ["fsync"]);
}
