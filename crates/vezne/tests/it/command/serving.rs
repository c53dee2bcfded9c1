//! `vezne serve` and `vezne demo`: one server per directory, the right key, an orderly end.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use vezne_wire::bankopay::Service;

use crate::support::http::Connection;
use crate::support::program::{Program, until};
use crate::support::receiver::Receiver;
use crate::support::{Ask, KEY, path};

/// The demo's, which is the document's own.
const SITE_KEY: &str = "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU";

fn open(program: &Program) {
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001", "--site-key", KEY]);
    program.ok(&["merchant", "top-up", "1001", "1000.00"]);
}

#[test]
fn a_directory_has_one_server() {
    let program = Program::new();
    open(&program);
    let server = program.serve();
    program.fails(&["serve"], "is open in another vezne process (pid ");
    // The first one still answers, over its control socket too.
    let shown = program.ok(&["merchant", "show", "1001"]).stdout;
    assert!(shown.contains("1000.00 TRY"), "{shown}");
    assert_eq!(server.stop().0, 0);
    assert!(!program.directory().join("control.sock").exists());
    assert_eq!(program.serve().stop().0, 0, "the directory is free again");
}

#[test]
fn a_killed_server_leaves_nothing_that_stops_the_next() {
    let program = Program::new();
    open(&program);
    drop(program.serve());
    assert!(program.directory().join("control.sock").exists());
    program.ok(&["merchant", "top-up", "1001", "1.00"]);
    assert_eq!(program.serve().stop().0, 0);
    program.ok(&["audit"]);
}

#[test]
fn only_the_owner_can_read_what_is_kept() {
    let program = Program::on_file("");
    open(&program);
    let server = program.serve();
    let mode = |path: &std::path::Path| {
        std::fs::symlink_metadata(path).expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!(mode(&program.directory()), 0o700);
    for name in ["vezne.sqlite3", "master.key", "control.sock"] {
        assert_eq!(mode(&program.directory().join(name)), 0o600, "{name}");
    }
    assert_eq!(server.stop().0, 0);
}

#[test]
fn another_master_key_is_refused() {
    let program = Program::new();
    open(&program);
    let key = program.directory().join("master.key");
    let right = std::fs::read_to_string(&key).expect("it is there");
    let other = if right.starts_with('0') { "1" } else { "0" }.to_owned() + &right[1..];
    for (text, words) in [
        (other.as_str(), "sealed under another master key"),
        ("abc", "64 hex digits"),
        ("", "64 hex digits"),
    ] {
        std::fs::write(&key, text).expect("it is written");
        for command in [&["serve"][..], &["merchant", "list"]] {
            program.fails(command, words);
        }
    }
    std::fs::remove_file(&key).expect("it was there");
    program.fails(&["serve"], "put the key back");
    std::fs::write(&key, right).expect("it is written");
    assert_eq!(program.serve().stop().0, 0);
    let program = program.environment("VEZNE_MASTER_KEY", &other);
    program.fails(&["serve"], "sealed under another master key");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let program = Program::new();
    let taken = std::net::TcpListener::bind(program.operations).expect("it is free");
    program.fails(&["serve"], "server.operations_listen");
    drop(taken);
    assert_eq!(program.serve().stop().0, 0);
}

#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_end() {
    let program = Program::new();
    open(&program);
    let server = program.serve();
    let mut connection = Connection::open(server.address).await;
    let mut idle = Connection::open(server.address).await;
    assert_eq!(idle.send("GET", "/", "", b"").await.status, 404);
    let body = Ask::bank("w1", "250.00").body();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: desk\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        path(Service::BankTransfer),
        body.len()
    );
    connection.write(head.as_bytes()).await;
    // The server asks for the body: the request is in flight.
    assert_eq!(connection.answer().await.status, 100);
    server.terminate();
    server.says("stopping: requests and sends under way are finished first");
    connection.write(body.as_bytes()).await;
    let answer = connection.answer().await;
    assert_eq!((answer.code(), answer.id()), (200, 1), "{}", answer.body);
    let (code, stdout, log) = server.stop();
    assert_eq!((code, stdout.as_str()), (0, ""), "{log}");
    assert!(!log.contains("ERROR") && !log.contains("cut off"), "{log}");
    let list = program.json(&["payout", "list", "--reference", "w1"]);
    assert_eq!(list["payouts"].as_array().expect("a list").len(), 1, "what was answered is kept");
    program.ok(&["audit"]);
}

