//! Clocks that are set, and work that takes longer than it may.

use std::sync::Arc;
use std::time::Duration;

use vezne::worker::callbacks::CallbackSettings;
use vezne_core::model::identifier::DialectCode;
use vezne_core::model::payout::PayoutState;
use vezne_core::port::{Clock as _, Courier, Delivered, Delivery, Fault, Later};
use vezne_wire::bankopay::Service;

use crate::support::gate::Death;
use crate::support::{Ask, Desk, Left, path};

const MINUTE: Duration = Duration::from_secs(60);

async fn ask(desk: &Desk, trx: &str) {
    let answer = desk.post(&path(Service::BankTransfer), Ask::bank(trx, "250.00").body()).await;
    assert_eq!(answer.code(), 200, "{}", answer.body);
}

/// A payout whose worker died before anything left, so that its rail has nothing of it and says so
/// whenever it is asked.
async fn denied() -> Desk {
    let mut desk = Desk::open().await;
    ask(&desk, "w1").await;
    desk.dispatch_dies(Death::Before).await;
    for wait in [60, 10] {
        desk.clock.pass(Duration::from_secs(wait));
        assert_eq!(desk.dispatch().await, 1);
    }
    desk
}

/// The rail is asked once more, after so much has passed.
async fn asked_after(desk: &Desk, wait: Duration) -> PayoutState {
    desk.clock.pass(wait);
    assert_eq!(desk.dispatch().await, 1);
    desk.payout("w1").await.state
}

async fn settles(desk: Desk) {
    assert_eq!(desk.sent(), 0, "nothing was sent while the rail had not denied it for long enough");
    for _ in 0..2 {
        asked_after(&desk, 3 * MINUTE).await;
    }
    assert!(matches!(desk.payout("w1").await.state, PayoutState::Settled(_)));
    assert_eq!(desk.sent(), 1);
    desk.tell().await;
    desk.end(Left::default()).await;
}

#[tokio::test]
async fn a_clock_that_is_set_on_sends_nothing_again_sooner() {
    let desk = denied().await;
    let before = desk.clock.ticks();
    for set_on in [3 * MINUTE, 24 * 60 * MINUTE] {
        desk.clock.set_on(set_on);
        assert!(asked_after(&desk, Duration::from_secs(20)).await.in_doubt());
    }
    assert!(desk.clock.ticks() - before < 2 * MINUTE);
    settles(desk).await;
}

#[tokio::test]
async fn a_restart_begins_the_span_of_denials_anew() {
    let mut desk = denied().await;
    desk.restart().await;
    assert!(asked_after(&desk, 10 * MINUTE).await.in_doubt(), "this process heard it once");
    settles(desk).await;
}

/// A courier that falls where composing is to take no time, and otherwise composes for ever.
struct Slow;

impl Courier for Slow {
    fn speaks(&self, _: &DialectCode) -> bool {
        true
    }

    fn compose_at_once(&self, _: &Delivery) -> Option<Vec<u8>> {
        panic!("it falls")
    }

    fn compose<'a>(&'a self, _: &'a Delivery) -> Later<'a, Result<Vec<u8>, Fault>> {
        Box::pin(std::future::pending())
    }

    fn deliver<'a>(
        &'a self,
        _: &'a Delivery,
        _: vezne_core::model::time::Timestamp,
    ) -> Later<'a, Delivered> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn an_attempt_that_outlives_its_lease_has_failed_and_moves_a_step() {
    let desk = Desk::open().await;
    ask(&desk, "w1").await;
    desk.dispatch().await;
    let mut worker = desk.callback_worker();
    worker.courier = Arc::new(Slow);
    worker.settings.lease = Duration::from_millis(200);
    assert_eq!(worker.step().await, 1);
    let callback = desk.callbacks().await.remove(0);
    assert_eq!((callback.attempts, callback.failure_step), (1, 1));
    let attempts = desk.store().attempts(callback.id).await.expect("the store answers");
    assert!(attempts[0].detail.contains("within its lease"), "{attempts:?}");
    desk.clock.pass(MINUTE);
    desk.tell().await;
    desk.end(Left::default()).await;
}

/// More merchants than there is room for: no more at once than the room, and everybody in turn.
#[tokio::test]
async fn callbacks_under_way_are_no_more_than_configured() {
    let desk = Desk::open().await;
    let url = Some(desk.receiver.url());
    for site in 2_001..=2_004 {
        desk.add_merchant(site, url.clone(), false).await;
        desk.top_up(site, "1000.00").await;
    }
    for site in [1_001, 2_001, 2_002, 2_003, 2_004] {
        let body = Ask::bank(&format!("w{site}"), "1.00").set("site_id", &site.to_string()).body();
        let answer = desk.post(&path(Service::BankTransfer), body).await;
        assert_eq!(answer.code(), 200, "{}", answer.body);
    }
    desk.dispatch().await;
    let mut worker = desk.callback_worker();
    worker.settings = CallbackSettings { concurrency: 2, ..worker.settings };
    for expected in [2, 2, 1, 0] {
        assert_eq!(worker.step().await, expected);
    }
    desk.end(Left::default()).await;
}
