//! A disk that is full stops the desk and loses nothing: what could not be kept was not accepted.

use std::fs::File;
use std::io::Write as _;

use vezne_wire::bankopay::Service;

use crate::support::http::Connection;
use crate::support::program::Program;
use crate::support::{Ask, KEY, path};

/// More than the log can take without a new block.
const TRIES: usize = 400;

#[tokio::test]
async fn a_desk_on_a_full_disk_is_not_ready_and_goes_on_once_there_is_room() {
    let program = Program::on_file("");
    let Some(server) = program.serve_on_a_disk("160m") else {
        println!("skipped: this machine lets nobody mount a disk");
        return;
    };
    let run = |arguments: &[&str]| program.ok_beside(&server, arguments);
    run(&["merchant", "add", "Shop", "--site-id", "1001", "--site-key", KEY]);
    run(&["merchant", "top-up", "1001", "900000.00"]);
    let ready = async || {
        let mut operations = Connection::open(program.operations).await;
        let answer = operations.send("GET", "/readyz", "", b"").await;
        (answer.status, answer.body)
    };
    let ask = async |trx: &str| {
        let mut shop = Connection::open(server.address).await;
        shop.post(&path(Service::BankTransfer), Ask::bank(trx, "250.00").body()).await.code()
    };
    assert_eq!(ask("w0").await, 200);
    assert_eq!(ready().await, (200, "ready\n".to_owned()));

    let seen = format!("/proc/{}/root{}/filler", server.process(), program.directory().display());
    let mut filler = File::create(&seen).expect("the server's disk is seen");
    while filler.write_all(&[0; 4_096]).is_ok() {}
    let mut refused = None;
    for number in 1..TRIES {
        let trx = format!("w{number}");
        if ask(&trx).await != 200 {
            refused = Some((number, trx));
            break;
        }
    }
    let (number, refused) = refused.expect("the disk is full, and all were accepted");
    let (status, words) = ready().await;
    assert_eq!(status, 503, "{words}");
    assert!(words.starts_with("the store takes no commit: "), "{words}");
    assert_ne!(ask(&refused).await, 200);

    drop(filler);
    std::fs::remove_file(&seen).expect("it was there");
    assert_eq!(ready().await, (200, "ready\n".to_owned()));
    assert_eq!(ask(&refused).await, 200, "what was refused for want of room is taken");
    let mut metrics = Connection::open(program.operations).await;
    let page = metrics.send("GET", "/metrics", "", b"").await.body;
    for name in ["vezne_commits_undone_total", "vezne_disk_free_bytes", "vezne_commits_total"] {
        let found = page.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        assert!(found.is_some_and(|count: u64| count > 0), "{name}: {found:?}");
    }
    let listed = run(&["--json", "payout", "list", "--limit", "1000"]).json();
    let payouts = listed[0]["payouts"].as_array().expect("a list");
    assert_eq!(payouts.len(), number + 1, "each that was accepted, once");
    run(&["audit"]);
    let doctor = run(&["doctor"]).stdout;
    assert!(doctor.contains("MiB are free"), "{doctor}");
}
