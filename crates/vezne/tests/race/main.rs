//! The race for one balance (M1) and for one trx (M2), on real sockets against the real program:
//! many warmed connections, and the last byte of every request released together.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a harness fails by panicking")]
#![expect(clippy::wildcard_enum_match_arm, reason = "any other reply is a failure")]

#[path = "../support/database.rs"]
mod database;
mod judge;
#[path = "../kill/program.rs"]
mod program;
#[path = "../kill/wire.rs"]
mod wire;

use std::net::SocketAddr;

use vezne::control::request::{
    MerchantRequest, MerchantSettings, NewAccess, NewMerchant, PayoutQuery, PayoutRequest, Request,
    TermsSettings,
};
use vezne::control::view::{PayoutView, Reply};
use vezne_wire::bankopay::samples::{BANK_LIST_REQUEST, WITHDRAWALS, compact};

use judge::{no_winner, one_answer, one_content, one_winner};
use program::Installation;
use wire::{Answer, Connection, post};

const SITE: &str = "1001";
const KEY: &str = "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU";
const CONNECTIONS: usize = 50;
const ROUNDS: usize = 200;
const COPIES: usize = 32;

/// The samples' amount with a commission of 1.5 percent and one lira: what one payout needs.
const NEEDED: &str = "254.75";
const ONE_KURUS_LESS: &str = "254.74";

#[test]
fn one_balance_pays_once() {
    let desk = Desk::open();
    let mut line = desk.warmed(CONNECTIONS);
    desk.top_up(ONE_KURUS_LESS);
    no_winner(&race(&mut line, &fresh("short"))).unwrap();
    desk.top_up("0.01");
    let mut places = [0; CONNECTIONS];
    for round in 0..ROUNDS {
        let answers = race(&mut line, &fresh(&format!("r{round}")));
        let payout = one_winner(&answers).unwrap_or_else(|why| panic!("round {round}: {why}"));
        places[answers.iter().position(|answer| answer.id.is_some()).unwrap()] += 1;
        desk.back_to_one(payout, round % 2 == 0);
    }
    let winning = places.iter().filter(|won| **won > 0).count();
    println!("{ROUNDS} rounds, {ROUNDS} payouts; {winning} of {CONNECTIONS} connections won");
    assert_eq!(desk.payouts(None).len(), ROUNDS);
    desk.installation.audit().unwrap();
}

#[test]
fn one_trx_pays_once() {
    let desk = Desk::open();
    let mut line = desk.warmed(COPIES);
    desk.top_up("1000000.00");
    for sample in 0..WITHDRAWALS.len() {
        let trx = format!("copies-{sample}");
        let copies = vec![request(sample, &trx, "250.00"); COPIES];
        let payout = one_answer(&race(&mut line, &copies)).unwrap();
        assert_eq!(desk.payouts(Some(&trx)), [payout], "{trx}");
        // The answer is the same after the payout has moved on.
        desk.back_to_one(payout, sample % 2 == 0);
        assert_eq!(one_answer(&race(&mut line, &copies)), Ok(payout), "{trx}");

        let trx = format!("contents-{sample}");
        let (one, other) = (request(sample, &trx, "250.00"), request(sample, &trx, "251.00"));
        let turns = (0..COPIES).map(|turn| if turn % 2 == 0 { &one } else { &other });
        let answers = race(&mut line, &turns.cloned().collect::<Vec<_>>());
        let (even, odd): (Vec<_>, Vec<_>) =
            answers.into_iter().enumerate().partition(|(turn, _)| turn % 2 == 0);
        let bare = |turns: Vec<(usize, Answer)>| turns.into_iter().map(|turn| turn.1).collect();
        let (even, odd): (Vec<_>, Vec<_>) = (bare(even), bare(odd));
        let payout = one_content(&even, &odd).unwrap();
        assert_eq!(desk.payouts(Some(&trx)), [payout], "{trx}");
    }
    assert_eq!(desk.payouts(None).len(), 2 * WITHDRAWALS.len());
    desk.installation.audit().unwrap();
}

/// The program on a directory of its own, with the samples' merchant, whose payouts all wait for a
/// person.
struct Desk {
    installation: Installation,
    address: SocketAddr,
    _serving: program::Serving,
    _directory: tempfile::TempDir,
}

impl Desk {
    fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let installation = Installation::new(directory.path(), &[]);
        let (serving, address) = installation.serve();
        let desk = Self { installation, address, _serving: serving, _directory: directory };
        let settings =
            MerchantSettings { approve_below: Some("none".into()), ..MerchantSettings::default() };
        let (name, site_key) = ("Racer".to_owned(), Some(KEY.to_owned()));
        let access = NewAccess::Bankopay { site_id: 1001, site_key };
        let new = NewMerchant { name, access, settings, ..NewMerchant::default() };
        desk.ask(Request::Merchant(MerchantRequest::Add(new)));
        for sample in &WITHDRAWALS {
            let (percent, fixed) = (Some("1.5".into()), Some("1.00".into()));
            let terms = TermsSettings { percent, fixed, ..TermsSettings::default() };
            let (merchant, channel) = (SITE.to_owned(), sample.service.slug().to_owned());
            desk.ask(Request::Merchant(MerchantRequest::SetTerms { merchant, channel, terms }));
        }
        desk
    }

    fn ask(&self, request: Request) -> Reply {
        self.installation.ask(request).unwrap()
    }

    /// Connections that have been answered before.
    fn warmed(&self, count: usize) -> Vec<Connection> {
        let mut line: Vec<_> =
            (0..count).map(|_| Connection::open(self.address).unwrap()).collect();
        let ask = post("/api/bank-list/", compact(BANK_LIST_REQUEST).as_bytes());
        let answers = race(&mut line, &vec![ask; count]);
        assert_eq!(answers.len(), count);
        line
    }

    fn top_up(&self, amount: &str) {
        let (merchant, amount, note) = (SITE.to_owned(), amount.to_owned(), "race".to_owned());
        self.ask(Request::Merchant(MerchantRequest::TopUp { merchant, amount, note }));
    }

    /// Rejects a payout, or lets it go and tops up: what is available covers one again.
    fn back_to_one(&self, payout: i64, reject: bool) {
        if reject {
            let reason = "The next round begins".to_owned();
            self.ask(Request::Payout(PayoutRequest::Reject { payout, reason }));
        } else {
            self.ask(Request::Payout(PayoutRequest::Approve { payout }));
            self.top_up(NEEDED);
        }
    }

    fn payouts(&self, reference: Option<&str>) -> Vec<i64> {
        let reference = reference.map(str::to_owned);
        let query = PayoutQuery { reference, limit: 1_000, ..PayoutQuery::default() };
        match self.ask(Request::Payout(PayoutRequest::List(query))) {
            Reply::Payouts(views) => views.iter().map(|PayoutView { id, .. }| *id).collect(),
            other => panic!("no list of payouts: {other:?}"),
        }
    }
}

/// Sends everything but each last byte, then all last bytes at once, and reads every answer.
fn race(line: &mut [Connection], requests: &[Vec<u8>]) -> Vec<Answer> {
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
fn fresh(round: &str) -> Vec<Vec<u8>> {
    let each =
        |place: usize| request(place % WITHDRAWALS.len(), &format!("{round}-{place}"), "250.00");
    (0..CONNECTIONS).map(each).collect()
}

fn request(sample: usize, trx: &str, amount: &str) -> Vec<u8> {
    let sample = &WITHDRAWALS[sample];
    let body = compact(sample.request).replace("456454646", trx).replace("250.00", amount);
    post(&format!("/api/withdraw/{}", sample.service.slug()), body.as_bytes())
}
