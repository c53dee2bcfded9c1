use super::{BINARIES, Binary, Harness, On, ProveArgs, Store, command};
use crate::workspace;

fn args(harness: Harness, store: Store, broken: Option<&str>) -> ProveArgs {
    let broken = broken.map(str::to_owned);
    ProveArgs { harness, times: Some(7), first: 3, store, broken }
}

fn of(harness: Harness) -> &'static Binary {
    BINARIES.iter().find(|binary| binary.harness == harness).expect("it has a binary")
}

#[test]
fn every_harness_has_its_tests_and_reads_how_much_to_run() {
    for harness in <Harness as clap::ValueEnum>::value_variants() {
        let binary = of(*harness);
        let main = format!("crates/vezne/tests/{}/main.rs", binary.name);
        let source = workspace::read(&main).unwrap();
        match binary.on {
            On::Tests { sqlite, postgres, broken } => {
                for test in [sqlite, postgres, broken] {
                    assert!(source.contains(&format!("fn {test}()")), "{test}");
                }
            }
            On::Variable | On::One => {
                assert!(source.contains(binary.times), "{main}: {}", binary.times);
            }
        }
    }
}

#[test]
fn what_is_asked_for_is_run() {
    let On::Tests { sqlite, postgres, broken } = of(Harness::Restore).on else { unreachable!() };
    for (harness, store, wanted, last, times, variable) in [
        (Harness::Restore, Store::Sqlite, None, sqlite, "VEZNE_PROVE_SEEDS", None),
        (Harness::Restore, Store::Postgres, None, postgres, "VEZNE_PROVE_SEEDS", None),
        (Harness::Restore, Store::Sqlite, Some("all"), broken, "VEZNE_PROVE_SEEDS", None),
        (
            Harness::Restore,
            Store::Sqlite,
            Some("guessing"),
            broken,
            "VEZNE_PROVE_SEEDS",
            Some(("VEZNE_PROVE_BROKEN", "guessing")),
        ),
        (
            Harness::Kill,
            Store::Postgres,
            None,
            "--nocapture",
            "VEZNE_KILL_CYCLES",
            Some(("VEZNE_TEST_STORE", "postgres")),
        ),
        (Harness::Nodes, Store::Postgres, None, "--nocapture", "VEZNE_NODES_PERCENT", None),
    ] {
        let command = command(of(harness), &args(harness, store, wanted)).expect("it can be run");
        assert_eq!(command.get_args().last().and_then(|last| last.to_str()), Some(last));
        let set = |name: &str| {
            let found = command.get_envs().find(|(key, _)| *key == name)?.1?;
            found.to_str().map(str::to_owned)
        };
        assert_eq!(set(times).as_deref(), Some("7"));
        if let Some((name, value)) = variable {
            assert_eq!(set(name).as_deref(), Some(value));
        }
    }
    let none = command(of(Harness::Kill), &args(Harness::Kill, Store::Sqlite, Some("all")));
    assert!(none.is_err(), "only histories have broken variants");
}
