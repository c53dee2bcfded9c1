//! Token keys: seen at once, and kept over a restart.

use std::time::Duration;

use vezne_core::engine::token_keys::RotateTokenKey;
use vezne_core::model::approval::Actor;
use vezne_core::model::personal::Secret;
use vezne_core::model::time::Timestamp;

use crate::support::{Backend, HOUR, NOON, World};

pub(crate) fn rotate(id: &str) -> RotateTokenKey {
    let private = Secret::new(format!("private {id}"));
    let (overlap, not_younger_than) = (Duration::from_secs(7_200), Duration::from_secs(3_600));
    RotateTokenKey { id: id.to_owned(), private, overlap, not_younger_than, by: Actor::System }
}

/// Name, private text, since and until, in hours after noon, the newest first.
fn keys<B: Backend>(world: &World<B>) -> Vec<(String, String, i64, Option<i64>)> {
    let hours = |at: Timestamp| (at.micros() - NOON) / HOUR;
    let directory = world.store.directory();
    let keys = directory.token_keys();
    let told = keys.iter().map(|key| {
        let private = key.private.expose().to_owned();
        (key.id.clone(), private, hours(key.since), key.until.map(hours))
    });
    told.collect()
}

fn signing<B: Backend>(world: &World<B>) -> Option<String> {
    let now = Timestamp::from_micros(i64::MAX);
    world.store.directory().signing_key(now).map(|key| key.id.clone())
}

pub(crate) async fn rotated_keys_are_kept<B: Backend>() {
    let mut world = World::<B>::empty().await;
    assert_eq!((keys(&world), signing(&world)), (Vec::new(), None));
    // Names in an order that is not theirs.
    for id in ["c", "a", "b"] {
        assert!(world.must(rotate(id)).await, "{id}");
        assert!(!world.must(rotate("z")).await, "{id} is too young");
        assert_eq!(signing(&world).as_deref(), Some(id));
        world = world.reopen().await;
        assert_eq!(signing(&world).as_deref(), Some(id));
        world.clock.advance(HOUR);
    }
    let key = |id: &str, since, until| (id.to_owned(), format!("private {id}"), since, until);
    let expected = [key("b", 2, None), key("a", 1, Some(4)), key("c", 0, Some(3))];
    assert_eq!(keys(&world), expected);
    world.finish().await;
}

pub(crate) async fn two_that_rotate_together_do_it_once<B: Backend>() {
    let world = World::<B>::empty().await;
    let answers = world.group(vec![rotate("a"), rotate("b"), rotate("c")]).await;
    let rotated: Vec<_> = answers.into_iter().map(|answer| answer.expect("an answer")).collect();
    assert_eq!(rotated, [true, false, false]);
    let world = world.reopen().await;
    assert_eq!(keys(&world).len(), 1);
    world.finish().await;
}

/// A merchant that changes takes no key away, nor a key a merchant.
pub(crate) async fn keys_and_merchants_stand_side_by_side<B: Backend>() {
    let world = World::<B>::new().await;
    world.must(rotate("a")).await;
    world.edit(1, |merchant| merchant.requests_per_second = Some(5)).await;
    let directory = world.store.directory();
    assert_eq!((directory.iter().count(), directory.token_keys().len()), (1, 1));
    drop(directory);
    world.finish().await;
}
