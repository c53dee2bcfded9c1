//! Batches of cash-outs: the merchant that sends them, and its requests, rendered beforehand.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use vezne_wire::ccpayment::{CashoutOrder, Extras, Row, TokenGranted, TokenRequest};
use vezne_wire::secret::SecretText;

use super::load::exchange;
use crate::workspace::{self, Error};

pub(super) const SECRET: &str = "b46a67571aa1e7ef5641dc3fa6f1712a";

/// A merchant that sends batches.
#[derive(Clone, Copy)]
pub(super) struct Till {
    app: &'static str,
    key: &'static str,
}

/// The one that is measured.
pub(super) const TILL: Till = Till { app: "bench-app", key: "bench-merchant" };

/// Another one beside it.
pub(super) const OTHER: Till = Till { app: "other-app", key: "other-merchant" };

impl Till {
    /// What adds it; amounts below this need no person.
    pub(super) fn merchant(self, approve_below: &str) -> Vec<&str> {
        let Self { app, key } = self;
        let mut add = vec!["merchant", "add", app, "--ccpayment", "--app-id", app];
        add.extend(["--app-secret", SECRET, "--merchant-key", key, "--brand", "iqmoney"]);
        add.extend(["--approve-below", approve_below]);
        add
    }

    /// What gives it money, each time so much.
    pub(super) fn top_up(self) -> [&'static str; 4] {
        ["merchant", "top-up", self.app, "1000000000.00"]
    }
}

/// So many rows are paid by one top-up.
pub(super) const ROWS_PER_TOP_UP: u64 = 4_000_000;

const AMOUNT_MINOR: i64 = 25_000;

/// What an answer says that accepts every row.
const EVERY_ROW: &str = "\"description\":\"SUCCESS\"";

/// More than any answer has.
const LONGEST: usize = 4 * 1024 * 1024;

/// The merchant's one connection, with its token.
pub(super) struct Cashier {
    runtime: tokio::runtime::Runtime,
    stream: TcpStream,
    received: Vec<u8>,
    token: String,
    till: Till,
}

impl Cashier {
    /// Connects and gets a token.
    pub(super) fn open(address: SocketAddr, till: Till) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let stream = runtime.block_on(TcpStream::connect(address))?;
        stream.set_nodelay(true)?;
        let (received, token) = (vec![0; LONGEST], String::new());
        let mut own = Self { runtime, stream, received, token, till };
        let (app_id, app_secret) = (till.app.to_owned(), SecretText::new(SECRET));
        let request = post("/api/token", "", &TokenRequest { app_id, app_secret }.encode());
        let length = own.send(&request, "\"status_code\":100")?;
        let answer = &own.received[..length];
        let body = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |at| at + 4);
        own.token = TokenGranted::decode(&answer[body..])?.token.expose().to_owned();
        Ok(own)
    }

    /// The requests of one run, all of them rows of their own.
    pub(super) fn render(&self, run: u8, batches: u32, rows: u32) -> Result<Vec<Vec<u8>>, Error> {
        let line = format!("Authorization: Bearer {}\r\n", self.token);
        let request = |batch| {
            let body = body(self.till, run, batch, rows).ok_or("a batch of no rows")?;
            Ok(post("/api/cashout/tobank", &line, &body))
        };
        (0..batches).map(request).collect()
    }

    /// Sends them one after the other, and says how long all of them took.
    pub(super) fn send_all(&mut self, requests: &[Vec<u8>]) -> Result<Duration, Error> {
        let start = workspace::now();
        for request in requests {
            self.send(request, EVERY_ROW)?;
        }
        Ok(start.elapsed())
    }

    fn send(&mut self, request: &[u8], says: &str) -> Result<usize, Error> {
        let Self { runtime, stream, received, .. } = self;
        runtime.block_on(exchange(stream, request, received, says))
    }
}

/// The body of one batch.
pub(super) fn body(till: Till, run: u8, batch: u32, rows: u32) -> Option<Vec<u8>> {
    let rows: Vec<Row> = (0..rows).map(|at| row(format!("{run:03}-{batch:06}-{at:06}"))).collect();
    let order = CashoutOrder { merchant_key: till.key, web_hook_key: None, rows: &rows };
    // Random to nobody, which a bench may be; no two batches share one.
    let iv = (u64::from(run) << 32 | u64::from(batch)).to_be_bytes();
    order.encode(&SecretText::new(SECRET), iv, [0; 2])
}

/// The documents' sample, under its own id.
fn row(unique_id: String) -> Row {
    Row {
        unique_id: Some(unique_id),
        name: "Ahmet Demir".to_owned(),
        iban: "TR123445678945613245645000".to_owned(),
        bank_name: Some("Ziraat Bankasi".to_owned()),
        amount_minor: AMOUNT_MINOR,
        currency: "TRY".to_owned(),
        identity: Some("12345678910".to_owned()),
        gsm: "905321234567".to_owned(),
        description: Some("Withdrawal".to_owned()),
        extras: Extras::default(),
    }
}

fn post(path: &str, line: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{line}\
         Content-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}
