//! Servers really start, are broken, and come back.

use std::time::{Duration, Instant};

use vezne_testbed::{Database, Error, Options, Server, psql};

const WRITE: &str = "CREATE TABLE IF NOT EXISTS t (v int); INSERT INTO t VALUES (1)";
const COUNT: &str = "SELECT count(*) FROM t";

fn start() -> Server {
    Server::start(&Options::default()).expect("a server")
}

#[track_caller]
fn rows(server: &Server, expected: &str) {
    assert_eq!(server.sql("postgres", COUNT).as_deref(), Ok(expected));
}

fn set(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "it is the real time that has to be short")]
fn a_start_is_quick() {
    let begin = Instant::now();
    let server = start();
    let took = begin.elapsed();
    println!("started in {took:?}");
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert_eq!(server.sql("postgres", "SHOW fsync").as_deref(), Ok("off"));
    assert_eq!(server.sql("postgres", "SHOW max_connections").as_deref(), Ok("200"));
}

#[test]
fn the_role_of_the_program_makes_databases_and_no_more() {
    let server = start();
    let role = "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user";
    assert_eq!(psql(&server.url("postgres"), role).as_deref(), Ok("f|t"));
    server.create_database("a \"b\"").expect("created");
    assert!(server.create_database("a \"b\"").is_err());
    server.drop_database("a \"b\"").expect("dropped");
    server.create_database("mine").expect("created");
    assert_eq!(psql(&server.url("mine"), "CREATE TABLE t (v int)").as_deref(), Ok(""));
    let error = server.sql("mine", "SELECT 1; SELECT nothing").expect_err("no column");
    assert!(error.to_string().contains("\"nothing\" does not exist"), "{error}");
}

#[test]
fn settings_are_set_at_the_start_and_later() {
    let settings = vec![set("max_connections", "33"), set("log_line_prefix", "it's %p ")];
    let server = Server::start(&Options { fsync: true, settings }).expect("a server");
    let show = |name| server.sql("postgres", &format!("SHOW {name}")).expect("shown");
    assert_eq!(["fsync", "max_connections", "log_line_prefix"].map(show), ["on", "33", "it's %p"]);
    server.configure("synchronous_commit", "off").expect("configured");
    assert_eq!(show("synchronous_commit"), "off");
    assert!(server.configure("synchronous_comet", "off").is_err());
    let settings = vec![set("nonsense", "1")];
    let error = Server::start(&Options { fsync: true, settings }).err().expect("no server");
    assert!(error.to_string().contains("nonsense"), "{error}");
}

#[test]
fn what_was_committed_survives_a_kill_and_a_stop() {
    let mut server = start();
    let (port, data) = (server.port(), server.data().to_owned());
    for (at, end) in [Server::kill, Server::stop, Server::kill].into_iter().enumerate() {
        server.sql("postgres", WRITE).expect("written");
        end(&mut server).expect("ended");
        assert!(server.sql("postgres", "SELECT 1").is_err() && end(&mut server).is_err());
        server.start_again().expect("started");
        assert!(server.start_again().is_err());
        assert_eq!((server.port(), server.data()), (port, &*data));
        rows(&server, &(at + 1).to_string());
    }
    drop(server);
    assert!(!data.exists());
}

#[test]
fn a_frozen_server_goes_on_where_it_was() {
    let server = start();
    server.freeze().expect("frozen");
    let url = server.admin_url("postgres");
    let client = std::thread::spawn(move || psql(&url, "SELECT 7"));
    std::thread::sleep(Duration::from_millis(200));
    assert!(!client.is_finished());
    server.thaw().expect("thawed");
    assert_eq!(client.join().expect("no panic").as_deref(), Ok("7"));
    server.freeze().expect("frozen");
    let data = server.data().to_owned();
    drop(server);
    assert!(!data.exists());
}

#[test]
fn a_standby_takes_over_and_the_old_primary_comes_back() {
    let mut old = start();
    let new = old.standby("second", &Options::default()).expect("a standby");
    old.configure("synchronous_standby_names", "second").expect("configured");
    old.configure("synchronous_commit", "remote_apply").expect("configured");
    old.sql("postgres", WRITE).expect("written");
    rows(&new, "1");
    assert!(new.sql("postgres", WRITE).is_err(), "a standby takes no writes");
    // What only the old primary has is undone.
    old.sql("postgres", &format!("SET synchronous_commit = local; {WRITE}")).expect("written");
    new.freeze().expect("frozen");
    old.sql("postgres", &format!("SET synchronous_commit = local; {WRITE}")).expect("written");
    old.kill().expect("killed");
    new.thaw().expect("thawed");
    new.promote().expect("promoted");
    let before = new.sql("postgres", COUNT).expect("counted");
    new.sql("postgres", WRITE).expect("written");
    old.rewind_from(&new, "first").expect("rewound");
    let sync = "SELECT application_name, state FROM pg_stat_replication";
    assert_eq!(new.sql("postgres", sync).as_deref(), Ok("first|streaming"));
    let after = before.parse::<u32>().expect("a number") + 1;
    let follows = || old.sql("postgres", COUNT).as_deref() == Ok(&after.to_string());
    assert!((0..500).any(|_| follows()));
    assert!(old.promote().is_ok() && old.sql("postgres", WRITE).is_ok());
}

#[test]
fn every_database_is_a_fresh_one() -> Result<(), Error> {
    let (one, other) = (Database::fresh()?, Database::fresh()?);
    assert_ne!(one.name(), other.name());
    one.sql(WRITE)?;
    assert!(other.sql(COUNT).is_err());
    assert_eq!(
        psql(one.url(), "SELECT current_user, current_database()")?,
        format!("vezne|{}", one.name())
    );
    assert_eq!(psql(one.admin_url(), "SELECT current_user")?, "postgres");
    let exists = format!("SELECT count(*) FROM pg_database WHERE datname = '{}'", one.name());
    assert_eq!(other.sql(&exists)?, "1");
    drop(one);
    assert_eq!(other.sql(&exists)?, "0");
    Ok(())
}
