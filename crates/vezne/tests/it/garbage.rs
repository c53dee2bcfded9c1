//! Bad requests by the thousand, at every endpoint: each is answered, none with a fault, and
//! nothing is left of them.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use vezne_wire::applyfor::samples::FORM_RULE_REQUEST;
use vezne_wire::bankopay::samples::WITHDRAWALS;
use vezne_wire::ccpayment::samples as ccpayment;

use crate::attack::memory;
use crate::support::cashout::Client;
use crate::support::program::{Program, Served};

/// So many requests, over all endpoints.
const REQUESTS: usize = 20_000;

/// What the server may take for all of them, in KiB.
const ROOM: u64 = 48 * 1_024;

/// A die that falls the same way each time.
struct Die(u64);

impl Die {
    fn below(&mut self, end: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(drawn).expect("31 bits") % end
    }

    fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

/// Texts that break readers.
const SPLINTERS: &[&[u8]] = &[
    b"",
    b"\"",
    b"{",
    b"]",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b"null",
    b"true",
    b"-1",
    b"1e999999",
    b"0.000000000000000000000000000001",
    b"99999999999999999999999999999999999999",
    b"\"\\ud800\"",
    b"\"\\u0000\"",
    b"\xff\xfe",
    b"\xc0\xaf",
    b"%00%0d%0a",
    b"&&&===",
    b"' OR 1=1 --",
    b"<script>",
    b"\"amount\":1,\"amount\":2",
    "\u{202e}\u{200b}".as_bytes(),
];

const METHODS: &[&str] = &[
    "POST", "POST", "POST", "POST", "POST", "POST", "POST", "POST", "POST", "POST", "POST", "GET",
    "PUT", "HEAD", "DELETE", "BREW",
];

const TYPES: &[&str] = &[
    "application/json",
    "application/json; charset=utf-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/plain",
    "a;;;=\"",
];

/// An endpoint with requests that are nearly right for it.
struct Target {
    path: String,
    bodies: Vec<String>,
}

fn targets() -> Vec<Target> {
    let target = |path: &str, bodies: &[&str]| Target {
        path: path.to_owned(),
        bodies: bodies.iter().map(|&body| body.to_owned()).collect(),
    };
    let mut all: Vec<Target> = WITHDRAWALS
        .iter()
        .map(|one| target(&format!("/api/withdraw/{}", one.service.slug()), &[one.request]))
        .collect();
    let cashouts = [ccpayment::SIPAY_REQUEST, ccpayment::IQMONEY_REQUEST];
    for prefix in ["", "/ccpayment"] {
        all.push(target(&format!("{prefix}/api/cashout/tobank"), &cashouts));
        let token = "{\"app_id\":\"a\",\"app_secret\":\"b\"}";
        all.push(target(&format!("{prefix}/api/token"), &[token, "app_id=a&app_secret=b"]));
        all.push(target(&format!("{prefix}/api/cashout/status"), &["{\"merchant_key\":\"a\"}"]));
        all.push(target(&format!("{prefix}/api/nothing"), &["{}"]));
    }
    let order = "{\"uid\":\"test1\",\"currency\":\"TRY\",\"amount\":\"150.00\",\
         \"orderid\":\"o-1\",\"pay_code\":\"4001\",\"notify_url\":\"https://shop.example/n\",\
         \"bank_no\":\"TR330006100519786457841326\",\"timestamp\":1758210270,\"sign\":\"0\"}";
    for path in [
        "/applyfor",
        "/channel/formRule",
        "/order/query",
        "/balance/query",
        "/pay-out/link",
        "/pay-out/x",
        "/pay-out/assets/form.js",
    ] {
        all.push(target(path, &[order, FORM_RULE_REQUEST, "uid=test1&orderid=1&sign=x"]));
    }
    for path in ["/api/withdraw/bank-list", "/api/nothing", "/", "//", "/.well-known/jwks.json"] {
        all.push(target(path, &["{}"]));
    }
    all
}

/// A request that is wrong somewhere, or wrong altogether.
fn request(die: &mut Die, target: &Target, token: &str) -> Vec<u8> {
    let mut body = target.bodies[die.below(target.bodies.len())].clone().into_bytes();
    for _ in 0..=die.below(4) {
        let (at, splinter) = (die.below(body.len() + 1), die.one_of(SPLINTERS));
        match die.below(5) {
            0 => body.truncate(at),
            1 => body.splice(at..at, splinter.iter().copied()).for_each(drop),
            2 => body.splice(at..(at + 9).min(body.len()), splinter.iter().copied()).for_each(drop),
            3 => body = splinter.repeat(1 + die.below(400)),
            _ => {
                if let Some(byte) = body.get_mut(at) {
                    *byte ^= 1 << die.below(8);
                }
            }
        }
    }
    let (method, kind) = (die.one_of(METHODS), die.one_of(TYPES));
    let path = match die.below(12) {
        0 => format!("{}/", target.path),
        1 => format!("{}?a=b&c", target.path),
        2 => format!("{}%00%2e%2e/", target.path),
        _ => target.path.clone(),
    };
    let authorization = match die.below(4) {
        0 => String::new(),
        1 => "authorization: Bearer x.y.z\r\n".to_owned(),
        2 => "authorization: Basic YTpi\r\n".to_owned(),
        _ => format!("authorization: Bearer {token}\r\n"),
    };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: desk\r\ncontent-type: {kind}\r\n{authorization}\
         content-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// A connection that is opened again when the server closes it.
struct Caller<'s> {
    server: &'s Served,
    stream: Option<TcpStream>,
    unread: Vec<u8>,
}

impl Caller<'_> {
    /// Sends, and reads the status of the answer.
    async fn ask(&mut self, request: &[u8]) -> u16 {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => {
                let fresh = TcpStream::connect(self.server.address).await.expect("it listens");
                none.insert(fresh)
            }
        };
        // It may refuse, and close, before it has read all.
        let _ = stream.write_all(request).await;
        self.unread.clear();
        let is_head = request.starts_with(b"HEAD");
        loop {
            let read = stream.read_buf(&mut self.unread).await.unwrap_or(0);
            let text = String::from_utf8_lossy(&self.unread);
            let end = text.find("\r\n\r\n");
            let length = |head: &str| {
                let line = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                line.and_then(|length| length.parse::<usize>().ok()).unwrap_or(0)
            };
            let whole = end
                .is_some_and(|end| is_head || self.unread.len() >= end + 4 + length(&text[..end]));
            if !whole && read > 0 {
                continue;
            }
            let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
            let status = status
                .unwrap_or_else(|| panic!("no answer to {:?}", String::from_utf8_lossy(request)));
            if read == 0 || text.contains("connection: close") {
                self.stream = None;
            }
            return status;
        }
    }
}

