//! A payout that a group saw without a seal, and that was sealed before the group set it aside.

use vezne_core::engine::approve::Approve;
use vezne_core::model::approval::Actor;

use crate::support::postgres::Postgres;
use crate::support::{Backend, OLD_KEY_CHECK, World};

/// Seals the payouts as they were, and commits only when somebody waits for one of them.
const SEAL: &str = "SET session_replication_role = replica; BEGIN; \
     UPDATE payout SET seal = kept.seal, set_aside_at = NULL FROM kept WHERE kept.id = payout.id; \
     SELECT pg_advisory_lock(77); \
     DO $$ BEGIN LOOP \
         PERFORM pg_stat_clear_snapshot(); \
         EXIT WHEN EXISTS (SELECT 1 FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event_type = 'Lock'); \
     END LOOP; END $$; \
     COMMIT";

const IS_HELD: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 77 \
     AND granted";

#[tokio::test]
async fn it_is_not_set_aside() {
    let world = World::<Postgres>::new().await;
    let first = world.submit("r-1", 1_000).await.expect("it is accepted");
    let approve = Approve { payout: first.payout, by: Actor::Operator("ayse".into()) };
    world.must(approve).await;
    let (backend, clock) = world.close().await;
    let check = Postgres::bytes(OLD_KEY_CHECK);
    backend.by_hand("CREATE TABLE kept AS SELECT id, seal FROM payout");
    backend.by_hand("UPDATE payout SET seal = NULL");
    backend.by_hand(&format!("UPDATE meta SET value = {check} WHERE name = 'key_check'"));
    let world = World::on(backend, clock).await;
    let url = world.backend.database.admin_url().to_owned();
    let sealing = std::thread::spawn(move || vezne_testbed::psql(&url, SEAL).map(drop));
    while world.backend.database.sql(IS_HELD).expect("it is SQL").trim() != "1" {
        tokio::task::yield_now().await;
    }
    // The repeat looks at it without a lock, sees no seal, and waits to set it aside.
    assert!(world.submit("r-1", 1_000).await.expect("it is the same").replayed);
    sealing.join().expect("it ends").expect("they are sealed");
    world.backend.by_hand("DROP TABLE kept");
    let aside = world.store.overview().await.expect("it reads").set_aside;
    assert_eq!(aside.payouts, 0);
    assert_eq!(world.claim().await.len(), 1);
    world.close().await;
}
