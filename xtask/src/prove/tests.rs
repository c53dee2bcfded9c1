use clap::ValueEnum as _;

use super::{BINARIES, Harness, ProveArgs, Store, command};
use crate::workspace;

fn args(store: Store, broken: Option<&str>) -> ProveArgs {
    let broken = broken.map(str::to_owned);
    ProveArgs { harness: Harness::Restore, seeds: 7, first: 3, store, broken }
}

#[test]
fn every_harness_has_its_tests() {
    for harness in Harness::value_variants() {
        let binary = BINARIES.iter().find(|binary| binary.harness == *harness).unwrap();
        let source =
            workspace::read(&format!("crates/vezne/tests/{}/main.rs", binary.name)).unwrap();
        for test in [binary.on_sqlite, binary.on_postgres, binary.broken] {
            assert!(source.contains(&format!("fn {test}()")), "{test}");
        }
    }
}

#[test]
fn what_is_asked_for_is_run() {
    let [binary] = &BINARIES;
    for (args, test, broken) in [
        (args(Store::Sqlite, None), binary.on_sqlite, None),
        (args(Store::Postgres, None), binary.on_postgres, None),
        (args(Store::Sqlite, Some("all")), binary.broken, None),
        (args(Store::Sqlite, Some("guessing")), binary.broken, Some("guessing")),
    ] {
        let command = command(binary, &args);
        assert_eq!(command.get_args().last().and_then(|test| test.to_str()), Some(test));
        let set = |name: &str| {
            let found = command.get_envs().find(|(key, _)| *key == name)?.1?;
            found.to_str().map(str::to_owned)
        };
        assert_eq!(set("VEZNE_PROVE_SEEDS").as_deref(), Some("7"));
        assert_eq!(set("VEZNE_PROVE_FIRST").as_deref(), Some("3"));
        assert_eq!(set("VEZNE_PROVE_BROKEN").as_deref(), broken);
    }
}
