//! `vezne payout ...` and `vezne callback ...`, with a server that runs and without.

use serde_json::Value;
use vezne_wire::bankopay::Service;

use crate::support::http::Connection;
use crate::support::program::{Program, Served, until};
use crate::support::receiver::Receiver;
use crate::support::{Ask, KEY, path};

fn open(program: &Program, receiver: &Receiver) {
    let url = receiver.url();
    let add = ["merchant", "add", "Shop", "--site-id", "1001", "--site-key", KEY];
    program.ok(&[&add[..], &["--callback-url", &url, "--approve-below", "none"]].concat());
    program.ok(&["merchant", "top-up", "1001", "10000.00"]);
}

async fn ask(server: &Served, asks: &[Ask]) -> Vec<i64> {
    let mut connection = Connection::open(server.address).await;
    let mut ids = Vec::new();
    for ask in asks {
        let answer = connection.post(&path(Service::BankTransfer), ask.body()).await;
        assert_eq!(answer.code(), 200, "{}", answer.body);
        ids.push(answer.id());
    }
    ids
}

fn state(program: &Program, payout: &str) -> String {
    let shown = program.json(&["payout", "show", payout]);
    shown["payout"]["payout"]["state"].as_str().expect("a state").to_owned()
}

fn wait_for(program: &Program, payout: &str, wanted: &str) {
    until(wanted, || (state(program, payout) == wanted).then_some(()));
}

