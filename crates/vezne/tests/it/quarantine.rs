//! A restored backup pays nobody twice: it sends nothing until it is released, and then asks first.

use std::path::Path;
use std::time::Duration;

use vezne::control::request::{MerchantSettings, PayoutRequest, QuarantineRequest, Request};
use vezne::control::view::{QuarantineView, Reply};
use vezne_core::model::payout::{Payout, PayoutState};
use vezne_wire::bankopay::Service;

use crate::support::http::Connection;
use crate::support::program::{Program, until};
use crate::support::{Ask, Desk, KEY, Left, path};

const HOUR: Duration = Duration::from_secs(3_600);

async fn submit(desk: &Desk, trx: &str) {
    let answer = desk.post(&path(Service::BankTransfer), Ask::bank(trx, "10.00").body()).await;
    assert_eq!(answer.code(), 200, "{trx}: {}", answer.body);
}

async fn status(desk: &Desk) -> QuarantineView {
    match desk.command(Request::Quarantine(QuarantineRequest::Status)).await {
        Reply::Quarantine(view) => view,
        other => panic!("{other:?}"),
    }
}

async fn release(desk: &Desk) -> String {
    match desk.command(Request::Quarantine(QuarantineRequest::Release)).await {
        Reply::Done(what) => what,
        other => panic!("{other:?}"),
    }
}

/// Nothing is asked of a rail, however long it goes on.
async fn sends_nothing(desk: &Desk) {
    let journal = desk.journal();
    for _ in 0..3 {
        assert_eq!(desk.dispatch().await, 0);
        desk.clock.pass(HOUR);
    }
    assert_eq!(desk.journal(), journal, "an order was sent");
}

fn is_settled(payout: &Payout) -> bool {
    matches!(payout.state, PayoutState::Settled(_))
}

async fn tell_all(desk: &Desk) {
    while desk.tell().await > 0 {}
}

#[tokio::test]
async fn twenty_that_were_paid_after_the_backup_are_found_paid() {
    let mut desk = Desk::on_file().await;
    for number in 1..=20 {
        submit(&desk, &format!("w{number}")).await;
    }
    let backup = desk.back_up().await;
    assert_eq!(desk.dispatch().await, 20);
    assert!(desk.payouts().await.iter().all(is_settled));
    tell_all(&desk).await;
    assert_eq!(desk.journal().lines().count(), 20);

    desk.restore(&backup).await;
    desk.clock.pass(HOUR);
    let shown = status(&desk).await;
    assert!(shown.quarantined, "{shown:?}");
    let reason = shown.reason.expect("it says why");
    assert_eq!(reason, "it is at claim 0, and this node has seen claim 1");
    submit(&desk, "w21").await;
    sends_nothing(&desk).await;
    assert_eq!(desk.payout("w1").await.state, PayoutState::Approved);
    desk.restart().await;
    sends_nothing(&desk).await;

    assert!(release(&desk).await.ends_with(": 20"));
    assert!(!status(&desk).await.quarantined);
    assert_eq!(desk.payouts().await.iter().filter(|one| one.state.in_doubt()).count(), 20);
    desk.restart().await;
    assert_eq!(desk.dispatch().await, 21);
    assert!(desk.payouts().await.iter().all(is_settled));
    let journal = desk.journal();
    assert_eq!(journal.lines().count(), 21, "only what came later was sent");
    assert!(journal.lines().last().is_some_and(|line| line.contains("VZ0000000021T")));
    tell_all(&desk).await;
    desk.end(Left::default()).await;
}

#[tokio::test]
async fn a_lost_approval_is_no_second_payment() {
    let mut desk = Desk::on_file().await;
    let approve_below = Some("none".to_owned());
    desk.set(MerchantSettings { approve_below, ..MerchantSettings::default() }).await;
    for trx in ["w1", "w2"] {
        submit(&desk, trx).await;
    }
    let approve = |payout| Request::Payout(PayoutRequest::Approve { payout });
    let backup = desk.back_up().await;
    desk.command(approve(1)).await;
    assert_eq!(desk.dispatch().await, 1);

    desk.restore(&backup).await;
    desk.clock.pass(HOUR);
    assert!(release(&desk).await.ends_with(": 0"), "both wait for a person again");
    for payout in [1, 2] {
        desk.command(approve(payout)).await;
    }
    assert_eq!(desk.dispatch().await, 2);
    assert!(is_settled(&desk.payout("w1").await), "its rail had it");
    assert!(desk.payout("w2").await.state.in_doubt(), "its rail never had it");
    // The rail must deny it for the whole of dispatch.quarantine_seconds.
    let mut asked = 0;
    while desk.payout("w2").await.state.in_doubt() {
        assert_eq!(desk.journal().lines().count(), 1);
        desk.clock.pass(Duration::from_secs(5));
        asked += desk.dispatch().await;
    }
    assert!(asked > 1);
    assert_eq!(desk.dispatch().await, 1);
    assert!(is_settled(&desk.payout("w2").await));
    tell_all(&desk).await;
    desk.end(Left::default()).await;
}

