//! What a command prints is data for programs, and readable for people wherever they sit.

use serde_json::{Value, json};
use vezne_wire::bankopay::Service;

use crate::support::http::Connection;
use crate::support::program::Program;
use crate::support::{Ask, KEY, path};

/// A desk whose merchant has one payout that waits.
async fn desk() -> Program {
    let program = Program::new();
    program.ok(&["merchant", "add", "Köşe Shop", "--site-id", "1001", "--site-key", KEY]);
    program.ok(&["merchant", "top-up", "1001", "1000.00"]);
    program.ok(&["merchant", "terms", "1001", "bank-transfer", "--percent", "1.5"]);
    program.ok(&["merchant", "set", "1001", "--approve-below", "none"]);
    let server = program.serve();
    let mut shop = Connection::open(server.address).await;
    let answer = shop.post(&path(Service::BankTransfer), Ask::bank("w1", "250.00").body()).await;
    assert_eq!(answer.code(), 200, "{}", answer.body);
    assert_eq!(server.stop().0, 0);
    program
}

fn is_rfc3339(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() == 20 && text.parse::<jiff::Timestamp>().is_ok())
}

#[tokio::test]
async fn json_has_named_members_decimals_with_the_currency_apart_and_rfc_3339() {
    let program = desk().await;
    let shown = &program.json(&["payout", "show", "1"])["payout"];
    let line = &shown["payout"];
    assert_eq!(line["amount"], json!({"amount": "250.00", "currency": "TRY", "minor": 25_000}));
    assert_eq!((&line["state"], &line["in_doubt"]), (&json!("awaiting-approval"), &json!(false)));
    assert_eq!((&line["warning"], &line["unread"]), (&Value::Null, &Value::Null));
    let first = &shown["trail"][0];
    assert_eq!((&first["by"], &first["action"]), (&"merchant".into(), &"payout.submitted".into()));
    let hold = &shown["postings"][0];
    assert_eq!((&hold["amount"], &hold["currency"]), (&"253.75".into(), &"TRY".into()));
    assert!(hold["debit"].is_string() && hold["credit"].is_string() && hold["reason"].is_string());
    for at in [&line["created_at"], &first["at"], &hold["at"]] {
        assert!(is_rfc3339(at), "{at}");
    }
    assert_eq!(shown["facts"]["commission"]["amount"], "3.75");
    assert!(shown["facts"]["reference_at_the_rail"].is_string());

    let merchant = &program.json(&["merchant", "show", "1001"])["merchant"];
    assert_eq!(merchant["settings"]["credit_limit"]["amount"], "0.00");
    assert_eq!(merchant["settings"]["day_limit"], Value::Null);
    assert_eq!(merchant["settings"]["retry_refused"], false);
    let terms = merchant["terms"].as_array().expect("a list");
    let transfer = terms.iter().find(|terms| terms["channel"] == "bank-transfer");
    assert_eq!(transfer.expect("it is offered")["commission"]["percent"], "1.5");
    let balances = merchant["balances"].as_array().expect("a list");
    let held = balances.iter().find(|balance| balance["account"] == "held");
    assert_eq!(held.expect("there is one")["amount"], "253.75");
}

#[tokio::test]
async fn json_is_one_document_with_what_went_wrong_in_it() {
    let program = desk().await;
    let ran = program.run(&["--json", "payout", "approve", "1", "77", "1"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let documents = ran.json();
    let [Value::Array(answers)] = &documents[..] else { panic!("one list: {}", ran.stdout) };
    assert_eq!(answers[0]["done"], "payout 1 is approved");
    assert!(answers[1]["error"].as_str().is_some_and(|why| why.contains("payout 77")));
    assert!(answers[2]["error"].is_string() && answers.len() == 3, "{answers:?}");
    for wrong in [
        &["nonsense"][..],
        &["payout", "approve"],
        &["payout", "show", "x"],
        &["--json=1", "audit"],
    ] {
        let ran = program.run(&[&["--json"], wrong].concat());
        let told: Value = serde_json::from_str(&ran.stderr).unwrap_or_else(|_| panic!("{ran:?}"));
        assert!(ran.code == 2 && told["error"].is_string(), "{ran:?}");
    }
}

#[tokio::test]
async fn people_read_the_desks_time_and_call_a_merchant_by_its_name() {
    let program = desk().await;
    let at = program.json(&["payout", "show", "1"])["payout"]["payout"]["created_at"].clone();
    let at: jiff::Timestamp = at.as_str().expect("a time").parse().expect("RFC 3339");
    let zone = jiff::tz::TimeZone::get("Europe/Istanbul").expect("the zone");
    let at = at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string();
    for merchant in ["Köşe Shop", "1001", "#1"] {
        let listed = program.ok(&["payout", "list", "--merchant", merchant]).stdout;
        assert!(listed.contains("created (Istanbul)") && listed.contains(&at), "{listed}");
    }
    program.fails(&["payout", "list", "--merchant", "Nobody"], "there is no merchant Nobody");
    program.ok(&["merchant", "add", "Köşe Shop", "--site-id", "1002"]);
    program.fails(&["merchant", "show", "Köşe Shop"], "several merchants are called");
}

/// The system's user acts, here and over the socket of a server; what it is called is a label.
#[tokio::test]
async fn the_trail_has_the_systems_user_and_its_labels() {
    let program = desk().await;
    program.ok(&["payout", "reject", "1", "--reason", "The name differs"]);
    let server = program.serve();
    program.ok(&["merchant", "set", "1001", "--approve-below", "7"]);
    let trail = program.json(&["payout", "show", "1"])["payout"]["trail"].clone();
    let by = trail[1]["by"].as_str().expect("somebody");
    let user = by.strip_prefix("operator:").and_then(|by| by.strip_suffix(" (ayse)"));
    let id = std::process::Command::new("id").arg("-un").output().expect("it runs");
    assert_eq!(user, Some(String::from_utf8_lossy(&id.stdout).trim()), "{trail}");
    server.says(&format!("operator=\"{}\"", by.trim_start_matches("operator:")));
    assert_eq!(server.stop().0, 0);
}

/// In a terminal of this width.
fn in_a_terminal(program: &Program, columns: usize, arguments: &[&str]) -> String {
    let command = program.command(arguments);
    let quoted = |word: &std::ffi::OsStr| format!("'{}'", word.to_string_lossy());
    let words = std::iter::once(command.get_program()).chain(command.get_args()).map(quoted);
    let line = format!("stty cols {columns}; {}", words.collect::<Vec<_>>().join(" "));
    let mut script = std::process::Command::new("script");
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    script.env("NO_COLOR", "1").stdin(std::process::Stdio::null());
    let output = script.output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text").replace('\r', "")
}

#[tokio::test]
async fn a_table_fits_a_narrow_terminal() {
    let program = desk().await;
    let wide = in_a_terminal(&program, 200, &["payout", "list"]);
    assert!(wide.lines().any(|line| line.contains("w1") && line.contains("250.00 TRY")), "{wide}");
    let narrow = in_a_terminal(&program, 50, &["payout", "list"]);
    for line in
        ["id                  1", "reference           w1", "amount              250.00 TRY"]
    {
        assert!(narrow.lines().any(|found| found.trim_end() == line), "{line}\n{narrow}");
    }
    assert!(narrow.lines().all(|line| line.chars().count() <= 50), "{narrow}");
}
