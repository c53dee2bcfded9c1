//! How fast it is. Run by hand: `cargo test --release -p vezne-store -- --ignored --nocapture
//! speed`.

use std::time::Instant;

use vezne_core::engine::submit::SubmitPayout;
use vezne_store::audit::audit;

use crate::Sqlite;
use crate::support::{World, submission};

const GROUP: usize = 256;

fn count() -> usize {
    std::env::var("PAYOUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(200_000)
}

/// The clock of a measurement must run.
#[allow(clippy::disallowed_methods)]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test]
#[ignore = "a measurement"]
async fn submissions_per_second() {
    let world = World::<Sqlite>::new().await;
    world.top_up(1, i64::MAX / 2).await;
    let proof = world.proof(1);
    let (started, mut last) = (now(), now());
    for round in 0..count() / GROUP {
        let command = |number: usize| {
            // Scattered like random references, so that the index is met at its worst.
            let mixed = (round * GROUP + number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            SubmitPayout::new(proof.clone(), submission(&format!("{mixed:016x}"), 25_000))
        };
        world.group((0..GROUP).map(command).collect()).await;
        if round % 200 == 199 {
            let rate = (200 * GROUP) as f64 / last.elapsed().as_secs_f64();
            println!("{:>9} payouts: {rate:.0}/s", (round + 1) * GROUP);
            last = now();
        }
    }
    let rate = count() as f64 / started.elapsed().as_secs_f64();
    println!("{rate:.0} submissions/s over {} in groups of {GROUP}", count());
    if std::env::var_os("NO_AUDIT").is_some() {
        return;
    }
    let started = now();
    let report = audit(&world.backend.path()).expect("it can be audited");
    println!("{report}audit took {:.1} s", started.elapsed().as_secs_f64());
    assert!(report.is_clean());
    world.close().await;
}
