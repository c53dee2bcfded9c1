//! What a few callers can do to a server alone. Its memory is printed at each step.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use vezne_wire::ccpayment::samples;

use crate::support::ask::Ask;
use crate::support::cashout::{CASH_OUT, Client, cash_out};
use crate::support::http::Connection;
use crate::support::program::{Program, Served};

const KIB: u64 = 1_024;

/// What the server may take beside what it has at its start.
const ROOM: u64 = 48 * KIB;

/// What it may hold of bodies that are on their way.
const BODIES: &str = "16777216";

/// Nobody waits longer for an answer that another caller stands in the way of.
const SOON: Duration = Duration::from_secs(10);

/// A connection from another of this machine's addresses.
async fn connect(server: SocketAddr, last: u8) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, last], 0).into()).expect("an address of this machine");
    socket.connect(server).await.expect("the server listens")
}

/// Writes until the server takes no more of it for a while, or closes; says how much it took.
async fn push(stream: &mut TcpStream, bytes: &[u8]) -> usize {
    let mut taken = 0;
    while taken < bytes.len() {
        match timeout(Duration::from_millis(300), stream.write(&bytes[taken..])).await {
            Ok(Ok(count @ 1..)) => taken += count,
            Ok(_) | Err(_) => break,
        }
    }
    taken
}

/// What the server has in memory, in KiB.
pub(crate) fn memory(server: &Served, step: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process()));
    let status = status.expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    let kib = kib.expect("its memory is counted");
    println!("memory {step}: {kib} KiB");
    kib
}

/// Somebody else's ordinary request, from an address of its own, is answered.
async fn others_are_served(server: &Served, trx: &str) {
    let body = Ask::bank(trx, "10.00").text("user_id", "1001").body();
    let head = format!(
        "POST /api/withdraw/bank-transfer HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\
         \r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = connect(server.address, 200).await;
    stream.write_all(format!("{head}{body}").as_bytes()).await.expect("it is taken");
    let mut answer = [0; 12];
    timeout(SOON, stream.read_exact(&mut answer)).await.expect("in time").expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 "), "{trx}");
}

/// The server, and two merchants with tokens.
async fn served() -> (Program, Served, [(Client, String); 2]) {
    let program = Program::new()
        .environment("VEZNE_SERVER_MAX_CONNECTIONS", "400")
        .environment("VEZNE_SERVER_MAX_CONNECTIONS_PER_ADDRESS", "300")
        .environment("VEZNE_SERVER_BODIES_IN_FLIGHT_BYTES", BODIES)
        .environment("VEZNE_SERVER_BODY_TIMEOUT_SECONDS", "5")
        .environment("VEZNE_SERVER_WRITE_TIMEOUT_SECONDS", "2");
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001"]);
    let mut clients = Vec::new();
    for name in ["One", "Two"] {
        let shown: Value = program.json(&["merchant", "add", name, "--ccpayment"]);
        clients.push(Client::of(&shown));
    }
    let server = program.serve();
    let mut both = Vec::new();
    for client in clients {
        let token = client.token(server.address).await;
        both.push((client, token));
    }
    (program, server, both.try_into().ok().expect("two"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_caller_takes_a_servers_memory_or_its_connections() {
    let (program, server, [slow, other]) = served().await;
    others_are_served(&server, "a-0").await;
    let before = memory(&server, "before");

    // Whoever asks and does not read is read no more.
    let get = "GET /pay-out/assets/form.js HTTP/1.1\r\nHost: desk\r\n\r\n";
    let mut deaf = connect(server.address, 2).await;
    let asked = push(&mut deaf, get.repeat(200_000).as_bytes()).await;
    println!("{asked} bytes of pipelined requests were taken");
    assert!(memory(&server, "with a caller that pipelines and does not read") < before + ROOM);
    others_are_served(&server, "a-1").await;
    drop(deaf);

    // All the connections of an address that do not read are closed in time, and are not all.
    let mut all = Vec::new();
    for _ in 0..300 {
        let mut stream = connect(server.address, 3).await;
        let _ = stream.write_all(get.repeat(100).as_bytes()).await;
        all.push(stream);
    }
    others_are_served(&server, "a-2").await;
    assert!(memory(&server, "with 300 connections that do not read") < before + 2 * ROOM);
    drop(all);

    // What strangers send before they have proven anything is bounded in sum.
    let head = "POST /api/withdraw/bank-transfer HTTP/1.1\r\nHost: desk\r\n\
         Content-Type: application/json\r\nContent-Length: 262144\r\n\r\n";
    let mut pushing = JoinSet::new();
    for number in 0..300_u16 {
        let mut stream = connect(server.address, 10 + (number % 100) as u8).await;
        pushing.spawn(async move {
            push(&mut stream, &[head.as_bytes(), &[b' '; 250_000]].concat()).await;
            stream
        });
    }
    others_are_served(&server, "a-3").await;
    let strangers = pushing.join_all().await;
    others_are_served(&server, "a-4").await;
    let bodies = BODIES.parse::<u64>().expect("a number") / KIB;
    assert!(memory(&server, "with 300 long bodies of strangers") < before + bodies + 2 * ROOM);
    drop(strangers);

    // The uploads of one merchant are in no other's way.
    let mut uploads = Vec::new();
    for _ in 0..24 {
        let mut stream = connect(server.address, 4).await;
        let head = format!(
            "POST {CASH_OUT} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: 8388608\r\n\r\n ",
            slow.1
        );
        stream.write_all(head.as_bytes()).await.expect("it is taken");
        uploads.push(stream);
    }
    let request = other.0.request(samples::SIPAY_REQUEST, 1).to_string();
    let long = format!("{request}{}", " ".repeat(4 * 1_024 * 1_024));
    let answer = timeout(SOON, cash_out(server.address, &other.1, &long)).await.expect("in time");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(memory(&server, "with 24 uploads of a merchant") < before + bodies + 3 * ROOM);
    drop(uploads);

    let mut operations = Connection::open(program.operations).await;
    assert_eq!(operations.send("GET", "/readyz", "", b"").await.status, 200);
    assert_eq!(server.stop().0, 0);
}
