//! Several nodes on one PostgreSQL (P1 to P8): real servers that die, real programs that are
//! stopped in their tracks. What was acknowledged is there afterwards, is paid once and is told.
//!
//! `VEZNE_NODES_PERCENT` says how much of each run is done (100), `VEZNE_NODES_SEED` repeats a
//! run's choices. Those that fill the machine run one after the other.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a harness fails by panicking")]
#![expect(clippy::wildcard_enum_match_arm, reason = "any other reply is a failure")]

#[path = "../support/database.rs"]
mod database;
#[path = "../race/desk.rs"]
mod desk;
#[path = "../kill/dice.rs"]
mod dice;
#[path = "../kill/environment.rs"]
mod environment;
mod failover;
#[path = "../kill/history.rs"]
mod history;
#[path = "../race/judge.rs"]
#[allow(dead_code, reason = "each test binary uses a part")]
mod judge;
#[path = "../race/line.rs"]
mod line;
#[path = "../kill/load.rs"]
#[allow(dead_code, reason = "each test binary uses a part")]
mod load;
mod locks;
#[path = "../kill/merchants.rs"]
mod merchants;
mod nodes;
#[path = "../kill/order.rs"]
mod order;
mod pair;
mod pause;
#[path = "../kill/program.rs"]
mod program;
mod race;
#[path = "../kill/rest.rs"]
mod rest;
#[path = "../kill/shop.rs"]
mod shop;
mod standby;
mod traffic;
#[path = "../kill/verdict/mod.rs"]
mod verdict;
#[path = "../kill/wire.rs"]
mod wire;

use std::sync::{Mutex, MutexGuard, PoisonError};

use vezne::SystemRandom;
use vezne_core::port::Random as _;

use dice::Dice;
use environment::number;

/// The merchants that send.
const SITES: [u64; 3] = [1001, 1002, 1003];

static TURN: Mutex<()> = Mutex::new(());

/// Waits for all other tests that fill the machine.
fn my_turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As much of a number of rounds as the environment asks for, and one at least.
fn rounds(all: u64) -> u64 {
    (all * number("VEZNE_NODES_PERCENT").unwrap_or(100)).div_ceil(100).max(1)
}

/// The choices of a run.
fn dice() -> Dice {
    let seed = number("VEZNE_NODES_SEED").unwrap_or_else(|| SystemRandom.number());
    println!("VEZNE_NODES_SEED={seed} repeats the choices of this run");
    Dice::new(seed)
}
