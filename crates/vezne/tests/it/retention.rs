//! Ten years on: what was answered once is answered again, and what is long done is gone.

use std::sync::Arc;
use std::time::Duration;

use vezne::worker::retention::RetentionWorker;
use vezne_core::model::retention::{Pruned, Retention};
use vezne_core::port::CallbackFilter;
use vezne_wire::bankopay::Service;

use crate::support::{Ask, Desk, Left, path};

const YEAR: Duration = Duration::from_secs(366 * 24 * 3_600);

async fn ask(desk: &Desk, trx: &str, amount: &str) -> String {
    desk.post(&path(Service::BankTransfer), Ask::bank(trx, amount).body()).await.body
}

fn worker(desk: &Desk) -> RetentionWorker {
    let (store, clock) = (Arc::clone(desk.store()), Arc::clone(&desk.assembly().clock));
    RetentionWorker { store, clock, retention: Retention::default() }
}

#[tokio::test]
async fn ten_years_later_everything_is_answered_as_before() {
    let mut desk = Desk::open().await;
    let (paid, refused) = (ask(&desk, "w1", "250.00").await, ask(&desk, "w2", "9000.00").await);
    assert!(paid.contains("\"code\":200,"), "{paid}");
    assert!(refused.contains("\"code\":20026"), "{refused}");
    desk.dispatch().await;
    desk.tell().await;
    assert_eq!(worker(&desk).step().await, Ok(Pruned::default()), "it is all young");
    desk.clock.pass(10 * YEAR);
    let gone = Pruned { callbacks: 1, refusals: 1, proofs: 0 };
    assert_eq!(worker(&desk).step().await, Ok(gone));
    assert_eq!(worker(&desk).step().await, Ok(Pruned::default()));
    desk.restart().await;
    assert_eq!(ask(&desk, "w1", "250.00").await, paid);
    assert_eq!(ask(&desk, "w2", "9000.00").await, refused);
    let again = ask(&desk, "w2", "1.00").await;
    assert!(again.contains("\"code\":20026"), "an amount that fits does not open it: {again}");
    let filter = CallbackFilter { limit: 9, ..CallbackFilter::default() };
    let callbacks = desk.store().callbacks(filter).await.expect("they read");
    assert_eq!(callbacks.rows.len(), 1);
    for callback in callbacks.rows {
        assert_eq!((callback.body.is_none(), callback.attempts), (true, 1));
        assert!(desk.store().attempts(callback.id).await.expect("they read").is_empty());
    }
    desk.end(Left::default()).await;
}
