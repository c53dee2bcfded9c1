//! The document's samples over a real connection, and what is not in it.

use vezne_wire::bankopay::Service;
use vezne_wire::bankopay::samples::{
    BANK_LIST_ANSWER, BANK_LIST_REQUEST, ERROR_ANSWER, WITHDRAWALS, compact,
};

use crate::support::http::{Answer, Connection};
use crate::support::{Ask, Desk, KEY, Left, path};

/// The clock stands where the document's answers were given.
const MOMENT: &str = "17.02.2024 00:28:46";

const REFUSED: &str = include_str!("transcripts/bankopay/refused.txt");

#[tokio::test]
async fn each_sample_is_answered_as_printed_twice() {
    let mut desk =
        Desk::with(crate::support::Setup { balance: "1500.00", ..Default::default() }).await;
    for repeat in [false, true] {
        let mut connection = desk.connect().await;
        for (id, sample) in (1..).zip(&WITHDRAWALS) {
            for path in [path(sample.service), format!("{}/", path(sample.service))] {
                let answer = connection.post(&path, sample.request).await;
                assert_eq!(answer.status, 200, "{path}");
                assert_eq!(answer.body, sample.expected(id, MOMENT), "{path}, repeat: {repeat}");
            }
        }
        drop(connection);
        desk.restart().await;
    }
    assert_eq!(desk.money().await, "held 1500.00");
    desk.dispatch().await;
    desk.tell().await;
    let received = desk.receiver.received();
    let mut methods: Vec<String> = received.iter().map(|one| one.member("method")).collect();
    methods.sort();
    let mut printed: Vec<&str> = Service::ALL.iter().map(|service| service.method()).collect();
    printed.sort_unstable();
    assert_eq!(methods, printed);
    desk.end(Left::default()).await;
}

#[tokio::test]
async fn the_bank_list_and_the_error_are_answered_as_printed() {
    let desk = Desk::open().await;
    let mut connection = desk.connect().await;
    let wrong = |request: &str| request.replace(KEY, "wrong0BaEXn3iUrzuDXcwiNQIYqmorU");
    for path in ["/api/bank-list/", "/api/bank-list"] {
        let answer = connection.post(path, BANK_LIST_REQUEST).await;
        assert_eq!(answer.body, compact(BANK_LIST_ANSWER), "{path}");
        let answer = connection.post(path, wrong(BANK_LIST_REQUEST)).await;
        assert_eq!((answer.status, answer.body), (200, compact(ERROR_ANSWER)), "{path}");
    }
    for sample in &WITHDRAWALS {
        let answer = connection.post(&path(sample.service), wrong(sample.request)).await;
        assert_eq!((answer.status, answer.body), (200, compact(ERROR_ANSWER)));
    }
    drop(connection);
    desk.end(Left::default()).await;
}

/// Nothing happened: no id was used up, no money moved, and the `trx` is as good as new.
async fn is_untouched(desk: Desk) {
    assert!(desk.payouts().await.is_empty());
    assert!(desk.callbacks().await.is_empty());
    assert_eq!(desk.money().await, "available 1000.00");
    let sample = &WITHDRAWALS[0];
    let answer = desk.post(&path(sample.service), sample.request).await;
    assert_eq!(answer.body, sample.expected(1, MOMENT));
    desk.end(Left { held: 25_000, ..Left::default() }).await;
}

fn assert_refused(answer: &Answer, code: i64, word: &str, context: &str) {
    assert_eq!(answer.code(), code, "{context}: {}", answer.body);
    let json = answer.json();
    let message = json["message"].as_str().expect("a message");
    assert!(message.contains(word), "{context}: {message}");
    assert_eq!(json["type"], "error", "{context}");
    assert!(!answer.body.contains(KEY), "{context}: it shows the key");
}

#[tokio::test]
async fn a_member_that_is_wrong_is_named_and_leaves_no_trace() {
    let desk = Desk::open().await;
    // One connection for all of it: a refusal does not end it.
    let mut connection = desk.connect().await;
    let lines = REFUSED.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut named = Vec::new();
    for line in lines {
        let mut words = line.splitn(4, ' ').map(str::trim);
        let (code, word) = (words.next().expect("a code"), words.next().expect("a word"));
        let rest = line[code.len()..].trim_start()[word.len()..].trim_start();
        let (name, json) = rest.split_once(' ').unwrap_or((rest, ""));
        let sample = Ask::sample(Service::BankTransfer);
        assert!(sample.names().iter().any(|known| known == name), "{name} is in no sample");
        let json = json.trim();
        let ask = if json.is_empty() { sample.without(name) } else { sample.set(name, json) };
        let answer = connection.post(&path(Service::BankTransfer), ask.body()).await;
        assert_eq!(answer.status, 200, "{line}");
        assert_refused(&answer, code.parse().expect("a code"), word, line);
        named.push(name.to_owned());
    }
    for name in Ask::sample(Service::BankTransfer).names() {
        assert!(named.contains(&name), "nothing is wrong with {name} in the table");
    }
    drop(connection);
    is_untouched(desk).await;
}

