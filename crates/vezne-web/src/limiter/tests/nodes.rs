//! Several nodes that tell each other what they let through.

use vezne_core::model::usage::{Usage, UsageSubject, merged};

use super::{ONE, address, at};
use crate::limiter::{AddressPace, Heard, Hearing, MerchantPace};

/// The time between two exchanges of one node, in milliseconds.
const PERIOD: i64 = 250;

/// One node's limits, and what the others told it that it has not heard yet.
struct Node {
    pace: MerchantPace,
    failed: AddressPace,
    hearing: Hearing,
    per_second: u32,
    waiting: Vec<Usage>,
}

impl Node {
    fn admits(&self, millis: i64) -> bool {
        self.pace.admits(ONE, self.per_second, at(millis))
    }

    /// How many of `tries` at once are let through.
    fn admitted(&self, tries: usize, millis: i64) -> usize {
        (0..tries).filter(|_| self.admits(millis)).count()
    }

    fn take_used(&self, millis: i64) -> Vec<Usage> {
        let late = self.hearing.late(at(millis));
        let merchants = self.pace.take_used(|_| self.per_second, late);
        merged(merchants.into_iter().chain(self.failed.take_used(late)))
    }

    fn hear(&self, used: &[Usage], millis: i64) {
        let (late, now) = (self.hearing.late(at(millis)), at(millis).micros());
        self.hearing.heard(at(millis));
        for &Usage { subject, count } in used {
            let heard = Heard { count, late, now };
            match subject {
                UsageSubject::Merchant(id) => self.pace.add_foreign(id, self.per_second, heard),
                UsageSubject::FailedLogin(network) => self.failed.add_foreign(network, heard),
            }
        }
    }
}

fn nodes(count: usize, per_second: u32) -> Vec<Node> {
    nodes_with_rows(count, per_second, 0)
}

fn nodes_with_rows(count: usize, per_second: u32, most_rows: usize) -> Vec<Node> {
    let node = |_| Node {
        pace: MerchantPace::new(true, most_rows),
        failed: AddressPace::new(3, true),
        hearing: Hearing::since(at(0)),
        per_second,
        waiting: Vec::new(),
    };
    (0..count).map(node).collect()
}

/// One node tells, and hears what waits for it.
fn exchange(nodes: &mut [Node], who: usize, millis: i64) {
    let used = nodes[who].take_used(millis);
    for (index, other) in nodes.iter_mut().enumerate() {
        if index != who {
            other.waiting.extend(&used);
        }
    }
    let heard = merged(std::mem::take(&mut nodes[who].waiting));
    nodes[who].hear(&heard, millis);
}

/// All exchange in turn.
fn exchange_all(nodes: &mut [Node], millis: i64) {
    (0..nodes.len()).for_each(|who| exchange(nodes, who, millis));
}

/// How a merchant uses the nodes: at this millisecond it tries so often at each.
type Demand = fn(i64) -> usize;

/// Each millisecond all nodes are asked as often as the demand says; each node exchanges every
/// period, at a moment of its own. Answers with how many were let through.
fn let_through(nodes: &mut [Node], demand: Demand, millis: i64) -> usize {
    let mut admitted = 0;
    for now in 0..millis {
        for who in 0..nodes.len() {
            admitted += nodes[who].admitted(demand(now), now);
            let own_moment = i64::try_from(who).expect("small") * 37;
            if (now + own_moment) % PERIOD == 0 {
                exchange(nodes, who, now);
            }
        }
    }
    admitted
}

