//! What nodes tell each other. [`alone_it_hears_nothing`] is for every store, the rest for those
//! that several nodes share.

use std::sync::Arc;

use vezne_core::model::identifier::{MerchantId, NodeId};
use vezne_core::model::usage::{MAX_USAGES, Usage, UsageSubject, merged};
use vezne_core::port::Store;

use crate::support::{Backend, SharedBackend};

fn node(number: u8) -> NodeId {
    NodeId::from_bytes([number; 16])
}

fn asked(merchant: i64, count: u32) -> Usage {
    Usage { subject: UsageSubject::Merchant(MerchantId(merchant)), count }
}

fn failed(network: &str, count: u32) -> Usage {
    let network = network.parse().expect("an address");
    Usage { subject: UsageSubject::FailedLogin(network), count }
}

async fn share(store: &Arc<dyn Store>, number: u8, used: &[Usage]) -> Vec<Usage> {
    store.share_usage(&node(number), used.to_vec()).await.expect("it is shared")
}

pub(crate) async fn alone_it_hears_nothing<B: Backend>() {
    let backend = B::fresh();
    let store = backend.open().await;
    for used in [vec![], vec![asked(1, 3)], vec![asked(1, 1), failed("192.0.2.1", 2)], vec![]] {
        assert_eq!(share(&store, 1, &used).await, []);
    }
}

/// Three nodes, the third on the opening of the first: who tells what, and what it hears.
pub(crate) async fn each_hears_of_the_others_once<B: SharedBackend>() {
    let backend = B::fresh();
    let (first, second) = (backend.open().await, backend.open_another().await);
    assert!(first.is_shared() && second.is_shared());
    let v6 = "2001:db8:1:2::";
    let script: [(u8, Vec<Usage>, Vec<Usage>); 17] = [
        // Told before anybody else takes part, so nobody hears of it.
        (1, vec![asked(7, 99)], vec![]),
        (2, vec![], vec![]),
        (3, vec![asked(7, 99)], vec![]),
        (1, vec![], vec![asked(7, 99)]),
        (2, vec![], vec![asked(7, 99)]),
        (1, vec![], vec![]),
        (3, vec![], vec![]),
        // Every kind of subject, and what was told in two calls or by two nodes is one sum.
        (1, vec![asked(1, 1), failed("192.0.2.1", 2), failed(v6, 3)], vec![]),
        (1, vec![asked(1, 4), asked(2, 1)], vec![]),
        (
            2,
            vec![asked(1, 10)],
            vec![asked(1, 5), asked(2, 1), failed("192.0.2.1", 2), failed(v6, 3)],
        ),
        (2, vec![], vec![]),
        (3, vec![], vec![asked(1, 15), asked(2, 1), failed("192.0.2.1", 2), failed(v6, 3)]),
        (1, vec![], vec![asked(1, 10)]),
        // A sum that is too large stays the largest.
        (1, vec![asked(i64::MAX, u32::MAX)], vec![]),
        (1, vec![asked(i64::MAX, u32::MAX)], vec![]),
        (2, vec![asked(i64::MAX, 1)], vec![asked(i64::MAX, u32::MAX)]),
        (3, vec![], vec![asked(i64::MAX, u32::MAX)]),
    ];
    for (step, (number, used, heard)) in script.into_iter().enumerate() {
        let store = if number == 2 { &second } else { &first };
        assert_eq!(share(store, number, &used).await, heard, "step {step}");
    }
}

pub(crate) async fn what_is_heard_is_bounded<B: SharedBackend>() {
    let backend = B::fresh();
    let (first, second) = (backend.open().await, backend.open_another().await);
    let most = i64::try_from(MAX_USAGES).expect("small");
    share(&second, 2, &[]).await;
    for (number, merchants, count) in [(1, 0..most, 1), (3, most..2 * most, 2)] {
        let used: Vec<_> = merchants.map(|merchant| asked(merchant, count)).collect();
        share(&first, number, &used).await;
    }
    let heard = share(&second, 2, &[]).await;
    assert_eq!(heard.len(), MAX_USAGES);
    assert!(heard.is_sorted_by_key(|usage| usage.subject), "in the order of subjects");
    assert_eq!(share(&second, 2, &[]).await, []);
}

/// Calls of several nodes overlap. In the end each has heard once of all that the others told.
pub(crate) async fn calls_that_overlap_lose_and_double_nothing<B: SharedBackend>() {
    let backend = B::fresh();
    let stores = [backend.open().await, backend.open_another().await, backend.open_another().await];
    let nodes: Vec<(Arc<dyn Store>, u8)> = stores.into_iter().zip(1..).collect();
    for (store, number) in &nodes {
        share(store, *number, &[]).await;
    }
    let telling = nodes.iter().map(|(store, number)| tell(Arc::clone(store), *number));
    let telling: Vec<_> = telling.map(tokio::spawn).collect();
    let mut heard = Vec::new();
    for task in telling {
        heard.push(task.await.expect("it ends"));
    }
    for ((store, number), mut heard) in nodes.iter().zip(heard) {
        heard.extend(share(store, *number, &[]).await);
        let others = (1..=3).filter(|other| other != number);
        let told = others.flat_map(own).map(|usage| Usage { count: usage.count * CALLS, ..usage });
        assert_eq!(merged(heard), merged(told), "node {number}");
    }
}

const CALLS: u32 = 50;

/// What a node uses between two calls: something that all use, and something of its own.
fn own(number: u8) -> Vec<Usage> {
    vec![asked(1, 1), asked(10 + i64::from(number), 1), failed("192.0.2.1", 2)]
}

async fn tell(store: Arc<dyn Store>, number: u8) -> Vec<Usage> {
    let mut heard = Vec::new();
    for _ in 0..CALLS {
        heard.extend(share(&store, number, &own(number)).await);
        tokio::task::yield_now().await;
    }
    heard
}
