//! Somebody's CCPayment server that answers by a script, one request per connection.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use vezne_wire::ccpayment::{CashoutRequest, hash_key};
use vezne_wire::json::Object;

use super::http::header;

/// How the server answers one request of cash-outs. It accepts when the script has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Turn {
    /// Every row is accepted.
    Accept,
    /// The first row is accepted, the others lack balance.
    FirstOnly,
    /// As [`Turn::Accept`], but the answer leaves the last row out.
    LastUnsaid,
    /// Success without rows, as one brand says that all passed.
    NoRows,
    /// A refusal of the whole with this code.
    Refuse(i64),
    /// An HTTP status and no JSON.
    Status(u16),
    /// The connection ends instead of an answer.
    Cut,
    /// The connection ends within the answer.
    CutWithin,
    /// No answer; the next caller waits until this one hangs up.
    Hang,
}

/// One request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The ids of its rows, once its hash_key holds.
    pub(crate) fn ids(&self, app_secret: &str) -> Vec<String> {
        let object = Object::parse(&self.body).expect("a body is JSON");
        let request = CashoutRequest::decode(&object, 10_000).expect("it is a request");
        assert!(hash_key::verify(&request.hash_key, app_secret, &request.expected()));
        let rows = request.rows.into_iter().map(|row| row.expect("every row is right"));
        rows.map(|row| row.unique_id.expect("every row has an id")).collect()
    }
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Turn>>,
    requests: Mutex<Vec<Request>>,
}

/// The running server; it ends with the tests.
pub(crate) struct CashoutServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl CashoutServer {
    pub(crate) fn start(script: impl IntoIterator<Item = Turn>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::<Shared>::default();
        let server = Self { address, shared: Arc::clone(&shared) };
        server.next(script);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // The caller may hang up at any moment.
                let _ = converse(stream, &shared);
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/ccpayment/", self.address)
    }

    pub(crate) fn next(&self, script: impl IntoIterator<Item = Turn>) {
        self.shared.script.lock().expect("no test panicked here").extend(script);
    }

    /// How many requests came in since they were last taken.
    pub(crate) fn count(&self) -> usize {
        self.shared.requests.lock().expect("no test panicked here").len()
    }

    /// What came in since they were last taken, in order.
    pub(crate) fn taken(&self) -> Vec<Request> {
        std::mem::take(&mut *self.shared.requests.lock().expect("no test panicked here"))
    }
}

fn converse(stream: TcpStream, shared: &Shared) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let mut body = vec![0; header(&head, "content-length").parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    let authorization = header(&head, "authorization").to_owned();
    let request = Request { path, authorization, body };
    let hangs = shared.hangs(&request);
    let bytes = shared.answer(&request);
    shared.requests.lock().expect("no test panicked here").push(request);
    if hangs {
        return stream.read(&mut [0]).ok().map(drop);
    }
    stream.get_mut().write_all(&bytes).ok()
}

impl Shared {
    fn hangs(&self, request: &Request) -> bool {
        let script = self.script.lock().expect("no test panicked here");
        request.path.ends_with("/tobank") && matches!(script.front(), Some(Turn::Hang))
    }

    fn answer(&self, request: &Request) -> Vec<u8> {
        if request.path == "/ccpayment/api/token" {
            let requests = self.requests.lock().expect("no test panicked here");
            let before = requests.iter().filter(|earlier| earlier.path == request.path).count();
            let token = format!(r#"{{"token":"token-{}","is_3d":0}}"#, before + 1);
            return answer(200, &envelope(100, &token));
        }
        assert_eq!(request.path, "/ccpayment/api/cashout/tobank");
        let turn = self.script.lock().expect("no test panicked here").pop_front();
        let rows = |codes: &dyn Fn(usize) -> i64| rows(request, codes);
        match turn.unwrap_or(Turn::Accept) {
            Turn::Accept => answer(200, &envelope(100, &list(&rows(&|_| 100)))),
            Turn::FirstOnly => {
                let code = |at| if at == 0 { 100 } else { 2 };
                answer(200, &envelope(100, &list(&rows(&code))))
            }
            Turn::LastUnsaid => {
                let mut rows = rows(&|_| 100);
                rows.pop();
                answer(200, &envelope(100, &list(&rows)))
            }
            Turn::NoRows => answer(200, &envelope(100, "[]")),
            Turn::Refuse(code) => answer(200, &envelope(code, "[]")),
            Turn::Status(status) => answer(status, "out of order"),
            Turn::Cut | Turn::Hang => Vec::new(),
            Turn::CutWithin => {
                let mut bytes = answer(200, &envelope(100, &list(&rows(&|_| 100))));
                bytes.truncate(bytes.len() - 20);
                bytes
            }
        }
    }
}

/// An answer to every row, by its place.
fn rows(request: &Request, code: &dyn Fn(usize) -> i64) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON");
    let rows = body["cashout_data"].as_array().expect("rows");
    let row = |(at, row): (usize, &serde_json::Value)| {
        let (id, code) = (&row[0]["unique_id"], code(at));
        let rest = match code {
            100 => r#""SUCCESS","merchant commission":2.1,"receiver commission":0"#,
            _ => r#""=Insufficient balance""#,
        };
        format!(r#"{{"unique_id":{id},"response_code":{code},"response_message":{rest}}}"#)
    };
    rows.iter().enumerate().map(row).collect()
}

fn list(rows: &[String]) -> String {
    format!("[{}]", rows.join(","))
}

fn envelope(code: i64, data: &str) -> String {
    format!(r#"{{"status_code":{code},"status_description":"said so","data":{data}}}"#)
}

fn answer(status: u16, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} Said\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}
