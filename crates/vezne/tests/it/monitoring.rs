//! The alert rules and the dashboard that are delivered go by metrics that there are.

use std::collections::BTreeSet;

use vezne_wire::bankopay::Service;

use crate::support::http::Connection;
use crate::support::interpreter::Interpreter;
use crate::support::program::{Program, until};
use crate::support::{Ask, KEY, path};

const RULES: &str = include_str!("../../../../deploy/prometheus/vezne.rules.yml");

const DASHBOARD: &str = include_str!("../../../../deploy/grafana/vezne.json");

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/prometheus");

const PROMTOOL: Interpreter =
    Interpreter { variable: "VEZNE_PROMTOOL", what: "promtool", probe: ["check", "--help"] };

/// The names of metrics in a text.
fn names(text: &str) -> BTreeSet<&str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = text.split(|letter| !is_part(letter));
    let words = words.filter(|word| word.starts_with("vezne_"));
    words.filter(|word| !word.ends_with('_')).collect()
}

async fn page(program: &Program) -> String {
    let mut operations = Connection::open(program.operations).await;
    operations.send("GET", "/metrics", "", b"").await.body
}

/// On a server, which has connections to count; and once a rail was asked.
#[tokio::test]
async fn every_metric_that_is_asked_for_is_there() {
    let program = Program::on_server();
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001", "--site-key", KEY]);
    program.ok(&["merchant", "top-up", "1001", "1000.00"]);
    program.ok(&["merchant", "set", "1001", "--approve-below", "1000"]);
    let server = program.serve();
    let mut shop = Connection::open(server.address).await;
    let body = Ask::bank("w1", "250.00").body();
    assert_eq!(shop.post(&path(Service::BankTransfer), body).await.code(), 200);
    until("the rail to be asked", || {
        let shown = program.json(&["payout", "show", "1"])["payout"]["payout"]["state"].clone();
        (shown == "settled").then_some(())
    });
    let page = page(&program).await;
    let there = names(&page);
    for (file, text) in [("the rules", RULES), ("the dashboard", DASHBOARD)] {
        let asked = names(text);
        assert!(asked.len() > 10, "{file}: {asked:?}");
        let unknown: Vec<_> = asked.difference(&there).collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?} is not in {there:?}");
    }
    assert_eq!(server.stop().0, 0);
}

#[test]
fn the_rules_are_rules_and_ring_when_they_should() {
    let rules = format!("{FOLDER}/vezne.rules.yml");
    let tests = format!("{FOLDER}/vezne.rules.test.yml");
    let Some(checked) = PROMTOOL.run(&["check", "rules", &rules], "") else { return };
    assert!(checked.contains("SUCCESS"), "{checked}");
    PROMTOOL.run(&["test", "rules", &tests], "").expect("it ran before");
}

#[test]
fn the_dashboard_is_whole() {
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).expect("it is JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_i64()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has its own id");
    for panel in panels {
        let targets = panel["targets"].as_array().expect("targets");
        let asks = |target: &serde_json::Value| {
            target["expr"].as_str().is_some_and(|text| text.contains("vezne_"))
        };
        assert!(!targets.is_empty() && targets.iter().all(asks), "{}", panel["title"]);
    }
}

/// What operators decide, what merchants do not take and what is changed is told to programs too.
#[test]
fn the_log_tells_decisions_as_json() {
    let program = Program::with("[log]\nformat = \"json\"\n");
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001", "--site-key", KEY]);
    let server = program.serve();
    program.ok(&[
        "merchant",
        "set",
        "1001",
        "--callback-url",
        "http://127.0.0.1:1999/",
        "--approve-below",
        "7",
    ]);
    program.fails(&["payout", "approve", "1"], "there is no such record");
    let found = until("the log", || {
        let log = server.log();
        log.contains("there is no such record").then_some(log)
    });
    let lines: Vec<serde_json::Value> =
        found.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let said = |words: &str| {
        let fields = lines.iter().map(|line| &line["fields"]);
        let mut fields = fields
            .filter(|fields| fields["operator"].as_str().is_some_and(|by| by.ends_with(" (ayse)")));
        fields.any(|fields| fields["message"].as_str().is_some_and(|text| text.contains(words)))
    };
    assert!(said("approve_below") && said("there is no such record"), "{found}");
    assert_eq!(server.stop().0, 0);
}
