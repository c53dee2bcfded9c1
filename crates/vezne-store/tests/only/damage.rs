//! One row that does not read stops nothing but itself.

use rusqlite::Connection;
use vezne_core::engine::approve::Approve;
use vezne_core::engine::callback::{ClaimCallbacks, Composer};
use vezne_core::engine::dispatch::Task;
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::MerchantId;

use crate::support::World;
use crate::support::sqlite::Sqlite;

/// Flips what is sealed of a payout, as a bad disk would.
fn damage(world: &World<Sqlite>, payout: i64) {
    let connection = Connection::open(world.backend.path()).expect("it opens");
    let damage = "DROP TRIGGER payout_terms_stay; UPDATE payout SET private = x'00' WHERE id = ";
    connection.execute_batch(&format!("{damage}{payout}")).expect("it is damaged");
}

#[tokio::test]
async fn a_damaged_payout_keeps_no_other_from_being_sent() {
    let world = World::<Sqlite>::new().await;
    let bad = world.accepted("r-1", 100).await;
    let good = world.accepted("r-2", 100).await;
    for payout in [bad, good] {
        world.must(Approve { payout, by: Actor::Policy }).await;
    }
    damage(&world, bad.0);
    let tasks = world.claim().await;
    assert!(matches!(&tasks[..], [Task::Send(payout)] if payout.id == good), "{tasks:?}");
    world.close().await;
}

#[tokio::test]
async fn a_damaged_payout_keeps_no_other_callback_from_being_told() {
    let world = World::<Sqlite>::new().await;
    let bad = world.settled("r-1", 100).await;
    let good = world.settled("r-2", 100).await;
    damage(&world, bad.0);
    let (room, lease) = (vec![(MerchantId(1), 9)], std::time::Duration::from_secs(60));
    let told = world
        .must(ClaimCallbacks { room, most: usize::MAX, lease, composer: Composer::default() })
        .await;
    let told: Vec<_> = told.iter().map(|delivery| delivery.payout.id).collect();
    assert_eq!(told, [good]);
    world.close().await;
}
