//! A desk that is told to stop finishes what is under way and starts nothing more.

use std::future::ready;
use std::sync::Arc;

use tokio::sync::Notify;
use vezne::worker::dispatch::DispatchSettings;
use vezne_core::model::payout::PayoutState;
use vezne_wire::bankopay::Service;

use crate::support::{Ask, Desk, Left, path};

const BACKLOG: usize = 100;

#[tokio::test]
async fn a_backlog_is_left_for_the_next_start() {
    let desk = Desk::open().await;
    let mut connection = desk.connect().await;
    for number in 0..BACKLOG {
        let body = Ask::bank(&format!("w{number}"), "1.00").body();
        let answer = connection.post(&path(Service::BankTransfer), body).await;
        assert_eq!(answer.code(), 200, "{}", answer.body);
    }
    desk.dispatch_worker().run(Arc::<Notify>::default(), ready(())).await;
    let count = |wanted: fn(&PayoutState) -> bool| {
        let payouts = desk.payouts();
        async move { payouts.await.iter().filter(|payout| wanted(&payout.state)).count() }
    };
    let begun = DispatchSettings::default().concurrency_per_merchant;
    assert_eq!(count(|state| matches!(state, PayoutState::Settled(_))).await, begun);
    assert_eq!(count(|state| *state == PayoutState::Approved).await, BACKLOG - begun);
    let left = i64::try_from(BACKLOG - begun).expect("few") * 100;
    desk.end(Left { due: begun, held: left, ..Left::default() }).await;
}
