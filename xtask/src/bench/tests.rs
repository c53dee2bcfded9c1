use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use vezne_wire::bankopay::{Service, WithdrawRequest};
use vezne_wire::ccpayment::{CashoutRequest, hash_key};
use vezne_wire::json::Object;

use super::load::{Plan, run};
use super::request::Request;
use super::{answer, cashout, handler};

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn listen(runtime: &Runtime) -> (TcpListener, SocketAddr) {
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn plan(address: SocketAddr) -> Plan {
    let (warm_up, window) = (Duration::from_millis(50), Duration::from_millis(200));
    Plan { address, run: 7, connections: 5, warm_up, window }
}

/// Answers everything with the same bytes, in two pieces.
async fn parrot(listener: TcpListener, says: &'static str) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut request = [0; 2048];
            while stream.read(&mut request).await.is_ok_and(|count| count > 0) {
                let (one, two) = says.split_at(says.len() / 2);
                stream.write_all(one.as_bytes()).await?;
                stream.write_all(two.as_bytes()).await?;
            }
            Ok::<_, std::io::Error>(())
        });
    }
}

#[test]
fn the_handler_answers_the_load_generator() {
    let runtime = runtime();
    let (listener, address) = listen(&runtime);
    runtime.spawn(handler::answer_all(listener));
    let tally = run(&plan(address)).expect("every answer is an acceptance");
    let measured = u64::try_from(tally.latencies.len()).unwrap();
    assert!(measured > 5 && tally.accepted > measured, "{measured} of {}", tally.accepted);
}

#[test]
fn a_refusal_fails_the_run() {
    let refusal = "HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{\"code\":20026}";
    let runtime = runtime();
    let (listener, address) = listen(&runtime);
    runtime.spawn(parrot(listener, refusal));
    let error = run(&plan(address)).expect_err("a refusal").to_string();
    assert!(error.contains("not accepted") && error.contains("20026"), "{error}");
}

#[test]
fn answers_in_pieces_are_put_together() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{\"code\":200,\"a\":{}}";
    let runtime = runtime();
    let (listener, address) = listen(&runtime);
    runtime.spawn(parrot(listener, answer));
    assert!(run(&plan(address)).expect("accepted").accepted > 5);
}

#[test]
fn a_server_that_is_not_there_fails_the_run() {
    let runtime = runtime();
    let (listener, address) = listen(&runtime);
    drop(listener);
    assert!(run(&plan(address)).is_err());
}

#[test]
fn every_request_is_valid_and_has_its_own_trx() {
    let mut seen = BTreeSet::new();
    for (run, connection) in [(0, 0), (0, 1), (1, 0), (49, 4095)] {
        let mut request = Request::new(run, connection);
        for _ in 0..120 {
            let bytes = request.next();
            let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
            let (head, body) = bytes.split_at(head + 4);
            let length = format!("Content-Length: {}\r\n", body.len());
            assert!(String::from_utf8_lossy(head).contains(&length));
            let object = Object::parse(body).expect("JSON");
            let decoded = WithdrawRequest::decode(Service::BankTransfer, &object).expect("valid");
            assert_eq!((decoded.amount, decoded.trx.len()), (25_000, 16));
            assert!(seen.insert(decoded.trx));
        }
    }
}

fn accepted(received: &[u8]) -> Result<Option<usize>, String> {
    answer::whole(received, answer::ACCEPTED)
}

#[test]
fn answers_are_read_to_their_length() {
    let whole = b"HTTP/1.1 200 OK\r\nx: 1\r\ncontent-length: 14\r\n\r\n{\"code\":200, }";
    let length = whole.len();
    assert_eq!(accepted(whole), Ok(Some(length)));
    assert_eq!(accepted(&[&whole[..], b"HTTP"].concat()), Ok(Some(length)));
    for end in 0..length {
        assert_eq!(accepted(&whole[..end]), Ok(None), "{end}");
    }
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    assert!(accepted(chunked).is_err());
    let fault = b"HTTP/1.1 500 Oh\r\ncontent-length: 14\r\n\r\n{\"code\":200, }";
    assert!(accepted(fault).is_err());
}

#[test]
fn every_batch_is_valid_and_of_rows_of_its_own() {
    let (mut ids, mut proofs) = (BTreeSet::new(), BTreeSet::new());
    for (run, batch) in [(0, 0), (0, 1), (1, 0)] {
        let body = cashout::body(cashout::TILL, run, batch, 25).expect("a batch");
        let object = Object::parse(&body).expect("JSON");
        let decoded = CashoutRequest::decode(&object, 25).expect("valid");
        let (proof, expected) = (&decoded.hash_key, decoded.expected());
        assert!(hash_key::verify(proof, cashout::SECRET, &expected));
        assert!(proofs.insert(hash_key::fingerprint(proof)));
        assert_eq!(decoded.rows.len(), 25);
        for row in decoded.rows {
            assert!(ids.insert(row.expect("a valid row").unique_id));
        }
    }
}