fn count(list: &Value) -> usize {
    let (_, rows) = list.as_object().and_then(|one| one.iter().next()).expect("a list");
    rows.as_array().expect("rows").len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payouts_are_decided_without_a_server() {
    let (program, receiver) = (Program::new(), Receiver::start().await);
    open(&program, &receiver);
    let server = program.serve();
    let asks = ["w1", "w2", "w3"].map(|trx| Ask::bank(trx, "250.00"));
    assert_eq!(ask(&server, &asks).await, [1, 2, 3]);
    assert_eq!(server.stop().0, 0);

    assert_eq!(count(&program.json(&["payout", "list"])), 3);
    assert_eq!(count(&program.json(&["payout", "list", "--limit", "2"])), 2);
    assert_eq!(count(&program.json(&["payout", "list", "--before", "2"])), 1);
    assert_eq!(count(&program.json(&["payout", "list", "--reference", "w2"])), 1);
    assert_eq!(count(&program.json(&["payout", "list", "--state", "approved"])), 0);
    assert_eq!(count(&program.json(&["payout", "list", "--merchant", "1001"])), 3);
    program.fails(&["payout", "list", "--state", "paid"], "awaiting-approval, approved");
    program.fails(&["payout", "list", "--merchant", "7"], "there is no merchant 7");
    program.fails(&["payout", "show", "99"], "there is no payout 99");
    assert_eq!(program.run(&["payout", "show", "MW1"]).code, 2, "it is no payout id");

    let approved = program.ok(&["--json", "payout", "approve", "1", "MW10002"]);
    assert_eq!(approved.json()[0].as_array().map(Vec::len), Some(2), "{}", approved.stdout);
    program.fails(&["payout", "approve", "1"], "approved");
    assert_eq!(program.run(&["payout", "reject", "3"]).code, 2, "a reason is asked for");
    program.fails(&["payout", "reject", "3", "--reason", " "], "give a reason");
    program.ok(&["payout", "reject", "3", "--reason", "The name differs"]);
    program.fails(&["payout", "settle", "1"], "approved");
    // All of a list is done, and one that cannot be is not passed over in silence.
    let mixed = program.run(&["payout", "approve", "99", "1"]);
    assert_eq!((mixed.code, mixed.stdout.as_str()), (1, ""), "{mixed:?}");

    assert_eq!([state(&program, "1"), state(&program, "3")], ["approved", "rejected"]);
    let list = program.ok(&["--json", "callback", "list", "--state", "due"]).stdout;
    assert!(list.contains("The name differs"), "{list}");
    program.fails(&["callback", "show", "9"], "there is no callback 9");
    program.fails(&["callback", "resend", "9"], "there is no such");
    program.fails(&["callback", "list", "--state", "lost"], "due, acknowledged, parked");
    let shown = program.ok(&["payout", "show", "3"]).stdout;
    for word in ["ayse", "The name differs", "release", "TR12", "rejected"] {
        assert!(shown.contains(word), "no {word}: {shown}");
    }
    assert!(!shown.contains("TR123445678945613245645"), "the account is masked: {shown}");

    let server = program.serve();
    let received = receiver.came(3).await;
    let mut told: Vec<String> = received
        .iter()
        .map(|one| format!("{} {}", one.member("trx"), one.member("status")))
        .collect();
    told.sort();
    assert_eq!(told, ["w1 approved", "w2 approved", "w3 reject"]);
    assert_eq!(server.stop().0, 0);
    program.ok(&["audit"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payouts_are_decided_with_a_server() {
    let (program, receiver) = (Program::new(), Receiver::start().await);
    open(&program, &receiver);
    let server = program.serve();
    let asks = [("w1", "250.00"), ("w2", "100.04"), ("w3", "200.04"), ("w4", "300.00")];
    ask(&server, &asks.map(|(trx, amount)| Ask::bank(trx, amount))).await;
    program.ok(&["payout", "approve", "1", "2", "3"]);
    wait_for(&program, "1", "settled");
    let doubtful = until("two doubts", || {
        let list = program.json(&["payout", "list", "--in-doubt"]);
        (count(&list) == 2).then_some(list)
    });
    assert_eq!(doubtful["payouts"][0]["in_doubt"], true, "{doubtful}");

    let evidence = ["--evidence", "call with the bank, 14:05"];
    program.fails(&[&["payout", "resolve", "2"], &evidence[..]].concat(), "--paid, --not-paid");
    let both = ["payout", "resolve", "2", "--paid", "--send-again"];
    assert_eq!(program.run(&[&both[..], &evidence].concat()).code, 2);
    program.fails(&["payout", "resolve", "2", "--paid", "--evidence", ""], "say what shows it");
    program.fails(&["payout", "settle", "2"], "resolve the doubt");
    let paid = ["payout", "resolve", "2", "--paid", "--rail-reference", "GB-7"];
    program.ok(&[&paid[..], &evidence].concat());
    let not_paid = ["payout", "resolve", "3", "--not-paid", "No trace of it"];
    program.ok(&[&not_paid[..], &evidence].concat());
    program.fails(&[&paid[..], &evidence].concat(), "in doubt");
    program.ok(&["payout", "return", "1", "--reason", "Account closed"]);
    program.ok(&["payout", "reject", "4", "--reason", "No"]);

    let received = receiver.came(5).await;
    let mut told: Vec<String> = received
        .iter()
        .map(|one| format!("{} {}", one.member("trx"), one.member("status")))
        .collect();
    told.sort();
    assert_eq!(told, ["w1 approved", "w1 reject", "w2 approved", "w3 reject", "w4 reject"]);
    let shown = program.ok(&["--json", "payout", "show", "2"]).stdout;
    for word in ["GB-7", "call with the bank", "ayse", "settled"] {
        assert!(shown.contains(word), "no {word}: {shown}");
    }
    let acknowledged = |state| count(&program.json(&["callback", "list", "--state", state]));
    until("all acknowledged", || (acknowledged("acknowledged") == 5).then_some(()));
    program.ok(&["callback", "resend", "1"]);
    let received = receiver.came(6).await;
    let again = received.iter().filter(|one| one.body == received[5].body).count();
    assert_eq!(again, 2, "a callback that is sent again has the same bytes");
    until("two attempts", || {
        let shown = program.json(&["callback", "show", "1"]);
        (shown["callback"]["attempts"].as_array()?.len() == 2).then_some(())
    });
    assert_eq!(server.stop().0, 0);
    program.ok(&["audit"]);
}

/// A name may hold letters that turn around what stands beside it; an operator sees them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_seen_is_shown_written_out() {
    let program = Program::new();
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001", "--site-key", KEY]);
    program.ok(&["merchant", "top-up", "1001", "1000.00"]);
    let server = program.serve();
    ask(&server, &[Ask::bank("w1", "100.00").text("fullname", "Ay\u{200b}\u{202e}\u{15f}e")]).await;
    for arguments in
        [&["payout", "show", "1"][..], &["payout", "list"], &["--json", "payout", "show", "1"]]
    {
        let shown = program.ok(arguments).stdout;
        assert!(!shown.contains(['\u{200b}', '\u{202e}']), "{arguments:?}: {shown:?}");
        assert!(shown.contains("Ay\\u200b\\u202e\u{15f}e") == shown.contains("Ay"), "{shown}");
    }
    let shown = program.json(&["payout", "show", "1"]).to_string();
    assert!(shown.contains("Ay\u{200b}\u{202e}\u{15f}e"), "as data it is what was sent: {shown}");
    assert_eq!(server.stop().0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_merchant_is_paid_by_hand() {
    // The PostgreSQL of the tests may lose commits, which no live merchant is served on.
    let program = Program::on_file("");
    let server = program.serve();
    let add = ["merchant", "add", "Shop", "--site-id", "1001", "--site-key", KEY, "--live"];
    program.ok(&add);
    program.ok(&["merchant", "top-up", "1001", "1000.00"]);
    let live = |trx| {
        let ask = Ask::bank(trx, "100.00").text("account_number", "TR330006100519786457841326");
        ask.text("identity", "10000000146")
    };
    ask(&server, &[live("w1"), live("w2")]).await;
    program.ok(&["payout", "approve", "1", "2"]);
    let accepted = || program.ok(&["payout", "show", "2"]).stdout.contains("the rail has it");
    until("the manual rail", || accepted().then_some(()));
    program.ok(&["payout", "settle", "1", "--rail-reference", "GARAN-77"]);
    program.ok(&["payout", "fail", "2", "--reason", "Wrong name"]);
    assert_eq!([state(&program, "1"), state(&program, "2")], ["settled", "failed"]);
    let shown = program.ok(&["merchant", "show", "1001"]).stdout;
    assert!(shown.contains("900.00 TRY") && shown.contains("rail-clearing:manual"), "{shown}");
    assert_eq!(server.stop().0, 0);
    program.ok(&["audit"]);
}
