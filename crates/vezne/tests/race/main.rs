//! The race for one balance (M1) and for one trx (M2), on real sockets against the real program:
//! many warmed connections, and the last byte of every request released together.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a harness fails by panicking")]
#![expect(clippy::wildcard_enum_match_arm, reason = "any other reply is a failure")]

#[path = "../support/database.rs"]
mod database;
mod desk;
mod judge;
mod line;
#[path = "../kill/program.rs"]
mod program;
#[path = "../kill/wire.rs"]
mod wire;

use vezne_wire::bankopay::samples::WITHDRAWALS;

use desk::{Desk, ONE_KURUS_LESS};
use judge::{no_winner, one_answer, one_content, one_winner};
use line::{fresh, race, request};
use program::Installation;
use wire::Answer;

const CONNECTIONS: usize = 50;
const ROUNDS: usize = 200;
const COPIES: usize = 32;

#[test]
fn one_balance_pays_once() {
    let (_directory, desk) = open();
    let mut line = desk.warmed(CONNECTIONS);
    desk.top_up(ONE_KURUS_LESS);
    no_winner(&race(&mut line, &fresh("short", CONNECTIONS))).unwrap();
    desk.top_up("0.01");
    let mut places = [0; CONNECTIONS];
    for round in 0..ROUNDS {
        let answers = race(&mut line, &fresh(&format!("r{round}"), CONNECTIONS));
        let payout = one_winner(&answers).unwrap_or_else(|why| panic!("round {round}: {why}"));
        places[answers.iter().position(|answer| answer.id.is_some()).unwrap()] += 1;
        desk.back_to_one(payout, round % 2 == 0);
    }
    let winning = places.iter().filter(|won| **won > 0).count();
    println!("{ROUNDS} rounds, {ROUNDS} payouts; {winning} of {CONNECTIONS} connections won");
    assert_eq!(desk.payouts(None).len(), ROUNDS);
    desk.audit();
}

#[test]
fn one_trx_pays_once() {
    let (_directory, desk) = open();
    let mut line = desk.warmed(COPIES);
    desk.top_up("1000000.00");
    for sample in 0..WITHDRAWALS.len() {
        let trx = format!("copies-{sample}");
        let copies = vec![request(sample, &trx, "250.00"); COPIES];
        let payout = one_answer(&race(&mut line, &copies)).unwrap();
        assert_eq!(desk.payouts(Some(&trx)), [payout], "{trx}");
        // The answer is the same after the payout has moved on.
        desk.back_to_one(payout, sample % 2 == 0);
        assert_eq!(one_answer(&race(&mut line, &copies)), Ok(payout), "{trx}");

        let trx = format!("contents-{sample}");
        let (one, other) = (request(sample, &trx, "250.00"), request(sample, &trx, "251.00"));
        let turns = (0..COPIES).map(|turn| if turn % 2 == 0 { &one } else { &other });
        let answers = race(&mut line, &turns.cloned().collect::<Vec<_>>());
        let (even, odd): (Vec<_>, Vec<_>) =
            answers.into_iter().enumerate().partition(|(turn, _)| turn % 2 == 0);
        let bare = |turns: Vec<(usize, Answer)>| turns.into_iter().map(|turn| turn.1).collect();
        let (even, odd): (Vec<_>, Vec<_>) = (bare(even), bare(odd));
        let payout = one_content(&even, &odd).unwrap();
        assert_eq!(desk.payouts(Some(&trx)), [payout], "{trx}");
    }
    assert_eq!(desk.payouts(None).len(), 2 * WITHDRAWALS.len());
    desk.audit();
}

/// One server on a directory of its own.
fn open() -> (tempfile::TempDir, Desk) {
    let directory = tempfile::tempdir().unwrap();
    let installation = Installation::new(directory.path(), &[]);
    (directory, Desk::open(vec![installation]))
}
