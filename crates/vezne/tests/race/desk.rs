//! The desk that is raced for.

use std::net::SocketAddr;

use vezne::control::request::{
    MerchantRequest, MerchantSettings, NewAccess, NewMerchant, PayoutQuery, PayoutRequest, Request,
    TermsSettings,
};
use vezne::control::view::{PayoutView, Reply};
use vezne_wire::bankopay::samples::{BANK_LIST_REQUEST, WITHDRAWALS, compact};

use crate::judge::ACCEPTED;
use crate::line::race;
use crate::program::{Installation, Serving};
use crate::wire::{Connection, post};

const SITE: &str = "1001";
const KEY: &str = "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU";

/// The samples' amount with a commission of 1.5 percent and one lira: what one payout needs.
const NEEDED: &str = "254.75";
pub(crate) const ONE_KURUS_LESS: &str = "254.74";

/// How often the servers are asked whether they know the merchant.
const LOOKS: u32 = 1_000;

/// One server or several on one database, with the samples' merchant, whose payouts all wait for a
/// person.
pub(crate) struct Desk {
    installations: Vec<Installation>,
    running: Vec<(Serving, SocketAddr)>,
}

impl Desk {
    pub(crate) fn open(installations: Vec<Installation>) -> Self {
        let running = installations.iter().map(Installation::serve).collect();
        let desk = Self { installations, running };
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
        self.installations[0].ask(request).unwrap()
    }

    /// Connections that have been answered before, to all servers by turns.
    pub(crate) fn warmed(&self, count: usize) -> Vec<Connection> {
        let addresses = self.running.iter().map(|(_, address)| *address).cycle();
        let mut line: Vec<_> =
            addresses.take(count).map(|address| Connection::open(address).unwrap()).collect();
        let ask = post("/api/bank-list/", compact(BANK_LIST_REQUEST).as_bytes());
        for _ in 0..LOOKS {
            let answers = race(&mut line, &vec![ask.clone(); count]);
            // A server may not have heard of the merchant yet.
            if answers.iter().all(|answer| answer.code == ACCEPTED) {
                return line;
            }
        }
        panic!("the servers do not know the merchant");
    }

    /// The books are right.
    pub(crate) fn audit(&self) {
        self.installations[0].audit().unwrap();
    }

    pub(crate) fn top_up(&self, amount: &str) {
        let (merchant, amount, note) = (SITE.to_owned(), amount.to_owned(), "race".to_owned());
        self.ask(Request::Merchant(MerchantRequest::TopUp { merchant, amount, note }));
    }

    /// Rejects a payout, or lets it go and tops up: what is available covers one again.
    pub(crate) fn back_to_one(&self, payout: i64, reject: bool) {
        if reject {
            let reason = "The next round begins".to_owned();
            self.ask(Request::Payout(PayoutRequest::Reject { payout, reason }));
        } else {
            self.ask(Request::Payout(PayoutRequest::Approve { payout }));
            self.top_up(NEEDED);
        }
    }

    pub(crate) fn payouts(&self, reference: Option<&str>) -> Vec<i64> {
        let reference = reference.map(str::to_owned);
        let query = PayoutQuery { reference, limit: 1_000, ..PayoutQuery::default() };
        match self.ask(Request::Payout(PayoutRequest::List(query))) {
            Reply::Payouts(views) => views.iter().map(|PayoutView { id, .. }| *id).collect(),
            other => panic!("no list of payouts: {other:?}"),
        }
    }
}