#[tokio::test]
async fn probes_and_metrics_are_on_their_own_address() {
    let program = Program::new();
    open(&program);
    let server = program.serve();
    let mut operations = Connection::open(program.operations).await;
    for (path, word) in [("/healthz", "alive"), ("/readyz", "ready"), ("/metrics", "# EOF")] {
        let answer = operations.send("GET", path, "", b"").await;
        assert!(answer.status == 200 && answer.body.contains(word), "{path}: {answer:?}");
        let mut merchants = Connection::open(server.address).await;
        assert_eq!(merchants.send("GET", path, "", b"").await.status, 404, "{path}");
    }
    assert_eq!(server.stop().0, 0);
}

#[test]
fn the_demo_passes() {
    let program = Program::new();
    let plain = program.ok(&["demo", "--once"]).stdout;
    assert!(plain.contains("The books  2 of 2 hold") && !plain.contains("DIFFERS"), "{plain}");
    let steps = program.json(&["demo", "--once"]);
    let steps = steps["steps"].as_array().expect("steps").clone();
    assert!(steps.len() > 20 && steps.iter().all(|step| step["wrong"] == Value::Null), "{steps:?}");
    let own = program.folder().join("demo");
    let own = own.to_str().expect("a path");
    program.ok(&["demo", "--once", "--directory", own]);
    program.fails(&["demo", "--once", "--directory", own], "holds a desk already");
    let details = program.ok(&["demo", "--once", "--details"]).stdout;
    assert!(details.contains("-> POST /api/withdraw/papara") && !plain.contains("-> POST"));
}

/// What the demo left below the folder for what is temporary.
fn left(program: &Program) -> Vec<std::ffi::OsString> {
    let entries = std::fs::read_dir(program.folder()).expect("a folder").flatten();
    let is_demos = |name: &std::ffi::OsString| name.to_string_lossy().starts_with("vezne-demo-");
    entries.map(|entry| entry.file_name()).filter(is_demos).collect()
}

#[tokio::test]
async fn the_demo_shows_what_an_integrator_needs_and_leaves_nothing_behind() {
    let program = Program::new();
    let folder = program.folder();
    let program = program.environment("TMPDIR", folder.to_str().expect("a path"));
    let receiver = Receiver::start().await;
    let mut command = program.command(&["demo", "--port", "0", "--callback-url", &receiver.url()]);
    let mut demo = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(demo.stdout.take().expect("an output")).lines();
    let mut shown = String::new();
    while !shown.contains("a payout waits for `payout approve`") {
        shown += &lines.next().expect("it goes on").expect("text");
        shown += "\n";
    }
    let first: Vec<&str> = shown.lines().take(25).collect();
    let first = first.join("\n");
    for word in ["51 of 51 hold", SITE_KEY, "app_secret", "merchant_key", "whsec_", "uid test1"] {
        assert!(first.contains(word), "{word} is not among the first lines:\n{shown}");
    }
    let called = env!("CARGO_BIN_EXE_vezne");
    assert!(shown.contains(&format!("{called} payout list")), "{shown}");
    assert_eq!(left(&program).len(), 1);
    let stop = |demo: &mut Child| {
        let sent = Command::new("kill").args(["-INT", &demo.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        demo.wait().expect("it ends").code()
    };
    let address = shown.split("http://").find_map(|rest| rest.split_once(" until Ctrl-C"));
    let address = address.expect("it says where").0.parse().expect("an address");
    let body = Ask::bank("mine-1", "250.00").text("site_key", SITE_KEY).body();
    let mut shop = Connection::open(address).await;
    assert_eq!(shop.post(&path(Service::BankTransfer), body).await.code(), 200);
    assert_eq!(receiver.came(1).await[0].member("trx"), "mine-1");
    assert_eq!((stop(&mut demo), left(&program).len()), (Some(0), 0));

    // In the midst of the tour, and where the port is taken.
    let mut early = program.command(&["demo", "--port", "0"]).stdout(Stdio::null()).spawn();
    let early = early.as_mut().expect("it starts");
    until("its directory", || (!left(&program).is_empty()).then_some(()));
    until("its signals", || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", early.id())).ok()?;
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?.trim();
        (u64::from_str_radix(caught, 16).ok()? & 2 != 0).then_some(())
    });
    assert_eq!((stop(early), left(&program).len()), (Some(0), 0));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    program.fails(&["demo", "--port", &port], "try --port");
    assert_eq!(left(&program).len(), 0);
}
