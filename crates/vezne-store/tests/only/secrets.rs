//! No secret and nothing sealed stands readable in the files.

use std::time::Duration;

use vezne_core::engine::callback::KeepBody;
use vezne_core::engine::token_keys::RotateTokenKey;
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::CallbackId;
use vezne_core::model::merchant::FormerKey;
use vezne_core::model::personal::Secret;
use vezne_core::model::time::Timestamp;

use crate::support::World;
use crate::support::sqlite::Sqlite;

const CANARIES: [&str; 10] = [
    "CANARY-ACCESS-KEY",
    "CANARY-CALLBACK-KEY",
    "CANARY-WEBHOOK-SECRET",
    "CANARY-FORMER-KEY",
    "CANARY-FORMER-WEBHOOK-SECRET",
    "CANARY-NOTE",
    "CANARY-TOKEN-KEY",
    "CANARY-BODY",
    "98765432109",
    "29.02.1988",
];

fn files(backend: &Sqlite) -> Vec<u8> {
    let folder = backend.path();
    let folder = folder.parent().expect("a folder");
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        std::fs::read(entry.expect("an entry").path()).expect("it reads")
    };
    std::fs::read_dir(folder).expect("a folder").flat_map(read).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn no_canary_is_readable() {
    let world = World::<Sqlite>::new().await;
    world
        .edit(1, |merchant| {
            let (key, until) = (Secret::new("CANARY-FORMER-KEY"), Timestamp::from_micros(1));
            merchant.access[0].former_key = Some(FormerKey { key, until });
            let key = Secret::new("CANARY-FORMER-WEBHOOK-SECRET");
            merchant.former_webhook_secret = Some(FormerKey { key, until });
        })
        .await;
    world.settled("r-1", 100).await;
    for id in ["k1", "k2"] {
        // The second one's rotation writes the first one's row again.
        let (private, by) = (Secret::new("CANARY-TOKEN-KEY"), Actor::System);
        let (overlap, not_younger_than) = (Duration::from_secs(60), Duration::ZERO);
        let id = id.to_owned();
        assert!(world.must(RotateTokenKey { id, private, overlap, not_younger_than, by }).await);
        world.clock.advance(1);
    }
    world
        .must(KeepBody { callback: CallbackId(1), body: b"CANARY-BODY".to_vec(), version: 0 })
        .await;
    let check = |bytes: &[u8]| {
        assert!(holds(bytes, "TR330006100519786457841326"), "the account is searched in the open");
        for canary in CANARIES {
            assert!(!holds(bytes, canary), "{canary}");
        }
    };
    check(&files(&world.backend));
    let backend = world.finish().await;
    check(&files(&backend));
}