fn rows(program: &Program) -> Vec<Value> {
    let lists: [&[&str]; 2] = [&["payout", "list"], &["callback", "list"]];
    lists.map(|list| program.json(list)).to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_requests_by_the_thousand_leave_nothing() {
    let program = Program::new().environment("VEZNE_SERVER_REQUESTS_PER_SECOND", "1000000");
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001"]);
    program.ok(&["merchant", "add", "Forms", "--applyfor", "--uid", "test1"]);
    let client = Client::of(&program.json(&["merchant", "add", "One", "--ccpayment"]));
    let server = program.serve();
    let token = client.token(server.address).await;
    let (targets, mut die) = (targets(), Die(0x9E37_79B9_7F4A_7C15));
    let mut caller = Caller { server: &server, stream: None, unread: Vec::new() };
    // What is taken once, such as buffers and the first page, is no leak.
    for target in &targets {
        caller.ask(&request(&mut die, target, &token)).await;
    }
    let (before, had) = (memory(&server, "before"), rows(&program));
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for number in 0..REQUESTS {
        let bytes = request(&mut die, &targets[number % targets.len()], &token);
        let status = caller.ask(&bytes).await;
        *statuses.entry(status).or_default() += 1;
        let is_fault = status >= 500 && status != 503;
        assert!(!is_fault, "{status} to {:?}", String::from_utf8_lossy(&bytes));
    }
    println!("{REQUESTS} bad requests were answered: {statuses:?}");
    assert!(memory(&server, "after") < before + ROOM);
    assert_eq!(rows(&program), had);
    let log = server.log();
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
    assert_eq!(server.stop().0, 0);
    assert_eq!(program.json(&["audit"])["verdict"], "right");
}
