//! Both limits, stepped by hand.

mod nodes;

use std::net::IpAddr;

use super::{AddressPace, MAX_ADDRESSES, MerchantPace};
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::time::Timestamp;

const ONE: MerchantId = MerchantId(1);

fn at(millis: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + millis * 1_000)
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn a_merchant_has_a_second_at_once_and_then_its_rate() {
    let pace = MerchantPace::new(false, 1);
    let admitted = |millis| (0..10).filter(|_| pace.admits(ONE, 4, at(millis))).count();
    for (millis, expected) in [(0, 4), (249, 0), (250, 1), (750, 2), (10_000, 4)] {
        assert_eq!(admitted(millis), expected, "at {millis} ms");
    }
}

#[test]
fn merchants_do_not_use_up_each_others_rate_and_a_new_rate_holds_at_once() {
    let pace = MerchantPace::new(false, 1);
    assert!(pace.admits(ONE, 1, at(0)) && !pace.admits(ONE, 1, at(0)));
    assert!(pace.admits(MerchantId(2), 1, at(0)));
    assert!(pace.admits(ONE, 100, at(20)), "the rate was raised");
}

/// One line per moment: what is let in then. A batch of 40 rows at 4 a second is let in with one
/// use left, and what comes after waits for all of it.
#[test]
fn rows_are_charged_and_what_comes_after_waits() {
    let pace = MerchantPace::new(false, 100);
    let admitted = |millis| (0..10).filter(|_| pace.admits(ONE, 4, at(millis))).count();
    assert!(pace.admits(ONE, 4, at(0)));
    assert!(pace.admits_rows(ONE, 4, 40, at(0)));
    for (millis, expected) in [(0, 0), (5_000, 0), (9_249, 0), (9_250, 1), (9_499, 0), (9_500, 1)] {
        assert_eq!(admitted(millis), expected, "at {millis} ms");
    }
    assert!(pace.admits_rows(ONE, 4, 1, at(9_500)));
    assert_eq!(admitted(9_750), 1, "one row is the request itself");
    let told: u32 = pace.take_used(|_| 4, 0).iter().map(|usage| usage.count).sum();
    assert_eq!(told, 1 + 39 + 3, "other nodes hear of rows as well");
}

/// Nineteen heads come first, and then their bodies of 100 rows, again and again. Only one
/// overdraws at a time, and all that it took is waited for: 99 rows beyond its head at 20 a second
/// are 4.95 s.
#[test]
fn of_many_that_were_let_in_one_overdraws_and_the_others_wait() {
    let pace = MerchantPace::new(false, 100);
    let heads = (0..19).filter(|_| pace.admits(ONE, 20, at(0))).count();
    assert_eq!(heads, 19);
    let go_on = |millis| (0..19).filter(|_| pace.admits_rows(ONE, 20, 100, at(millis))).count();
    for (millis, expected) in
        [(0, 1), (900, 0), (4_899, 0), (4_900, 1), (9_849, 0), (9_850, 1), (60_000, 1)]
    {
        assert_eq!(go_on(millis), expected, "at {millis} ms");
    }
    let told: u32 = pace.take_used(|_| 20, 0).iter().map(|usage| usage.count).sum();
    assert_eq!(told, 19 + 4 * 99, "what waits is not told");
}

#[test]
fn a_clock_that_is_set_back_stops_nobody() {
    let pace = MerchantPace::new(false, 1);
    assert!(pace.admits(ONE, 1, at(3_600_000)));
    assert!(pace.admits(ONE, 1, at(0)));
    assert!(!pace.admits(ONE, 1, at(0)));
}

#[test]
fn an_address_that_was_wrong_too_often_waits_and_no_other() {
    let failed = AddressPace::new(3, false);
    let (guesser, other) = (address("198.51.100.7"), address("198.51.100.8"));
    for _ in 0..1_000 {
        failed.count(guesser, at(0));
    }
    assert!(failed.blocks(guesser, at(0)) && !failed.blocks(other, at(0)));
    assert!(failed.blocks(guesser, at(19_999)), "more guesses do not make the wait longer");
    assert!(!failed.blocks(guesser, at(20_000)));
}

#[test]
fn an_ipv6_caller_is_its_network() {
    let failed = AddressPace::new(1, false);
    failed.count(address("2001:db8:1:2::7"), at(0));
    assert!(failed.blocks(address("2001:db8:1:2:ffff::1"), at(0)));
    assert!(!failed.blocks(address("2001:db8:1:3::7"), at(0)));
}

fn remembered(failed: &AddressPace) -> usize {
    failed.known.read().expect("no panic").cells.len()
}

#[test]
fn the_memory_is_bounded_and_heals() {
    let failed = AddressPace::new(1, false);
    let nth = |n: usize| IpAddr::from(u32::try_from(n).expect("small").to_be_bytes());
    (0..2 * MAX_ADDRESSES).for_each(|n| failed.count(nth(n), at(0)));
    assert_eq!(remembered(&failed), MAX_ADDRESSES);
    failed.count(nth(2 * MAX_ADDRESSES), at(120_000));
    assert_eq!(remembered(&failed), 1);
}
