//! A whole desk for a test: a real store in a folder of its own, the engine, and the routes.

#![allow(dead_code, unused_imports, reason = "each test file uses its part")]

pub(crate) mod bodies;
mod fields;
pub(crate) mod shop;
pub(crate) mod socket;

pub(crate) mod applyfor;
pub(crate) mod pay_out;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use tempfile::TempDir;
use vezne_core::engine::merchant::{AddMerchant, EditMerchant};
use vezne_core::engine::top_up::TopUp;
use vezne_core::engine::{Bells, Engine, GroupRunner, Limits};
use vezne_core::model::approval::{Actor, Policy};
use vezne_core::model::channel;
use vezne_core::model::commission::Commission;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::{
    Access, Bank, Merchant, MerchantStatus, Mode, ReferenceScope, Terms,
};
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::payout::Payout;
use vezne_core::model::personal::Secret;
use vezne_core::model::time::Timestamp;
use vezne_core::port::{Clock, PayoutFilter, Random, Store};
use vezne_store::{MasterKey, OpenOptions, SqliteStore};
use vezne_web::{Metrics, Peer, WebSettings, WebState, router};
use vezne_wire::bankopay::samples::{self, Sample};

pub(crate) use fields::Fields;

/// The site and the key of the document's samples.
pub(crate) const SITE: &str = "1001";
pub(crate) const KEY: &str = "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU";

/// 17.02.2024 00:28:46 in Istanbul, the time of the document's answers.
const SAMPLE_TIME: i64 = 1_708_118_926_000_000;

pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn step(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).expect("a short step");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn ticks(&self) -> Duration {
        Duration::from_micros(self.now().micros().unsigned_abs())
    }
}

/// Different bytes each time, the same in each run.
#[derive(Default)]
struct Counting(AtomicU8);

impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.iter_mut().for_each(|byte| *byte = self.0.fetch_add(1, Ordering::SeqCst));
    }
}

pub(crate) struct Desk {
    pub(crate) web: Arc<WebState>,
    pub(crate) app: Router,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) merchant: MerchantId,
    _folder: TempDir,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn code(&self) -> u32 {
        let after = self.body.split_once("\"code\":").map_or("", |(_, after)| after);
        let digits = after.split(|letter: char| !letter.is_ascii_digit()).next();
        digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }
}

/// The parts of a desk before any merchant: what a test needs that stops the engine.
pub(crate) struct Parts {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) folder: TempDir,
}

pub(crate) fn parts() -> Parts {
    let folder = tempfile::tempdir().expect("a folder");
    let key = MasterKey::generate([7; 32]);
    let options = OpenOptions { migrate: true };
    let random: Arc<dyn Random> = Arc::new(Counting::default());
    let path = folder.path().join("desk.db");
    let store = SqliteStore::open(&path, &key, random, options).expect("a store");
    let clock = Arc::new(HandClock(AtomicI64::new(SAMPLE_TIME)));
    Parts { store, clock, folder }
}

pub(crate) fn engine(parts: &Parts, limits: Limits) -> (Engine, GroupRunner) {
    let store: Arc<dyn Store> = Arc::clone(&parts.store) as Arc<dyn Store>;
    let clock: Arc<dyn Clock> = Arc::clone(&parts.clock) as Arc<dyn Clock>;
    Engine::new(store, clock, limits, Bells::default())
}

pub(crate) fn web(parts: &Parts, engine: Engine, settings: WebSettings) -> Arc<WebState> {
    let store: Arc<dyn Store> = Arc::clone(&parts.store) as Arc<dyn Store>;
    let clock: Arc<dyn Clock> = Arc::clone(&parts.clock) as Arc<dyn Clock>;
    WebState::new(engine, store, clock, settings, Arc::new(Metrics::new()))
}

impl Desk {
    pub(crate) async fn open() -> Self {
        Self::with(WebSettings::default(), |_| ()).await
    }

    pub(crate) async fn of(edit: impl FnOnce(&mut Merchant)) -> Self {
        Self::with(WebSettings::default(), edit).await
    }

    pub(crate) async fn with(settings: WebSettings, edit: impl FnOnce(&mut Merchant)) -> Self {
        let desk = Self::empty(settings, edit).await;
        desk.top_up(100_000_000).await;
        desk
    }