#[test]
fn together_nodes_let_through_the_rate_and_an_overshoot_that_does_not_grow() {
    let always: Demand = |_| 3;
    let at_once: Demand = |now| if now % 2_000 == 0 { 1_000 } else { 0 };
    let after_a_rest: Demand = |now| if now % 10_000 < 300 { 50 } else { 0 };
    for (name, count, rate, demand) in [
        ("always", 2, 10, always),
        ("always", 2, 100, always),
        ("always", 3, 100, always),
        ("always", 6, 40, always),
        ("at once", 2, 100, at_once),
        ("at once", 6, 100, at_once),
        ("after a rest", 6, 50, after_a_rest),
    ] {
        for seconds in [1, 5, 60] {
            let admitted = let_through(&mut nodes(count, rate), demand, i64::from(seconds) * 1_000);
            let rate = usize::try_from(rate).expect("small");
            let seconds = usize::try_from(seconds).expect("small");
            // In two periods a node can let through its burst and half a second's rate.
            let overshoot = (count - 1) * (rate + rate / 2);
            let most = rate + rate * seconds + overshoot;
            assert!(admitted <= most, "{name}, {count} nodes, {seconds} s: {admitted} > {most}");
            let least = if name == "always" { rate * seconds } else { 0 };
            assert!(admitted >= least, "{name}, {count} nodes, {seconds} s: {admitted} < {least}");
        }
    }
}

/// Every node is asked for a full batch each 50 ms. Each may let one through before it hears of the
/// others', and all that they took is waited for, however long that is.
#[test]
fn batches_at_all_nodes_keep_to_the_rate_together() {
    const ROWS: usize = 1_000;
    for count in [2, 3, 6] {
        let mut nodes = nodes_with_rows(count, 20, ROWS);
        let mut let_through = 0;
        for now in (0..600_000).step_by(50) {
            for who in 0..count {
                let goes_on =
                    |node: &Node| node.admits(now) && node.pace.admits_rows(ONE, 20, ROWS, at(now));
                let_through += if goes_on(&nodes[who]) { ROWS } else { 0 };
                if now % PERIOD == 0 {
                    exchange(&mut nodes, who, now);
                }
            }
        }
        let most = 20 * 600 + count * (ROWS + 20);
        assert!(let_through <= most, "{count} nodes: {let_through} > {most}");
        assert!(let_through + 2 * ROWS >= 20 * 600, "{count} nodes: {let_through}");
    }
}

/// Two nodes, each asked every 20 ms: the merchant's rate of 100 a second.
#[test]
fn a_merchant_that_keeps_to_its_rate_is_never_stopped() {
    let evenly = |now: i64| usize::from(now % 20 == 0);
    let mut two = nodes(2, 100);
    assert_eq!(let_through(&mut two, evenly, 10_000), 1_000);
}

/// As above, but for a time some cannot exchange. What they let through by then is not made up for
/// afterwards, as the rate has given it back.
#[test]
fn an_outage_stops_nobody_who_keeps_to_the_rate() {
    let (both, the_second): (&[usize], &[usize]) = (&[0, 1], &[1]);
    for (cut_off, outage) in
        [(both, 500), (both, 1_000), (both, 60_000), (the_second, 5_000), (the_second, 60_000)]
    {
        let mut two = nodes(2, 100);
        for now in (0..outage + 10_000).step_by(10) {
            let on_line = |who: &usize| now >= outage || !cut_off.contains(who);
            if now % PERIOD == 0 {
                both.iter()
                    .filter(|who| on_line(who))
                    .for_each(|who| exchange(&mut two, *who, now));
            }
            if now % 20 == 0 {
                let admitted: usize = two.iter().map(|node| node.admitted(1, now)).sum();
                assert_eq!(admitted, 2, "{cut_off:?} cut off for {outage} ms, at {now}");
            }
        }
    }
}

#[test]
fn what_was_not_heard_is_told_again_and_only_once() {
    let mut two = nodes(2, 4);
    assert_eq!(two[0].admitted(3, 0), 3);
    let used = two[0].take_used(0);
    assert_eq!(used, [Usage { subject: UsageSubject::Merchant(ONE), count: 3 }]);
    assert_eq!(two[0].take_used(0), []);
    two[0].pace.put_back(ONE, 3);
    exchange_all(&mut two, 0);
    assert_eq!(two[1].admitted(4, 0), 1);
    exchange_all(&mut two, 0);
    exchange_all(&mut two, 0);
    assert_eq!((two[0].admitted(4, 250), two[1].admitted(4, 250)), (1, 1), "one each came back");
}

