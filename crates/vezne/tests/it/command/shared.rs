//! What commands say of a desk on PostgreSQL: where it is, how safe it is there, and its months.

use crate::support::http::Connection;
use crate::support::program::Program;

#[test]
fn a_directory_stays_with_its_database() {
    let program = Program::on_server();
    program.ok(&["migrate"]);
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001"]);
    let kept = program.directory().join("home");
    let home = std::fs::read_to_string(&kept).expect("it is written down");
    std::fs::write(&kept, "7 7\n").expect("another one");
    for command in [&["serve"][..], &["merchant", "list"], &["migrate"]] {
        program.fails(command, "this node works on cluster and database 7 7");
    }
    std::fs::remove_file(&kept).expect("it goes");
    program.ok(&["merchant", "list"]);
    assert_eq!(std::fs::read_to_string(&kept).expect("it is written down"), home);
}

#[test]
fn live_merchants_are_not_served_where_commits_may_be_lost() {
    let program = Program::on_server();
    let minded = |verdict: &str| {
        let ran = program.run(&["--json", "doctor"]);
        let all = ran.json().remove(0);
        let all = all.as_array().expect("findings").clone();
        let own = all.iter().find(|one| one["what"] == "durability").expect("it is looked at");
        assert_eq!(own["verdict"], verdict, "{own}");
        assert!(own["detail"].as_str().is_some_and(|text| text.contains("fsync is off")), "{own}");
    };
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001"]);
    assert_eq!(program.serve().stop().0, 0);
    minded("mind");
    let refused = "a live merchant needs fsync on at the PostgreSQL server";
    let live = ["merchant", "add", "Shop", "--site-id", "1002", "--live"];
    program.fails(&live, refused);
    let server = program.serve();
    program.fails(&live, refused);
    assert_eq!(server.stop().0, 0);
    // One that was there before the setting was changed.
    program.sql("UPDATE merchant SET mode = 'live'");
    program.fails(&["serve"], refused);
    minded("bad");
}

#[test]
fn months_are_those_of_a_server() {
    Program::on_file("").fails(&["month", "list"], "a SQLite file has no months");
    let program = Program::on_server();
    program.ok(&["migrate"]);
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001"]);
    let listed = program.json(&["month", "list"]);
    let months = listed.as_array().expect("a list");
    assert_eq!(months.len(), 3, "{listed}");
    let name = months[0]["month"].as_str().expect("a name");
    assert!(months.iter().all(|month| month["taken_at"].is_null()), "{listed}");
    program.fails(&["month", "take-out", name], &format!("{name} is not over"));
    program.fails(&["month", "take-out", "2020-01"], "there is no partition payout_y2020m01");
    program.fails(&["month", "take-out", "x"], "a month is written like 2026-01");
}

#[test]
fn books_that_cannot_be_seen_are_not_called_wrong() {
    let program = Program::on_server();
    program.ok(&["migrate"]);
    assert_eq!(program.json(&["audit"])["verdict"], "right");
    let away = program.environment("VEZNE_STORE_URL", "postgres://vezne@127.0.0.1:1/none");
    let ran = away.run(&["audit"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("no primary was reached"), "{ran:?}");
}

/// The merchant's brand is one that this node does not have.
#[tokio::test]
async fn a_node_that_lacks_a_brand_says_so() {
    let brand = |name: &str| format!("[{{ name = '{name}', profile = 'sipay', prefixes = [''] }}]");
    let program = Program::with(&format!("[ccpayment]\nbrands = {}", brand("elsewhere")));
    program.ok(&["merchant", "add", "Shop", "--ccpayment", "--brand", "elsewhere"]);
    let program = program.environment("VEZNE_CCPAYMENT_BRANDS", &brand("here"));
    let server = program.serve();
    let words = "Shop has the brand elsewhere, which ccpayment.brands does not have";
    server.says(words);
    let mut operations = Connection::open(program.operations).await;
    let ready = operations.send("GET", "/readyz", "", b"").await;
    assert!(ready.status == 200 && ready.body.starts_with("ready\n"), "{ready:?}");
    assert!(ready.body.contains(words), "{ready:?}");
    assert_eq!(server.stop().0, 0);
}