    /// A desk whose merchant has no money.
    pub(crate) async fn empty(settings: WebSettings, edit: impl FnOnce(&mut Merchant)) -> Self {
        let parts = parts();
        let (engine, runner) = engine(&parts, Limits::default());
        tokio::spawn(runner.run());
        let mut merchant = sample_merchant();
        edit(&mut merchant);
        let add = AddMerchant { merchant, by: Actor::System };
        let merchant = engine.run(add).await.expect("the merchant is added");
        let web = web(&parts, engine, settings);
        let (app, Parts { store, clock, folder }) = (router(&web), parts);
        Self { web, app, store, clock, merchant, _folder: folder }
    }

    /// Adds another merchant.
    pub(crate) async fn add(&self, merchant: Merchant) -> MerchantId {
        let add = AddMerchant { merchant, by: Actor::System };
        self.web.engine.run(add).await.expect("the merchant is added")
    }

    pub(crate) async fn top_up(&self, minor: i64) {
        let directory = self.store.directory();
        let currency = directory.get(self.merchant).expect("the merchant").currency;
        let (merchant, amount) = (self.merchant, Money::new(minor, currency));
        let top_up = TopUp { merchant, amount, by: Actor::System, note: "test".to_owned() };
        self.web.engine.run(top_up).await.expect("the balance grows");
    }

    pub(crate) async fn edit(&self, mut edit: impl FnMut(&mut Merchant) + Send + 'static) {
        let edit = Box::new(move |merchant: &mut Merchant| {
            edit(merchant);
            Ok(())
        });
        let (merchant, detail) = (self.merchant, "test".to_owned());
        let edit = EditMerchant { merchant, edit, by: Actor::System, detail };
        self.web.engine.run(edit).await.expect("the merchant changes");
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.post_with(path, &[("content-type", "application/json")], body).await
    }

    pub(crate) async fn post_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let request = Request::post(path).extension(Peer(([192, 0, 2, 1], 4711).into()));
        let add = |request: axum::http::request::Builder, (name, value): &(&str, &str)| {
            request.header(*name, *value)
        };
        let request = headers.iter().fold(request, add);
        self.send(request.body(body.into()).expect("a request")).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.app, request).await
    }

    /// All payouts, newest first.
    pub(crate) async fn payouts(&self) -> Vec<Payout> {
        let filter = PayoutFilter { limit: 100, ..PayoutFilter::default() };
        self.store.payouts(filter).await.expect("the store answers").rows
    }
}

pub(crate) async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = TowerToHyperService::new(app.clone()).call(request).await.expect("infallible");
    let (head, body) = response.into_parts();
    let body = to_bytes(body, 4 << 20).await.expect("a body");
    let body = String::from_utf8(body.to_vec()).expect("text");
    Answer { status: head.status, headers: head.headers, body }
}

/// The merchant of the document's samples, whose references are unique per channel, as all its
/// samples print one `trx`.
pub(crate) fn sample_merchant() -> Merchant {
    let bank = |id, name: &str| Bank { id, name: name.to_owned() };
    Merchant {
        id: MerchantId(0),
        name: "Sample".to_owned(),
        mode: Mode::Sandbox,
        status: MerchantStatus::Active,
        currency: Currency::TRY,
        credit_limit_minor: 0,
        day_limit_minor: None,
        policy: Policy::default(),
        retry_refused: false,
        reference_scope: ReferenceScope::Channel,
        allowed_networks: Vec::new(),
        requests_per_second: Some(10_000),
        callback_base_url: None,
        endpoints: std::collections::BTreeMap::new(),
        webhook_secret: Secret::new("whsec_test"),
        former_webhook_secret: None,
        callback_version: 0,
        access: vec![access(SITE, KEY)],
        terms: channel::built_in().map(|channel| terms(channel.code.as_str())).collect(),
        banks: vec![bank(1, "Test - Garanti Bank"), bank(2, "Test - İş Bank")],
        options: Default::default(),
    }
}

pub(crate) fn access(login: &str, key: &str) -> Access {
    Access {
        dialect: "bankopay".into(),
        login: login.to_owned(),
        key: Secret::new(key),
        former_key: None,
        callback_key: Secret::new(key),
    }
}

pub(crate) fn terms(channel: &str) -> Terms {
    Terms {
        channel: channel.into(),
        commission: Commission::default(),
        receiver_commission: Commission::default(),
        amount: AmountLimit::default(),
        day_limit_minor: None,
        rail: None,
    }
}

/// The document's sample of a service.
pub(crate) fn sample(service: &str) -> Sample {
    let found = samples::WITHDRAWALS.into_iter().find(|sample| sample.service.slug() == service);
    found.expect("a service of the document")
}
