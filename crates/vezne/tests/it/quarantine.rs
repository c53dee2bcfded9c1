//! A restored backup pays nobody twice: it sends nothing until it is released, and then asks first.

use std::path::Path;
use std::time::Duration;

use vezne::control::request::{
    DoubtResolution, MerchantSettings, PayoutQuery, PayoutRequest, QuarantineRequest, Request,
};
use vezne::control::view::{QuarantineView, Reply};
use vezne_core::model::payout::{Payout, PayoutState};
use vezne_wire::bankopay::Service;

use crate::support::http::Connection;
use crate::support::program::{Program, until};
use crate::support::{Ask, Desk, KEY, Left, Setup, path};

const HOUR: Duration = Duration::from_secs(3_600);

/// An IBAN whose checksum is right.
const LIVE_IBAN: &str = "TR330006100519786457841326";

async fn submit(desk: &Desk, trx: &str) {
    submit_of(desk, trx, "10.00").await;
}

async fn submit_of(desk: &Desk, trx: &str, amount: &str) {
    let answer = desk.post(&path(Service::BankTransfer), Ask::bank(trx, amount).body()).await;
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

/// Why a command about payouts did nothing.
async fn refused(desk: &Desk, request: PayoutRequest) -> String {
    desk.try_command(Request::Payout(request)).await.expect_err("it is refused").to_string()
}

async fn resolve(desk: &Desk, payout: i64, resolution: DoubtResolution) {
    let evidence = "the bank's list of the day".to_owned();
    desk.command(Request::Payout(PayoutRequest::Resolve { payout, resolution, evidence })).await;
}

async fn never_sent(desk: &Desk, payout: i64) {
    resolve(desk, payout, DoubtResolution::NeverSent).await;
}

/// The payouts that an operator sees in doubt, the newest first.
async fn in_doubt(desk: &Desk) -> Vec<i64> {
    let query = PayoutQuery { in_doubt: true, limit: 50, ..PayoutQuery::default() };
    match desk.command(Request::Payout(PayoutRequest::List(query))).await {
        Reply::Payouts(payouts) => payouts.iter().map(|payout| payout.id).collect(),
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
    assert_eq!(desk.dispatch().await, 20);
    assert_eq!(desk.payouts().await.iter().filter(|one| is_settled(one)).count(), 20);
    assert_eq!(desk.journal().lines().count(), 20, "nothing is sent that nobody looked at");
    let first_seen = desk.payout("w21").await;
    assert_eq!(first_seen.state, PayoutState::AwaitingApproval);
    let payout = first_seen.id.0;
    assert!(refused(&desk, PayoutRequest::Approve { payout }).await.contains("in doubt"));
    never_sent(&desk, payout).await;
    desk.command(Request::Payout(PayoutRequest::Approve { payout })).await;
    assert_eq!(desk.dispatch().await, 1);
    assert!(desk.payouts().await.iter().all(is_settled));
    let key = first_seen.rail_key.expect("it is stored");
    assert!(desk.journal().lines().last().is_some_and(|line| line.contains(&key)));
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
    let reject = |payout| PayoutRequest::Reject { payout, reason: "no".to_owned() };
    for payout in [1, 2] {
        assert!(refused(&desk, reject(payout)).await.contains("in doubt"), "in quarantine");
    }
    assert!(release(&desk).await.ends_with(": 0"), "no rail is asked yet");
    for payout in [1, 2] {
        assert!(refused(&desk, reject(payout)).await.contains("in doubt"), "and after it");
        assert!(refused(&desk, PayoutRequest::Approve { payout }).await.contains("in doubt"));
    }
    assert_eq!(desk.store().overview().await.expect("it reads").in_doubt, 2);
    assert_eq!(in_doubt(&desk).await, [2, 1]);
    let paid = DoubtResolution::Paid(Some("statement line 4".to_owned()));
    resolve(&desk, 1, paid).await;
    never_sent(&desk, 2).await;
    assert!(in_doubt(&desk).await.is_empty());
    desk.command(approve(2)).await;
    assert_eq!(desk.dispatch().await, 1);
    assert!(is_settled(&desk.payout("w1").await));
    assert!(is_settled(&desk.payout("w2").await));
    assert_eq!(desk.journal().lines().count(), 2);
    assert_eq!(desk.duplicates(), 0);
    tell_all(&desk).await;
    desk.end(Left::default()).await;
}

/// A rail that people are knows nothing: what was paid by hand is not offered to be paid again.
#[tokio::test]
async fn what_was_paid_by_hand_stays_in_doubt_until_a_person_says_so() {
    let mut desk = Desk::on_file_with(Setup { live: true, ..Setup::default() }).await;
    for (payout, trx) in [(1, "w1"), (2, "w2")] {
        let ask = Ask::bank(trx, "10.00").text("account_number", LIVE_IBAN);
        let ask = ask.text("identity", "10000000146").body();
        let answer = desk.post(&path(Service::BankTransfer), ask).await;
        assert_eq!(answer.code(), 200, "{trx}: {}", answer.body);
        desk.command(Request::Payout(PayoutRequest::Approve { payout })).await;
    }
    let backup = desk.back_up().await;
    assert_eq!(desk.dispatch().await, 2);
    let rail_reference = Some("EFT 1".to_owned());
    desk.command(Request::Payout(PayoutRequest::Settle { payout: 1, rail_reference })).await;

    desk.restore(&backup).await;
    assert!(release(&desk).await.ends_with(": 2"));
    for _ in 0..3 {
        desk.dispatch().await;
        assert_eq!(in_doubt(&desk).await, [2, 1]);
        desk.clock.pass(HOUR);
    }
    let fail = PayoutRequest::Fail { payout: 1, reason: "no".to_owned() };
    assert!(refused(&desk, fail).await.contains("in doubt"));
    resolve(&desk, 1, DoubtResolution::Paid(Some("EFT 1".to_owned()))).await;
    never_sent(&desk, 2).await;
    assert_eq!(desk.dispatch().await, 1);
    assert!(in_doubt(&desk).await.is_empty());
    let rail_reference = Some("EFT 2".to_owned());
    desk.command(Request::Payout(PayoutRequest::Settle { payout: 2, rail_reference })).await;
    desk.end(Left { due: 2, ..Left::default() }).await;
}

/// A payout that was accepted and paid in the lost time meets its rail under the same reference.
#[tokio::test]
async fn what_the_copy_never_knew_is_not_sent_unasked() {
    let mut desk = Desk::on_file().await;
    let backup = desk.back_up().await;
    submit(&desk, "w1").await;
    let key = desk.payout("w1").await.rail_key.expect("it is stored");
    assert_eq!(desk.dispatch().await, 1);
    desk.restore(&backup).await;
    submit(&desk, "w1").await;
    let again = desk.payout("w1").await;
    assert_eq!(again.state, PayoutState::AwaitingApproval);
    assert_eq!(again.rail_key, Some(key), "whatever is given out anew");
    assert!(release(&desk).await.ends_with(": 0"));
    desk.dispatch().await;
    assert_eq!(desk.journal().lines().count(), 1, "sent again");
    resolve(&desk, again.id.0, DoubtResolution::Paid(None)).await;
    tell_all(&desk).await;
    desk.end(Left::default()).await;
}

/// The rail tells a return once, so a copy from before it must not pass for the original.
#[tokio::test]
async fn a_copy_from_before_a_return_is_found_out() {
    let mut desk = Desk::on_file().await;
    submit_of(&desk, "w1", "10.05").await;
    assert_eq!(desk.dispatch().await, 1);
    let backup = desk.back_up().await;
    desk.clock.pass(HOUR);
    assert_eq!(desk.dispatch().await, 1, "the return is booked");
    assert!(matches!(desk.payout("w1").await.state, PayoutState::Returned { .. }));

    desk.restore(&backup).await;
    assert!(status(&desk).await.quarantined);
    release(&desk).await;
    desk.end(Left { due: 1, ..Left::default() }).await;
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
    let doctor = program.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.stdout.contains("the next start begins one"), "{doctor:?}");
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
    program.fails(&["quarantine", "release"], "it is still in quarantine: give --yes");
    program.ok(&["quarantine", "release", "--yes"]);
    assert_eq!(server.stop().0, 0);

    // Without a server, before the first start on a copy that nobody could detect.
    program.ok(&["quarantine", "begin", "--reason", "the whole folder was restored"]);
    let shown = program.ok(&["quarantine", "status"]).stdout;
    assert!(shown.contains("the whole folder was restored"), "{shown}");
    program.ok(&["quarantine", "release", "--yes"]);
    program.fails(&["quarantine", "release", "--yes"], "not in quarantine");
    program.ok(&["audit"]);
    program.ok(&["doctor"]);
}

/// The file is a copy from before a payment, and nobody serves it before it is moved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_file_that_is_moved_is_in_quarantine_where_it_goes() {
    let program = Program::on_file("");
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001", "--site-key", KEY]);
    program.ok(&["merchant", "add", "Other", "--site-id", "1002", "--site-key", KEY]);
    program.ok(&["merchant", "top-up", "1001", "1000.00"]);
    let backup = program.folder().join("backup");
    copy(&program.database(), &backup);
    let (body, path) = (Ask::bank("w1", "10.00").body(), path(Service::BankTransfer));
    let server = program.serve();
    assert_eq!(Connection::open(server.address).await.post(&path, &body).await.code(), 200);
    until("the payout", || {
        let shown = program.json(&["payout", "show", "1"]);
        (shown["payout"]["payout"]["state"] == "settled").then_some(())
    });
    assert_eq!(server.stop().0, 0);
    let journal = || std::fs::read_to_string(program.directory().join("simulator.journal"));
    let paid = journal().expect("it is written");

    copy(&backup, &program.database());
    let target = vezne_testbed::Database::fresh().expect("a database");
    let moved = program.ok(&["copy", "--to", target.url()]).stdout;
    assert!(moved.contains("IN QUARANTINE"), "{moved}");
    assert!(moved.contains("it is at claim 0, and this node has seen claim 1"), "{moved}");
    assert!(!program.directory().join("marker").exists(), "it was heard");

    let program = program.environment("VEZNE_STORE_URL", target.url());
    assert_eq!(program.json(&["quarantine", "status"])["quarantine"]["quarantined"], true);
    let server = program.serve();
    assert_eq!(Connection::open(server.address).await.post(&path, &body).await.code(), 200);
    program.ok(&["quarantine", "release", "--yes"]);
    program.fails(&["payout", "approve", "1"], "resolve it with evidence");
    let file = program.folder().join("resolutions.csv");
    let (named, line) =
        (file.to_str().expect("a path"), "reference,outcome,evidence,rail_reference");
    std::fs::write(&file, format!("{line}\nw1,paid,statement 4,EFT 1\nw2,paid,seen,\n"))
        .expect("it");
    let resolve = ["payout", "resolve", "--file", named, "--yes"];
    program.fails(&resolve, "line 3: no payout in doubt has this reference");
    // Of a file with one wrong line, nothing is booked.
    let write = |lines: &str| {
        let text = format!("payout,merchant,outcome,evidence,rail_reference\n{lines}\n");
        std::fs::write(&file, text).expect("it is written");
    };
    write("1,1002,paid,statement 4,EFT 1");
    program.fails(&resolve, "line 2: merchant 1002 has no payout 1");
    write("1,1003,paid,statement 4,EFT 1");
    program.fails(&resolve, "line 2: there is no merchant 1003");
    write("2,1001,paid,statement 4,EFT 1");
    program.fails(&resolve, "line 2: merchant 1001 has no payout 2");
    write("1,1001,paid,statement 4,EFT 1");
    program.fails(&["payout", "resolve", "--file", named], "give --yes");
    let booked = program.ok(&resolve).stdout;
    assert!(booked.contains("no longer in doubt"), "{booked}");
    let shown = program.json(&["payout", "show", "1"]);
    assert_eq!(shown["payout"]["payout"]["state"], "settled");
    assert_eq!(server.stop().0, 0);
    program.ok(&["audit"]);
    let journal = std::fs::read_to_string(program.directory().join("simulator.journal"));
    assert_eq!(journal.expect("it is there"), paid, "nothing was sent again");
}

/// The commands need no server, and so no server has looked at the copy.
#[test]
fn a_command_without_a_server_doubts_a_restored_file_too() {
    let program = Program::on_file("");
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001", "--site-key", KEY]);
    let marker = program.directory().join("marker");
    let text = std::fs::read_to_string(&marker).expect("it is written at the first opening");
    std::fs::write(&marker, text.replace("claims 0", "claims 4")).expect("a later one");
    let shown = program.json(&["quarantine", "status"]);
    assert_eq!(shown["quarantine"]["quarantined"], true, "{shown}");
}
