//! SIGKILL at any moment (C1, M2, W1): the real program under load on one data directory, killed
//! and started again and again. What it acknowledged is there afterwards, is paid once and is told.
//!
//! `VEZNE_KILL_CYCLES` sets how often (100), `VEZNE_KILL_SEED` repeats a run's choices.

#![expect(clippy::panic, reason = "a harness fails by panicking, in its helpers too")]
#![expect(clippy::wildcard_enum_match_arm, reason = "any other reply is a failure")]

#[path = "../support/database.rs"]
mod database;
mod dice;
mod environment;
mod history;
mod load;
mod merchants;
mod order;
mod program;
mod rest;
mod shop;
mod verdict;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use vezne::SystemRandom;
use vezne_core::port::Random as _;

use dice::Dice;
use environment::number;
use history::History;
use load::Load;
use program::Installation;

/// Short waits, so that what a kill leaves undone is taken up again within the run.
const SETTINGS: [(&str, &str); 14] = [
    ("VEZNE_DISPATCH_LEASE_SECONDS", "2"),
    ("VEZNE_DISPATCH_ASK_AGAIN_SECONDS", "1"),
    ("VEZNE_DISPATCH_ASK_AGAIN_MOST_SECONDS", "2"),
    ("VEZNE_DISPATCH_QUARANTINE_SECONDS", "2"),
    ("VEZNE_SIMULATOR_SETTLE_AFTER_SECONDS", "1"),
    ("VEZNE_SIMULATOR_REFUSE_AFTER_SECONDS", "1"),
    ("VEZNE_SIMULATOR_DOUBT_SECONDS", "1"),
    ("VEZNE_SIMULATOR_RETURN_AFTER_SECONDS", "1"),
    ("VEZNE_CALLBACKS_RETRY_SECONDS", SECONDS),
    ("VEZNE_CALLBACKS_REFUSED_RETRY_SECONDS", SECONDS),
    ("VEZNE_CALLBACKS_CONNECT_TIMEOUT_SECONDS", "1"),
    ("VEZNE_CALLBACKS_TOTAL_TIMEOUT_SECONDS", "2"),
    ("VEZNE_CALLBACKS_CONCURRENCY_PER_MERCHANT", "32"),
    // The lease of a callback grows with the room, and each kill leaves some to wait for its end.
    ("VEZNE_CALLBACKS_CONCURRENCY", "128"),
];

const SECONDS: &str = "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]";

/// The longest that the first accepted order may take after a kill.
const RECOVERY: Duration = Duration::from_secs(5);

/// The merchants that send.
const SITES: [u64; 1] = [1001];

/// Every so many cycles the books of the dead are looked at, and a line is printed.
const LOOK: u64 = 10;

#[test]
fn what_was_acknowledged_survives_every_kill() {
    let seed = number("VEZNE_KILL_SEED").unwrap_or_else(|| SystemRandom.number());
    let cycles = number("VEZNE_KILL_CYCLES").unwrap_or(100);
    println!("VEZNE_KILL_SEED={seed} repeats the choices of this run");
    let mut dice = Dice::new(seed);
    let directory = tempfile::tempdir().expect("a directory");
    let installation = Installation::new(directory.path(), &SETTINGS);
    let (serving, _) = installation.serve();
    let shops = merchants::open(&installation, &mut dice);
    drop(serving);
    let (history, mut recoveries) = (Arc::new(History::default()), Vec::new());
    for cycle in 1..=cycles {
        recoveries.extend(live(&installation, &history, &mut dice));
        if cycle % LOOK == 0 {
            installation.audit().expect("the books are right after a kill");
            println!("{cycle} kills, {} orders", history.orders().len());
        }
    }
    let (serving, address) = installation.serve();
    let journal = directory.path().join("simulator.journal");
    let mut complaints = rest::bring_to_an_end(&installation, address, &journal, &history);
    complaints.extend(rest::judge(&installation, &journal, &shops, &history));
    drop(serving);
    complaints.extend(installation.audit().err());
    show_recoveries(&mut recoveries);
    println!("warned of:\n{}", installation.warnings());
    if !complaints.is_empty() {
        let (kept, count) = (directory.keep(), complaints.len());
        complaints.truncate(40);
        panic!("{count} complaints (see {}):\n{}", kept.display(), complaints.join("\n"));
    }
}

/// The very first start is killed, too: whatever it left, the next one comes up.
#[test]
fn the_first_start_survives_a_kill() {
    let mut dice = Dice::new(number("VEZNE_KILL_SEED").unwrap_or_else(|| SystemRandom.number()));
    for _ in 0..30 {
        let directory = tempfile::tempdir().expect("a directory");
        let installation = Installation::new(directory.path(), &SETTINGS);
        let serving = installation.spawn();
        std::thread::sleep(Duration::from_micros(dice.below(25_000)));
        drop(serving);
        let (serving, _) = installation.serve();
        drop(serving);
        installation.audit().expect("the books of a fresh desk are right");
    }
}

/// One life of the server under load, to its sudden end. Says how long it took from the start to
/// the first accepted order, if it came that far.
fn live(installation: &Installation, history: &Arc<History>, dice: &mut Dice) -> Option<Duration> {
    let started = Instant::now();
    let serving = installation.spawn();
    if dice.chance(15) {
        std::thread::sleep(Duration::from_micros(dice.below(40_000)));
        return None;
    }
    let address = serving.address();
    let address = address.unwrap_or_else(|| panic!("no start:\n{}", installation.warnings()));
    let load = Load::start(address, history, dice);
    if dice.chance(75) {
        wait_for_the_first(&load);
    }
    std::thread::sleep(Duration::from_micros(20_000 + dice.below(60_000)));
    drop(serving);
    let first = load.first();
    load.join();
    first.map(|first| first - started)
}

/// The first accepted order of a life waits for much that happens once; after it the work is at its
/// thickest.
fn wait_for_the_first(load: &Load) {
    let patience = Instant::now() + RECOVERY;
    while load.first().is_none() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn show_recoveries(recoveries: &mut [Duration]) {
    recoveries.sort_unstable();
    let (median, most) = (recoveries.get(recoveries.len() / 2), recoveries.last());
    let (lives, of) = (recoveries.len(), "from the start to the first accepted order");
    println!("{of}: median {median:?}, at most {most:?}, over {lives} lives");
    assert!(most.is_none_or(|most| *most < RECOVERY), "recovery takes too long");
}
