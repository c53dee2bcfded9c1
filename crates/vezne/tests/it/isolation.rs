//! Notifications of the /applyfor dialect to merchants of every character, side by side: what one
//! merchant's server does is nobody else's delay.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpSocket;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use vezne::worker::callbacks::CallbackSettings;
use vezne_core::engine::merchant::EditMerchant;
use vezne_core::engine::submit::{Submission, SubmitPayout};
use vezne_core::model::approval::Actor;
use vezne_core::model::beneficiary::Beneficiary;
use vezne_core::model::callback::{AttemptOutcome, Callback, CallbackState, CallbackTarget};
use vezne_core::model::identifier::{DialectCode, MerchantId};
use vezne_core::model::merchant::{Access, Merchant};
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::payout::ContentDigest;
use vezne_core::model::personal::Secret;
use vezne_core::port::Clock as _;
use vezne_wire::applyfor::{Details, Note, Notification, NotificationFormat, SigningKey};
use vezne_wire::secret::SecretText;

use crate::support::http::PATIENCE;
use crate::support::receiver::Receiver;
use crate::support::{Desk, Left, Received, Reply, Setup};

const SECRET: &str = "S3cret-of-the-merchant";
const ROUNDS: usize = 10;
const PAYOUTS_PER_ROUND: usize = 10;
const PAYOUTS: usize = ROUNDS * PAYOUTS_PER_ROUND;

/// Longer than a healthy merchant may wait.
const SLOWNESS: Duration = Duration::from_secs(5);

/// What 99 of 100 of a healthy merchant's notifications are faster than, from before the payment.
const BOUND: Duration = Duration::from_secs(2);

fn dialect() -> DialectCode {
    "applyfor".into()
}

/// A merchant that speaks /applyfor, and where its requests say that it is told.
#[derive(Clone)]
struct Shop {
    merchant: MerchantId,
    notify_url: String,
}

impl Shop {
    async fn open(desk: &Desk, site: u64, notify_url: String) -> Self {
        let merchant = MerchantId(desk.add_merchant(site, None, false).await.merchant);
        desk.top_up(site, "10000.00").await;
        let edit = Box::new(move |merchant: &mut Merchant| {
            merchant.access.push(Access {
                dialect: dialect(),
                login: format!("shop{site}"),
                key: Secret::new(SECRET),
                former_key: None,
                callback_key: Secret::new(SECRET),
            });
            Ok(())
        });
        let (by, detail) = (Actor::Operator("ayse".into()), "speaks /applyfor".to_owned());
        let edit = EditMerchant { merchant, edit, by, detail };
        desk.assembly().engine.run(edit).await.expect("it is changed");
        Self { merchant, notify_url }
    }

    fn submission(&self, orderid: String) -> Submission {
        let note = Note {
            currency: "TRY".into(),
            amount: "10.00".into(),
            notify_url: self.notify_url.clone(),
            format: NotificationFormat::Form,
            userip: "127.0.0.1".into(),
            details: Details::default(),
            extras: Vec::new(),
        };
        Submission {
            reference: orderid,
            content: ContentDigest([0; 16]),
            channel: "bank-transfer".into(),
            amount: Money::new(1_000, Currency::TRY),
            beneficiary: Beneficiary {
                name: "Ahmet Demir".into(),
                account: "TR330006100519786457841326".into(),
                bank: None,
                bank_name: None,
                identity: None,
                birth_date: None,
            },
            note: note.to_bytes(),
            callback_to: CallbackTarget::Url(self.notify_url.clone()),
        }
    }

    fn submit(&self, desk: &Desk, orderid: String) -> SubmitPayout {
        let directory = desk.store().directory();
        let merchant: &Arc<Merchant> = directory.get(self.merchant).expect("it was added");
        let proof = merchant.authenticate(&dialect(), SECRET, desk.clock.now());
        SubmitPayout::new(proof.expect("its own key"), self.submission(orderid))
    }

    async fn callbacks(&self, desk: &Desk) -> Vec<Callback> {
        let all = desk.callbacks().await.into_iter();
        all.filter(|callback| callback.merchant == self.merchant).collect()
    }
}

/// One round of payouts of all shops, asked for and paid. Returns when the payments began.
async fn round(desk: &Desk, shops: &[&Shop], number: usize) -> Instant {
    let mut asked = JoinSet::new();
    for at in 0..PAYOUTS_PER_ROUND {
        for shop in shops {
            let submit = shop.submit(desk, format!("order-{}", number * PAYOUTS_PER_ROUND + at));
            let engine = desk.assembly().engine.clone();
            asked.spawn(async move { engine.run(submit).await.expect("it is accepted") });
        }
    }
    asked.join_all().await;
    let start = Instant::now();
    let mut paid = 0;
    while paid < shops.len() * PAYOUTS_PER_ROUND {
        paid += desk.dispatch().await;
    }
    start
}

