//! A line of connections whose requests are released together.

use vezne_wire::bankopay::samples::{WITHDRAWALS, compact};

use crate::wire::{Answer, Connection, post};

/// Sends everything but each last byte, then all last bytes at once, and reads every answer.
pub(crate) fn race(line: &mut [Connection], requests: &[Vec<u8>]) -> Vec<Answer> {
    let split = |request: &'_ Vec<u8>| request.len() - 1;
    for (connection, request) in line.iter_mut().zip(requests) {
        connection.write(&request[..split(request)]).unwrap();
    }
    // All heads are parsed and all connections wait for a body by now.
    std::thread::sleep(std::time::Duration::from_millis(2));
    for (connection, request) in line.iter_mut().zip(requests) {
        connection.write(&request[split(request)..]).unwrap();
    }
    line.iter_mut().map(|connection| connection.answer().unwrap()).collect()
}

/// A request with a trx of its own for each connection, over all services.
pub(crate) fn fresh(round: &str, count: usize) -> Vec<Vec<u8>> {
    let each =
        |place: usize| request(place % WITHDRAWALS.len(), &format!("{round}-{place}"), "250.00");
    (0..count).map(each).collect()
}

pub(crate) fn request(sample: usize, trx: &str, amount: &str) -> Vec<u8> {
    let sample = &WITHDRAWALS[sample];
    let body = compact(sample.request).replace("456454646", trx).replace("250.00", amount);
    post(&format!("/api/withdraw/{}", sample.service.slug()), body.as_bytes())
}
