//! What a desk does all day.

use std::time::Duration;

use vezne_core::engine::callback::{ClaimCallbacks, Composer};
use vezne_core::engine::dispatch::ClaimPayouts;
use vezne_core::engine::room::Room;
use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::port::{CallbackFilter, PayoutFilter};

use crate::support::{Backend, World};

/// Does each thing, and tells its name when it is done.
pub(crate) async fn operations<B: Backend>(world: &World<B>, mut note: impl FnMut(&str)) {
    world.submit("new-1", 100).await.expect("it is accepted");
    note("accept");
    for turn in 1..=2 {
        let (room, lease) = (Room::new(16, 8), Duration::from_secs(60));
        world.must(ClaimPayouts { room, lease, marker: None }).await;
        note(&format!("claim payouts {turn}"));
    }
    let room = vec![(MerchantId(1), 8), (MerchantId(2), 8)];
    world
        .must(ClaimCallbacks {
            room,
            most: usize::MAX,
            lease: Duration::from_secs(60),
            composer: Composer::default(),
        })
        .await;
    note("claim callbacks");
    for merchant in [None, Some(MerchantId(1)), Some(MerchantId(2))] {
        for state in [None, Some("settled"), Some("approved"), Some("returned")] {
            for before in [None, Some(PayoutId(1_500))] {
                let (state, limit) = (state.map(str::to_owned), 10);
                let filter = PayoutFilter { merchant, state, before, limit, ..Default::default() };
                world.store.payouts(filter.clone()).await.expect("they read");
                note(&format!("payouts {filter:?}"));
            }
        }
        let filter = PayoutFilter { merchant, in_doubt: true, limit: 10, ..Default::default() };
        world.store.payouts(filter).await.expect("they read");
        for (unsealed, set_aside) in [(true, false), (false, true)] {
            let filter =
                PayoutFilter { merchant, unsealed, set_aside, limit: 10, ..Default::default() };
            world.store.payouts(filter).await.expect("they read");
        }
        let filter = CallbackFilter { merchant, set_aside: true, limit: 10, ..Default::default() };
        world.store.callbacks(filter).await.expect("they read");
        let reference = Some("old-1700".to_owned());
        let filter = PayoutFilter { merchant, reference, limit: 10, ..Default::default() };
        world.store.payouts(filter).await.expect("they read");
        note(&format!("payouts in doubt and by reference of {merchant:?}"));
        for payout in [None, Some(PayoutId(1_006))] {
            for state in [None, Some("due"), Some("parked")] {
                let (state, limit) = (state.map(str::to_owned), 10);
                let filter = CallbackFilter { merchant, payout, state, limit, set_aside: false };
                world.store.callbacks(filter.clone()).await.expect("they read");
                note(&format!("callbacks {filter:?}"));
            }
        }
    }
    world.store.overview().await.expect("it reads");
    note("overview");
    assert!(world.store.payout(PayoutId(9_000_000)).await.expect("it reads").is_none());
    note("a payout that is not there");
}
