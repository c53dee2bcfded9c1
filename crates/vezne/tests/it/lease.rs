//! A worker that was away for longer than its lease does nothing outside any more.

use std::time::Duration;

use vezne::worker::dispatch::DispatchSettings;
use vezne_core::model::payout::{Dispatch, PayoutState, Progress};
use vezne_wire::bankopay::Service;

use crate::support::{Ask, Desk, Left, path};

async fn dispatched(desk: &Desk, trx: &str) -> Dispatch {
    match desk.payout(trx).await.state {
        PayoutState::Dispatched(dispatch) => dispatch,
        other => panic!("{trx} is {other:?}"),
    }
}

async fn ask(desk: &Desk, trx: &str, amount: &str) {
    let body = Ask::bank(trx, amount).body();
    let answer = desk.post(&path(Service::BankTransfer), body).await;
    assert_eq!(answer.code(), 200, "{}", answer.body);
}

/// With no lease at all, every claim takes longer than its lease.
fn late() -> DispatchSettings {
    DispatchSettings { lease: Duration::ZERO, ..DispatchSettings::default() }
}

#[tokio::test]
async fn a_send_that_would_come_too_late_is_not_begun() {
    let desk = Desk::open().await;
    ask(&desk, "w1", "250.00").await;
    assert_eq!(desk.dispatch_worker_at(late()).step().await, 1);
    assert_eq!(dispatched(&desk, "w1").await.progress, Progress::Unsent);
    assert_eq!(desk.sent(), 0, "the rail was not called");
    desk.clock.pass(Duration::from_secs(5));
    desk.dispatch().await;
    assert!(matches!(desk.payout("w1").await.state, PayoutState::Settled(_)));
    assert_eq!(desk.sent(), 1);
    desk.tell().await;
    desk.end(Left::default()).await;
}

#[tokio::test]
async fn a_question_that_would_come_too_late_is_left_to_the_next_claim() {
    let desk = Desk::open().await;
    ask(&desk, "w1", "250.02").await;
    desk.dispatch().await;
    desk.clock.pass(Duration::from_secs(40));
    assert_eq!(desk.dispatch_worker_at(late()).step().await, 1);
    assert_eq!(dispatched(&desk, "w1").await.progress, Progress::Accepted);
    desk.dispatch().await;
    assert!(matches!(desk.payout("w1").await.state, PayoutState::Settled(_)));
    desk.tell().await;
    desk.end(Left::default()).await;
}
