//! The proxy breaks connections where it is told to.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use vezne_testbed::{Options, Proxy, Server, psql};

const INSERT: &str = "INSERT INTO t VALUES (1)";

fn behind_a_proxy() -> (Server, Proxy, String) {
    let server = Server::start(&Options::default()).expect("a server");
    server.create_database("d").expect("created");
    psql(&server.url("d"), "CREATE TABLE t (v int)").expect("created");
    let proxy = Proxy::start(SocketAddr::from((Ipv4Addr::LOCALHOST, server.port())));
    let url = proxy.url_through(&server, "d");
    (server, proxy, url)
}

/// How many sessions of the program there are whose last query contains a word.
fn sessions(server: &Server, word: &str) -> String {
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = 'd' AND usename = 'vezne' AND query LIKE '%{word}%'"
    );
    server.sql("postgres", &sql).expect("counted")
}

#[test]
fn a_client_cut_off_after_commit_has_committed() {
    let (server, proxy, url) = behind_a_proxy();
    let transaction = format!("BEGIN; {INSERT}; COMMIT;");
    psql(&url, &transaction).expect("committed");
    proxy.cut_after_commit(1);
    let error = psql(&url, &transaction).expect_err("cut off").to_string();
    assert!(error.contains("connection"), "{error}");
    let is_there = || server.sql("d", "SELECT count(*) FROM t").as_deref() == Ok("2");
    assert!((0..500).any(|_| is_there()), "the COMMIT was forwarded, so the row is there");
    psql(&url, &transaction).expect("committed again");
    assert_eq!((proxy.cuts(), server.sql("d", "SELECT count(*) FROM t").as_deref()), (1, Ok("3")));
}

#[test]
fn every_other_time_the_server_is_cut_off_as_well() {
    let (server, proxy, url) = behind_a_proxy();
    proxy.cut_after_commit(4);
    let cut = |_: &u8| psql(&url, &format!("BEGIN; {INSERT}; COMMIT;")).is_err();
    assert_eq!((0..6).filter(cut).count(), 4);
    assert_eq!(proxy.cuts(), 4);
    assert!((0..500).any(|_| sessions(&server, "") == "0"), "nobody is left");
    let rows: u32 =
        server.sql("d", "SELECT count(*) FROM t").expect("counted").parse().expect("a number");
    assert!((4..=6).contains(&rows), "{rows}");
}

#[test]
fn connections_are_refused_cut_and_delayed() {
    let (server, proxy, url) = behind_a_proxy();
    proxy.refuse(true);
    assert!(psql(&url, "SELECT 1").is_err());
    proxy.refuse(false);
    assert_eq!(psql(&url, "SELECT 1").as_deref(), Ok("1"));
    proxy.delay(Duration::from_millis(20));
    assert_eq!(psql(&url, "SELECT 2").as_deref(), Ok("2"));
    proxy.delay(Duration::ZERO);
    let client = std::thread::spawn(move || psql(&url, "SELECT pg_sleep(60)"));
    assert!((0..500).any(|_| sessions(&server, "pg_sleep") == "1"));
    proxy.cut_all();
    assert!(client.join().expect("no panic").is_err());
    let address = proxy.address();
    drop(proxy);
    assert!(psql(&format!("postgres://vezne@{address}/d"), "SELECT 1").is_err());
}
