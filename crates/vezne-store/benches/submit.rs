//! How many submissions a second the store books, in groups of 256, and how long their audit takes.
//!
//! `cargo bench -p vezne-store` books 200,000; `PAYOUTS=1000000 SCATTERED=1` makes it a million
//! whose references are random, which meets the index at its worst.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    dead_code,
    unused_imports,
    reason = "a benchmark fails by panicking, reads the clock, and uses part of the tests' support"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use support::sqlite::Sqlite;
use support::{Backend, World, submission};
use vezne_core::engine::submit::SubmitPayout;

const GROUP: usize = 256;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let count = std::env::var("PAYOUTS").ok().and_then(|text| text.parse().ok());
    let count: usize = count.unwrap_or(200_000);
    let scattered = std::env::var_os("SCATTERED").is_some();
    let world = World::<Sqlite>::new().await;
    world.top_up(1, i64::MAX / 2).await;
    let proof = world.proof(1);
    let started = Instant::now();
    for round in 0..count / GROUP {
        let command = |number: usize| {
            let factor = if scattered { 0x9e37_79b9_7f4a_7c15 } else { 1 };
            let mixed = (round * GROUP + number).wrapping_mul(factor);
            SubmitPayout::new(proof.clone(), submission(&format!("{mixed:016x}"), 25_000))
        };
        world.group((0..GROUP).map(command).collect()).await;
    }
    let booked = (count / GROUP * GROUP) as f64;
    println!("{:.0} submissions/s", booked / started.elapsed().as_secs_f64());
    let started = Instant::now();
    let report = world.backend.audit();
    assert!(report.is_clean(), "{report}");
    println!("the audit of {booked} payouts took {:.1} s", started.elapsed().as_secs_f64());
    world.close().await;
}