#[test]
fn wrong_logins_at_one_node_block_at_the_other_after_an_exchange() {
    let mut two = nodes(2, 4);
    for (guesser, neighbour) in
        [("198.51.100.7", "198.51.100.7"), ("2001:db8:1:2::7", "2001:db8:1:2:ffff::1")]
    {
        let (guesser, neighbour) = (address(guesser), address(neighbour));
        (0..1_000).for_each(|_| two[0].failed.count(guesser, at(0)));
        assert!(two[0].failed.blocks(guesser, at(0)) && !two[1].failed.blocks(neighbour, at(0)));
        exchange_all(&mut two, 0);
        exchange_all(&mut two, 0);
        assert!(two[1].failed.blocks(neighbour, at(19_999)), "{neighbour}");
        assert!(!two[1].failed.blocks(neighbour, at(20_000)), "no longer than at the first");
    }
    assert!(!two[1].failed.blocks(address("198.51.100.8"), at(0)));
}

#[test]
fn a_clock_that_is_set_back_stops_a_merchant_no_longer_than_a_debt_may_be() {
    let mut two = nodes(2, 1);
    exchange_all(&mut two, 3_599_750);
    assert!(two[0].admits(3_600_000));
    exchange_all(&mut two, 3_600_000);
    exchange_all(&mut two, 3_600_000);
    for (millis, admitted) in [(3_600_000, false), (3_592_000, false), (3_590_000, true)] {
        assert_eq!(two[1].admits(millis), admitted, "at {millis} ms");
    }
    // What is heard after that does not bring the old time back.
    exchange_all(&mut two, 3_590_000);
    exchange_all(&mut two, 3_590_000);
    assert!(two[0].admits(3_590_000 + 2_000) && two[1].admits(3_590_000 + 4_000));
}

#[test]
fn absurd_counts_are_a_debt_that_ends() {
    for (count, late) in [(u32::MAX, 0), (u32::MAX, i64::MAX), (0, 0), (1_000_000, -1)] {
        for per_second in [1, 100, u32::MAX] {
            let node = &nodes(1, per_second)[0];
            let heard = Heard { count, late, now: at(0).micros() };
            (0..3).for_each(|_| node.pace.add_foreign(ONE, per_second, heard));
            (0..3).for_each(|_| node.failed.add_foreign(address("192.0.2.1"), heard));
            assert!(node.admits(9_000), "{count}, {late}, {per_second}");
            let minutes = 9 * 60_000;
            assert!(!node.failed.blocks(address("192.0.2.1"), at(minutes)), "{count}, {late}");
        }
    }
    let far = Heard { count: u32::MAX, late: 0, now: i64::MAX };
    nodes(1, 1)[0].pace.add_foreign(ONE, 1, far);
}

#[test]
fn what_is_told_is_what_still_counts() {
    let failed = |count| Usage { subject: UsageSubject::FailedLogin(address("192.0.2.1")), count };
    let asked = |count| Usage { subject: UsageSubject::Merchant(ONE), count };
    for (millis, expected) in [
        (0, vec![asked(300), failed(2)]),
        (500, vec![asked(300), failed(2)]),
        (1_500, vec![asked(200), failed(2)]),
        (3_500, vec![failed(2)]),
        (20_500, vec![failed(1)]),
        (40_500, vec![]),
        (-500, vec![asked(300), failed(2)]),
        (i64::MAX / 10_000, vec![]),
    ] {
        let node = &nodes(1, 100)[0];
        node.pace.put_back(ONE, 300);
        (0..2).for_each(|_| node.failed.put_back(address("192.0.2.1"), 1, at(0)));
        assert_eq!(node.take_used(millis), expected, "at {millis} ms");
        assert_eq!(node.take_used(millis), [], "at {millis} ms, again");
        [u32::MAX, 5].into_iter().for_each(|count| node.pace.put_back(ONE, count));
        assert_eq!(node.take_used(0), [asked(u32::MAX)]);
    }
}

#[test]
fn merchants_that_nobody_used_are_not_kept() {
    let two = nodes(2, 100);
    assert_eq!(two[0].take_used(0), []);
    two[1].hear(&[], 0);
    assert_eq!(two[1].pace.cells.read().expect("no panic").capacity(), 0);
}
