//! The primary dies under load, again and again (P1, P5): its standby takes over, and it comes
//! back as the standby, now and then after a while as a second primary that nobody asked for.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::dice::Dice;
use crate::history::History;
use crate::nodes::Nodes;
use crate::pair::Pair;
use crate::traffic::Traffic;
use crate::{dice, my_turn, rest, rounds};

const CYCLES: u64 = 10;
const NODES: usize = 3;

/// The longest that the first accepted order may take after the primary's death.
const RECOVERY: Duration = Duration::from_secs(30);

/// So long the old primary stands beside the new one at most.
const TWO_PRIMARIES: Duration = Duration::from_secs(8);

/// Commits that a server shows, which are those that its standby confirmed or nobody waited for.
const COMMITS: &str = "SELECT count(*) FROM commit_mark WHERE committed";

#[test]
fn what_was_acknowledged_survives_the_death_of_the_primary() {
    let _turn = my_turn();
    let (mut dice, mut pair) = (dice(), Pair::start());
    let nodes = Nodes::start(&pair.url(), NODES);
    let shops = nodes.open_shops(&mut dice);
    let history = Arc::new(History::default());
    let traffic = Traffic::start(&nodes.addresses, &history, &mut dice);
    let mut complaints = Vec::new();
    for cycle in 1..=rounds(CYCLES) {
        complaints.extend(fail_over(&mut pair, &traffic, cycle, &mut dice));
    }
    traffic.stop();
    let (first, address) = (&nodes.installations[0], nodes.addresses[0]);
    complaints.extend(rest::bring_to_an_end(first, address, &nodes.journal(), &history));
    complaints.extend(rest::judge(first, &nodes.journal(), &shops, &history));
    complaints.extend(first.audit().err());
    nodes.blame(complaints);
}

/// The positive control: where commits wait for nobody, the same death loses what was
/// acknowledged, and the judge sees it.
#[test]
fn what_no_commit_waited_for_is_seen_to_be_lost() {
    let _turn = my_turn();
    let (mut dice, mut pair) = (dice(), Pair::start());
    pair.wait_for_standby(false);
    let nodes = Nodes::start(&pair.url(), 1);
    let shops = nodes.open_shops(&mut dice);
    let history = Arc::new(History::default());
    pair.stop_standby();
    let traffic = Traffic::start(&nodes.addresses, &history, &mut dice);
    traffic.watch();
    assert!(traffic.first_accepted(RECOVERY).is_some(), "an order is acknowledged");
    pair.lose_primary();
    traffic.stop();
    pair.start_standby();
    pair.promote(false);
    let complaints = rest::judge(&nodes.installations[0], &nodes.journal(), &shops, &history);
    let lost = complaints.iter().filter(|complaint| complaint.contains("was acknowledged as"));
    assert!(lost.count() > 0, "{complaints:?}");
}

fn fail_over(pair: &mut Pair, traffic: &Traffic, cycle: u64, dice: &mut Dice) -> Vec<String> {
    let mut complaints = Vec::new();
    traffic.watch();
    if traffic.first_accepted(RECOVERY).is_none() {
        complaints.push(format!("cycle {cycle}: nothing is accepted before the kill"));
    }
    traffic.pause(Duration::from_millis(4));
    std::thread::sleep(Duration::from_millis(600 + dice.below(600)));
    pair.lose_primary();
    traffic.watch();
    let killed = Instant::now();
    traffic.pause(Duration::from_millis(100));
    let two_primaries = cycle.is_multiple_of(3);
    if two_primaries {
        complaints.extend(stand_beside(pair, traffic, cycle, dice));
    } else {
        pair.promote(true);
        pair.rejoin();
    }
    let rejoined = killed.elapsed();
    match traffic.first_accepted(RECOVERY.saturating_sub(killed.elapsed())) {
        Some(took) => println!(
            "cycle {cycle}: first accepted order {took:.2?} after the kill, \
             the old primary a standby after {rejoined:.2?}"
        ),
        None => complaints.push(format!("cycle {cycle}: nothing is accepted {RECOVERY:?} long")),
    }
    complaints
}

/// The old primary stands beside the new one for a while, and waits for a standby that it does not
/// have: nothing is committed there.
fn stand_beside(pair: &mut Pair, traffic: &Traffic, cycle: u64, dice: &mut Dice) -> Option<String> {
    // Whichever is first, the nodes find both of them ready to write.
    if dice.chance(50) {
        pair.promote(false);
        pair.revive_old_primary();
    } else {
        pair.promote_beside_old();
    }
    let before = Pair::ask(pair.standby(), COMMITS);
    let accepted = traffic.first_accepted(TWO_PRIMARIES);
    let after = Pair::ask(pair.standby(), COMMITS);
    println!("cycle {cycle}: two primaries; accepted by the new one after {accepted:.2?}");
    pair.rejoin();
    pair.wait_for_standby(true);
    (before != after).then(|| format!("cycle {cycle}: {before} commits of the old are {after}"))
}
