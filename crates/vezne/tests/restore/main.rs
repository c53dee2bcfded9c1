//! The restore harness: seeded histories of a whole desk, in each of which a copy of its database
//! comes back in one of the ways by which copies do. The rail's own journal and the bank's
//! statement say what happened; nothing may have been paid twice, and nothing that was paid may
//! have been given back.
//!
//! `cargo xtask prove restore` runs any number of them. A seed repeats its history, up to what the
//! threads of the program do at the same time.
//!
//! What the harness does not ask of a desk, because no desk can know it: what was turned down in
//! the lost time may be paid by the copy that has not heard of it; what a merchant never repeats
//! stays unknown; and see [`people`] for where people must look before they act.

#![allow(
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "whatever else comes fails the test"
)]

#[allow(dead_code, reason = "shared with another test")]
#[path = "../it/support/ask.rs"]
mod ask;
mod broken;
mod coverage;
mod desk;
#[allow(dead_code, reason = "shared with another test")]
#[path = "../kill/dice.rs"]
mod dice;
mod history;
#[allow(dead_code, reason = "shared with another test")]
#[path = "../it/support/http.rs"]
mod http;
mod judge;
mod old_desk;
mod order;
mod people;
mod place;
#[allow(dead_code, reason = "shared with another test")]
#[path = "../it/support/receiver.rs"]
mod receiver;
mod shops;
mod swarm;
#[allow(dead_code, reason = "shared with another test")]
#[path = "../it/support/time.rs"]
mod time;
mod truth;
mod way;

use broken::Broken;
use coverage::MAIN;
use place::Store;
use swarm::Swarm;

/// Histories in the test command, unless the environment says how many.
const ON_A_FILE: u64 = 200;
const ON_A_SERVER: u64 = 20;

/// Within so many histories a broken variant is caught.
const CAUGHT_WITHIN: u64 = 60;

#[test]
fn nothing_is_paid_twice_on_a_file() {
    hold(&Swarm::of_environment(Store::Sqlite, ON_A_FILE));
}

#[test]
fn nothing_is_paid_twice_on_a_server() {
    hold(&Swarm::of_environment(Store::Postgres, ON_A_SERVER));
}

fn hold(swarm: &Swarm) {
    let ran = swarm.run();
    println!("{}", ran.coverage.table());
    println!("{} histories, seeds {:?}", ran.histories, swarm.seeds());
    assert!(ran.failed.is_empty(), "{} seeds failed:\n{}", ran.failed.len(), ran.words());
    // A handful of histories cannot have tried everything.
    if ran.histories >= ON_A_FILE {
        let lacking = ran.coverage.lacks(MAIN);
        assert!(lacking.is_empty(), "never tried: {lacking:?}");
    }
}

#[test]
fn every_broken_variant_is_caught() {
    for broken in Broken::chosen() {
        let swarm = Swarm::of_environment(Store::Sqlite, CAUGHT_WITHIN);
        let swarm = swarm.at_least(CAUGHT_WITHIN).with(broken);
        let seed = swarm.first_failure();
        let (seed, why) = seed.unwrap_or_else(|| panic!("{} is not caught", broken.name()));
        println!("{}: caught by seed {seed}: {why}", broken.name());
    }
}
