//! A rail that hangs fills its own places: another rail's payouts, and another merchant's with the
//! same rail, go on beside it.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;
use vezne::worker::dispatch::DispatchSettings;
use vezne_core::engine::merchant::AddMerchant;
use vezne_core::engine::submit::{Submission, SubmitPayout};
use vezne_core::engine::top_up::TopUp;
use vezne_core::model::approval::{Actor, Policy};
use vezne_core::model::beneficiary::Beneficiary;
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::commission::Commission;
use vezne_core::model::identifier::{DialectCode, MerchantId, PayoutId, RailCode};
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::{Access, Merchant, MerchantStatus, Mode, ReferenceScope, Terms};
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::payout::{ContentDigest, PayoutState};
use vezne_core::model::personal::Secret;
use vezne_core::model::rail::{PaymentOrder, RailAnswer, RailReturn};
use vezne_core::model::time::Timestamp;
use vezne_core::port::{Clock as _, Later, PayoutFilter, Rail};

use crate::support::http::PATIENCE;
use crate::support::{Desk, Left};

const KEY: &str = "S3cret-of-the-merchant";

/// A rail that takes every order and never answers.
#[derive(Default)]
struct Hanging {
    asked: Mutex<Vec<PayoutId>>,
}

/// A rail that pays at once.
struct Quick;

impl Rail for Hanging {
    fn code(&self) -> RailCode {
        "hanging".into()
    }

    fn send<'a>(&'a self, order: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        self.asked.lock().expect("no test panicked here").push(order.payout);
        Box::pin(pending())
    }

    fn status<'a>(&'a self, _: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        Box::pin(pending())
    }

    fn returns(&self, _: Timestamp) -> Later<'_, Vec<RailReturn>> {
        Box::pin(async { Vec::new() })
    }

    fn forget_return<'a>(&'a self, _: &'a str) -> Later<'a, ()> {
        Box::pin(async {})
    }
}

impl Rail for Quick {
    fn code(&self) -> RailCode {
        "quick".into()
    }

    fn send<'a>(&'a self, _: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        Box::pin(async { RailAnswer::Settled { rail_reference: None } })
    }

    fn status<'a>(&'a self, order: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        self.send(order)
    }

    fn returns(&self, _: Timestamp) -> Later<'_, Vec<RailReturn>> {
        Box::pin(async { Vec::new() })
    }

    fn forget_return<'a>(&'a self, _: &'a str) -> Later<'a, ()> {
        Box::pin(async {})
    }
}

fn dialect() -> DialectCode {
    "bankopay".into()
}

/// A live merchant whose bank transfers go by the rail that hangs, and the others by the quick one.
fn merchant(login: &str) -> Merchant {
    let terms = |channel: &str, rail: &str| Terms {
        channel: channel.into(),
        commission: Commission::default(),
        receiver_commission: Commission::default(),
        amount: AmountLimit::default(),
        day_limit_minor: None,
        rail: Some(rail.into()),
    };
    Merchant {
        id: MerchantId(0),
        name: login.to_owned(),
        mode: Mode::Live,
        status: MerchantStatus::Active,
        currency: Currency::TRY,
        credit_limit_minor: 0,
        day_limit_minor: None,
        policy: Policy { approve_below_minor: Some(1_000) },
        retry_refused: false,
        reference_scope: ReferenceScope::Merchant,
        allowed_networks: Vec::new(),
        requests_per_second: None,
        callback_base_url: None,
        endpoints: BTreeMap::new(),
        webhook_secret: Secret::new("webhook"),
        former_webhook_secret: None,
        callback_version: 0,
        access: vec![Access {
            dialect: dialect(),
            login: login.to_owned(),
            key: Secret::new(KEY),
            former_key: None,
            callback_key: Secret::new(KEY),
        }],
        terms: vec![terms("bank-transfer", "hanging"), terms("papara", "quick")],
        banks: Vec::new(),
        options: BTreeMap::new(),
    }
}

async fn add(desk: &Desk, login: &str) -> MerchantId {
    let engine = &desk.assembly().engine;
    let (merchant, by) = (merchant(login), Actor::System);
    let merchant = engine.run(AddMerchant { merchant, by: by.clone() }).await.expect("it is added");
    let (amount, note) = (Money::new(1_000_000, Currency::TRY), String::new());
    engine.run(TopUp { merchant, amount, by, note }).await.expect("it is booked");
    merchant
}

async fn submit(desk: &Desk, merchant: MerchantId, channel: &str, number: usize) -> PayoutId {
    let directory = desk.store().directory();
    let proof = directory.get(merchant).expect("it was added").authenticate(
        &dialect(),
        KEY,
        desk.clock.now(),
    );
    let submission = Submission {
        reference: format!("{channel}-{number}"),
        content: ContentDigest([0; 16]),
        channel: channel.into(),
        amount: Money::new(100, Currency::TRY),
        beneficiary: Beneficiary {
            name: "Ahmet Demir".into(),
            account: "TR330006100519786457841326".into(),
            bank: None,
            bank_name: None,
            identity: None,
            birth_date: None,
        },
        note: Vec::new(),
        callback_to: CallbackTarget::Nowhere,
    };
    let submit = SubmitPayout::new(proof.expect("its own key"), submission);
    desk.assembly().engine.run(submit).await.expect("it is accepted").payout
}

async fn settled(desk: &Desk) -> usize {
    let filter = PayoutFilter { state: Some("settled".into()), limit: 100, ..Default::default() };
    desk.store().payouts(filter).await.expect("they read").rows.len()
}

#[tokio::test]
async fn a_rail_that_hangs_holds_only_its_own_places() {
    let desk = Desk::open().await;
    let (busy, other) = (add(&desk, "busy").await, add(&desk, "other").await);
    for number in 0..30 {
        submit(&desk, busy, "bank-transfer", number).await;
    }
    let hanging = Arc::new(Hanging::default());
    let rails: Vec<Arc<dyn Rail>> = vec![Arc::<Hanging>::clone(&hanging), Arc::new(Quick)];
    let pace =
        DispatchSettings { concurrency: 8, concurrency_per_merchant: 8, ..Default::default() };
    let (worker, bell) = (desk.dispatch_worker_on(rails, pace), Arc::<Notify>::default());
    let working = tokio::spawn(worker.run(Arc::clone(&bell), pending()));
    let asked = || hanging.asked.lock().expect("no test panicked here").clone();
    let wait = async |done: &dyn Fn(usize) -> bool| {
        let patient = async {
            while !done(settled(&desk).await) {
                bell.notify_one();
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, patient).await.expect("it goes on");
    };
    wait(&|_| asked().len() == 4).await;
    for number in 0..5 {
        submit(&desk, busy, "papara", number).await;
    }
    submit(&desk, other, "papara", 0).await;
    wait(&|settled| settled == 6).await;
    let late = submit(&desk, other, "bank-transfer", 0).await;
    wait(&|_| asked().contains(&late)).await;
    assert_eq!(asked().len(), 5, "the one with a backlog got no more than half");
    working.abort();
    assert!(working.await.is_err_and(|error| error.is_cancelled()));
    let state = desk.store().payout(late).await.expect("it reads").expect("it is there").state;
    assert!(matches!(state, PayoutState::Dispatched(_)), "{state:?}");
    desk.end(Left { held: 31 * 100, ..Left::default() }).await;
}
