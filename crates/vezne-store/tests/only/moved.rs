//! A PostgreSQL database knows when it stands elsewhere than it was begun.

use std::process::Command;
use std::sync::Arc;

use vezne_core::engine::quarantine::{CompareMarker, ReleaseQuarantine};
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::quarantine::{DeskState, Marker};
use vezne_testbed::{Database, bin};

use crate::support::postgres::Postgres;
use crate::support::{Backend, FakeClock, NOON, World};

/// Restores a dump of a database into a fresh one.
fn restored(original: &Database) -> Postgres {
    let copy = Postgres::fresh();
    let program = bin("pg_dump").expect("PostgreSQL is installed");
    let dump = Command::new(program).arg(original.url()).output().expect("pg_dump runs");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let sql = String::from_utf8(dump.stdout).expect("a dump is text");
    vezne_testbed::psql(copy.database.url(), &sql).expect("it is restored");
    copy
}

async fn opened(backend: Postgres) -> World<Postgres> {
    World::on(backend, Arc::new(FakeClock::at(NOON))).await
}

/// A node starts.
async fn start(world: &World<Postgres>, marker: Option<Marker>) -> DeskState {
    world.must(CompareMarker { marker, alone: false }).await
}

#[tokio::test]
async fn a_restored_dump_is_in_quarantine_until_it_is_released() {
    let world = World::<Postgres>::new().await;
    world.settled("r-1", 1_000).await;
    let original = start(&world, None).await;
    assert!(!original.moved && original.quarantine.is_none());
    let copy = restored(&world.backend.database);
    world.finish().await;

    let world = opened(copy).await;
    let moved = world.store.desk_state().await.expect("it reads");
    assert_eq!(moved, DeskState { moved: true, ..original.clone() });
    let trusted = start(&world, Some(Marker::of(&original))).await;
    assert_eq!(trusted.quarantine, None, "this node has seen nothing that is not there");
    let begun = start(&world, None).await;
    let quarantine = begun.quarantine.expect("it may be a copy");
    assert_eq!(quarantine.reason, "it stands on another server than it was begun on");

    let (after, by) = (PayoutId(0), Actor::System);
    world.must(ReleaseQuarantine { after, limit: 9, by }).await;
    let world = world.reopen().await;
    assert_eq!(start(&world, None).await.quarantine, None, "its new home is known");
    world.finish().await;
}