#[tokio::test]
async fn without_its_marker_a_database_that_has_claimed_is_a_copy() {
    let mut desk = Desk::on_file().await;
    std::fs::remove_file(desk.marker()).expect("it is written at the first start");
    desk.restart().await;
    assert!(!status(&desk).await.quarantined, "nothing was ever claimed");
    submit(&desk, "w1").await;
    assert_eq!(desk.dispatch().await, 1);
    desk.restart().await;
    assert!(!status(&desk).await.quarantined, "this is the one");
    std::fs::remove_file(desk.marker()).expect("it was written before the send");
    desk.restart().await;
    assert!(status(&desk).await.quarantined);
    assert!(release(&desk).await.ends_with(": 0"));
    desk.restart().await;
    assert!(!status(&desk).await.quarantined, "it was released");
    tell_all(&desk).await;
    desk.end(Left::default()).await;
}

#[tokio::test]
async fn nothing_is_sent_while_the_marker_cannot_be_written() {
    let desk = Desk::open().await;
    submit(&desk, "w1").await;
    // A folder in the place of its draft.
    let draft = desk.marker().with_extension("new");
    std::fs::create_dir(&draft).expect("a folder");
    assert_eq!(desk.dispatch().await, 1);
    assert_eq!(desk.journal(), "", "nothing left");
    std::fs::remove_dir(&draft).expect("it was there");
    desk.clock.pass(HOUR);
    assert_eq!(desk.dispatch().await, 1);
    assert!(is_settled(&desk.payout("w1").await));
    tell_all(&desk).await;
    desk.end(Left::default()).await;
}

fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).expect("it is copied");
}

async fn operations(program: &Program, path: &str) -> String {
    Connection::open(program.operations).await.send("GET", path, "", b"").await.body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_sees_the_quarantine_and_ends_it() {
    let program = Program::on_file("");
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001", "--site-key", KEY]);
    program.ok(&["merchant", "top-up", "1001", "1000.00"]);
    let backup = program.folder().join("backup");
    copy(&program.database(), &backup);

    let server = program.serve();
    let body = Ask::bank("w1", "10.00").body();
    let path = path(Service::BankTransfer);
    assert_eq!(Connection::open(server.address).await.post(&path, &body).await.code(), 200);
    until("the payout", || {
        let shown = program.json(&["payout", "show", "1"]);
        (shown["payout"]["payout"]["state"] == "settled").then_some(())
    });
    assert!(operations(&program, "/metrics").await.contains("vezne_quarantine 0\n"));
    assert_eq!(server.stop().0, 0);
    program.ok(&["doctor"]);

    copy(&backup, &program.database());
    let server = program.serve();
    server.says("the database is in quarantine");
    assert_eq!(operations(&program, "/readyz").await.trim(), "ready");
    assert!(operations(&program, "/metrics").await.contains("vezne_quarantine 1\n"));
    let shown = program.json(&["quarantine", "status"]);
    assert_eq!(shown["quarantine"]["quarantined"], true, "{shown}");
    let doctor = program.run(&["doctor"]);
    assert_eq!(doctor.code, 1);
    assert!(doctor.stdout.contains("nothing is sent since"), "{}", doctor.stdout);
    program.fails(&["quarantine", "begin", "--reason", "again"], "in quarantine");
    program.ok(&["quarantine", "release"]);
    assert_eq!(server.stop().0, 0);

    // Without a server, before the first start on a copy that nobody could detect.
    program.ok(&["quarantine", "begin", "--reason", "the whole folder was restored"]);
    let shown = program.ok(&["quarantine", "status"]).stdout;
    assert!(shown.contains("the whole folder was restored"), "{shown}");
    program.ok(&["quarantine", "release"]);
    program.fails(&["quarantine", "release"], "not in quarantine");
    program.ok(&["audit"]);
    program.ok(&["doctor"]);
}
