//! SIGKILL anywhere inside a batch: the same request again gives exactly its payouts and the answer
//! of an undisturbed run, byte for byte.
//!
//! That answer is another merchant's, which has the same secret, terms and money and gets the same
//! rows under the same `hash_key`. `VEZNE_KILL_CYCLES` sets how often (40), `VEZNE_KILL_SEED`
//! repeats a run's choices.

#![expect(clippy::panic, reason = "a harness fails by panicking, in its helpers too")]

mod batch;
#[path = "../support/database.rs"]
mod database;
mod desk;
#[path = "../kill/dice.rs"]
#[expect(dead_code, reason = "the other harness asks chance for more")]
mod dice;
#[path = "../kill/environment.rs"]
mod environment;
mod moment;
#[path = "../kill/program.rs"]
mod program;
mod verdict;
#[path = "../kill/wire.rs"]
mod wire;

use vezne::SystemRandom;
use vezne_core::port::Random as _;

use batch::Batch;
use desk::Desk;
use dice::Dice;
use environment::number;
use moment::Moments;
use verdict::complaints;

/// How often, unless the environment says otherwise.
const CYCLES: u64 = 40;

/// Every so many cycles the books of the dead are looked at, and a line is printed.
const LOOK: u64 = 10;

#[test]
fn a_batch_is_whole_after_every_kill() {
    let seed = number("VEZNE_KILL_SEED").unwrap_or_else(|| SystemRandom.number());
    let cycles = number("VEZNE_KILL_CYCLES").unwrap_or(CYCLES);
    println!("VEZNE_KILL_SEED={seed} repeats the choices of this run");
    let (mut dice, mut moments, mut found) = (Dice::new(seed), Moments::default(), Vec::new());
    let directory = tempfile::tempdir().expect("a directory");
    let mut desk = Desk::open(directory.path());
    for cycle in 1..=cycles {
        let batch = Batch::random(cycle, &mut dice);
        let evidence = desk.kill_and_repeat(&batch, &mut dice);
        moments.count(evidence.moment());
        let complaints = complaints(&batch.rows, &evidence).into_iter();
        found.extend(complaints.map(|complaint| format!("cycle {cycle}: {complaint}")));
        if cycle % LOOK == 0 {
            desk.audit().expect("the books are right after a kill");
            println!("{cycle} kills, {} payouts", desk.payouts());
        }
    }
    found.extend(desk.audit().err());
    println!("{moments}\nwarned of:\n{}", desk.warnings());
    if !found.is_empty() {
        let (kept, count) = (directory.keep(), found.len());
        found.truncate(40);
        panic!("{count} complaints (see {}):\n{}", kept.display(), found.join("\n"));
    }
    assert!(cycles < CYCLES || moments.are_all_there(), "a kind of moment was never met");
}