#[tokio::test]
async fn a_body_that_is_no_object_is_refused_and_leaves_no_trace() {
    let desk = Desk::open().await;
    let mut connection = desk.connect().await;
    let whole = WITHDRAWALS[0].request;
    let twice = whole.replacen("\"amount\"", "\"amount\": 1.00, \"amount\"", 1);
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(40), "]".repeat(40));
    let many: Vec<String> = (0..70).map(|number| format!("\"m{number}\":1")).collect();
    let latin: &[u8] = b"{\"fullname\":\"Ay\xfee\"}";
    for (body, code, word) in [
        (b"".as_slice(), 20001, "JSON"),
        (b"null", 20001, "object"),
        (b"[]", 20001, "object"),
        (b"\"text\"", 20001, "object"),
        (b"{", 20001, "line 1"),
        (&whole.as_bytes()[..whole.len() - 2], 20001, "line"),
        (format!("{whole} {{}}").as_bytes(), 20001, "line"),
        (b"site_id=1001&site_key=x", 20001, "JSON"),
        (b"\xef\xbb\xbf{}", 20001, "JSON"),
        (latin, 20001, "UTF-8"),
        (twice.as_bytes(), 20001, "amount"),
        (deep.as_bytes(), 20001, "deeper"),
        (format!("{{{}}}", many.join(",")).as_bytes(), 20001, "members"),
        (b"{}", 20002, "site_id"),
    ] {
        let shown = String::from_utf8_lossy(body);
        let answer = connection.post(&path(Service::BankTransfer), body).await;
        assert_eq!(answer.status, if code == 20001 { 400 } else { 200 }, "{shown}");
        assert_refused(&answer, code, word, &shown);
    }
    drop(connection);
    is_untouched(desk).await;
}

#[tokio::test]
async fn a_head_that_is_wrong_is_refused_and_leaves_no_trace() {
    const JSON: &str = "content-type: application/json\r\n";
    const GZIP: &str = "content-type: application/json\r\ncontent-encoding: gzip\r\n";
    const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";
    let desk = Desk::open().await;
    let mut connection = desk.connect().await;
    let body = WITHDRAWALS[0].request.as_bytes();
    let bank = &path(Service::BankTransfer);
    for (method, path, headers, status, code) in [
        ("GET", bank.as_str(), JSON, 405, 20006),
        ("PUT", bank, JSON, 405, 20006),
        ("DELETE", "/api/bank-list/", JSON, 405, 20006),
        ("POST", "/api/withdraw/western-union", JSON, 404, 20006),
        ("POST", "/api/withdraw", JSON, 404, 20006),
        ("POST", "/api/withdraw/bank-transfer/extra", JSON, 404, 20006),
        ("POST", bank, FORM, 415, 20005),
        ("POST", bank, "content-type: text/plain\r\n", 415, 20005),
        ("POST", bank, GZIP, 415, 20005),
    ] {
        let answer = connection.send(method, path, headers, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        assert_refused(&answer, code, "", &format!("{method} {path} {headers}"));
    }
    let answer = connection.send("GET", "/", "", b"").await;
    assert_eq!(answer.status, 404, "what is no path of the document is not answered as one");
    drop(connection);
    too_large(&mut desk.connect().await).await;
    is_untouched(desk).await;
}

async fn too_large(connection: &mut Connection) {
    let padded = format!("{}{}", " ".repeat(300 * 1024), WITHDRAWALS[0].request);
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: desk\r\ncontent-length: {}\r\n\r\n",
        path(Service::BankTransfer),
        padded.len()
    );
    // Only the head: it is refused by its length, before anything is read.
    connection.write(head.as_bytes()).await;
    let answer = connection.answer().await;
    assert_eq!(answer.status, 413);
    assert_refused(&answer, 20004, "262144", "too large");
}

#[tokio::test]
async fn members_that_the_document_does_not_have_change_nothing_and_are_kept() {
    let desk = Desk::open().await;
    let sample = Ask::sample(Service::Papara);
    let extra =
        sample.clone().set("status", "\"approved\"").set("id", "7").set("identity", "\"x\"");
    let path = path(Service::Papara);
    let first = desk.post(&path, extra.body()).await;
    assert_eq!(first.code(), 200, "{}", first.body);
    assert!(first.body.contains(r#"\"status\":\"approved\""#), "{}", first.body);
    assert_eq!((first.id(), desk.payout("456454646").await.state.code()), (1, "approved"));
    let second = desk.post(&path, sample.body()).await;
    assert_eq!((second.code(), second.id()), (200, 1), "an extra member makes no other withdrawal");
    desk.end(Left { held: 25_000, ..Left::default() }).await;
}
