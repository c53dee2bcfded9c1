//! The request: the document's own sample, rendered once, with a `trx` of its own every time.

use vezne_wire::bankopay::samples::WITHDRAWALS;

/// The `trx` of the bank transfer's sample.
const SAMPLE_TRX: &str = "456454646";

/// The path that both sides answer.
pub(super) const PATH: &str = "/api/withdraw/bank-transfer";

/// Digits of a `trx`: two of the run, four of the connection, ten of the request.
const DIGITS: usize = 16;

/// The bytes of one connection's requests.
pub(super) struct Request {
    bytes: Vec<u8>,
    /// Where the digits that count are.
    count: std::ops::Range<usize>,
}

impl Request {
    /// The requests of one connection in one run; no two share a `trx`.
    pub(super) fn new(run: u8, connection: u16) -> Self {
        let trx = format!("{run:02}{connection:04}{:010}", 0);
        let body = WITHDRAWALS[0].request.replace(SAMPLE_TRX, &trx);
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        let bytes = [head, body].concat();
        let end = bytes.find(&trx).map_or(0, |start| start + DIGITS);
        let count = end.saturating_sub(10)..end;
        Self { bytes: bytes.into_bytes(), count }
    }

    /// The next request.
    pub(super) fn next(&mut self) -> &[u8] {
        for digit in self.bytes[self.count.clone()].iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                break;
            }
            *digit = b'0';
        }
        &self.bytes
    }
}