fn told(received: &Received) -> Notification {
    let key = SigningKey::new(SecretText::new(SECRET));
    let content_type = received.header("content-type");
    Notification::decode(content_type, &received.body, &key).expect("it is signed")
}

/// How long each order's notification took.
fn waits(received: &[Received], starts: &[Instant]) -> Vec<Duration> {
    let came: HashMap<String, Instant> =
        received.iter().map(|one| (told(one).orderid, one.at)).collect();
    assert_eq!(came.len(), received.len(), "each order is told once");
    let wait = |at: usize| came[&format!("order-{at}")] - starts[at / PAYOUTS_PER_ROUND];
    (0..PAYOUTS).map(wait).collect()
}

fn due(callbacks: &[Callback]) -> usize {
    callbacks.iter().filter(|one| matches!(one.state, CallbackState::Due(_))).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_merchant_is_told_in_time_beside_a_slow_a_refusing_and_a_dead_one() {
    let callbacks =
        CallbackSettings { concurrency: 32, concurrency_per_merchant: 8, ..Default::default() };
    let attempt_timeout = SLOWNESS * 2;
    let desk = Desk::with(Setup { callbacks, attempt_timeout, ..Setup::default() }).await;
    let [healthy, slow, refusing] =
        [Receiver::start().await, Receiver::start().await, Receiver::start().await];
    healthy.always(Reply::Success(Duration::ZERO));
    slow.always(Reply::Success(SLOWNESS));
    refusing.always(Reply::Fail);
    // A port that is taken, so that no other server gets it, and that nobody listens on.
    let dead = TcpSocket::new_v4().expect("a socket");
    dead.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let dead_address = dead.local_addr().expect("an address");
    let url = |address| format!("http://{address}/notify.php?shop=1");
    let slow_shop = Shop::open(&desk, 2001, url(slow.address)).await;
    let refusing_shop = Shop::open(&desk, 2002, url(refusing.address)).await;
    let dead_shop = Shop::open(&desk, 2003, url(dead_address)).await;
    let healthy_shop = Shop::open(&desk, 2004, url(healthy.address)).await;
    // The healthy one's are the last of every round.
    let shops = [&slow_shop, &refusing_shop, &dead_shop, &healthy_shop];

    let bell = desk.assembly().bells.callbacks.clone();
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    let (failed, mut failures) = watch::channel(0);
    let mut worker = desk.callback_worker();
    worker.on_attempt = Arc::new(move |_, outcome| {
        failed.send_modify(|count| *count += usize::from(*outcome == AttemptOutcome::Failed));
    });
    let running = tokio::spawn(worker.run(bell, async move { stopped.notified().await }));
    let mut starts = Vec::new();
    for number in 0..ROUNDS {
        starts.push(round(&desk, &shops, number).await);
    }
    let received = healthy.came(PAYOUTS).await;
    let mut waits = waits(&received, &starts);
    waits.sort();
    let p99 = waits[PAYOUTS * 99 / 100 - 1];
    assert!(p99 < BOUND, "{p99:?}: {waits:?}");
    assert!(received.iter().all(|one| told(one).is_paid()));
    let unfinished = due(&slow_shop.callbacks(&desk).await);
    assert!(unfinished > 0, "the slow one was too fast to be in anybody's way");

    // Their own troubles cost the others nothing either: each was tried, and none is lost.
    let all_failed = failures.wait_for(|count| *count == 2 * PAYOUTS);
    let all_failed = tokio::time::timeout(PATIENCE, all_failed).await.expect("each is tried");
    drop(all_failed.expect("the worker runs"));
    stop.notify_one();
    running.await.expect("the worker ends");
    for shop in [&refusing_shop, &dead_shop] {
        let callbacks = shop.callbacks(&desk).await;
        assert_eq!((callbacks.len(), due(&callbacks)), (PAYOUTS, PAYOUTS));
        assert!(callbacks.iter().all(|one| one.attempts == 1), "{:?}", shop.notify_url);
    }
    assert_eq!(due(&healthy_shop.callbacks(&desk).await), 0);
    drop(dead);
    let left = due(&desk.callbacks().await);
    desk.end(Left { due: left, ..Left::default() }).await;
}
