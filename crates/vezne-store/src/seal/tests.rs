//! Sealed values open in their place, under their key, unaltered; nowhere else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use vezne_core::port::Random;

use super::{Place, Sealer};
use crate::key::MasterKey;

#[derive(Default)]
struct Counter(AtomicU8);

impl Random for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

fn sealer(key: u8) -> Sealer {
    Sealer::new(&MasterKey::generate([key; 32]), Arc::new(Counter::default())).expect("a sealer")
}

const HERE: Place = Place::new("payout", "private", 7);

#[test]
fn a_value_opens_only_in_its_place() {
    let sealer = sealer(1);
    let sealed = sealer.seal(HERE, b"12345678910").expect("it seals");
    assert_eq!(sealer.open(HERE, &sealed).expect("it opens").as_slice(), b"12345678910");
    for elsewhere in [
        Place { row: 8, ..HERE },
        Place { part: 1, ..HERE },
        Place { column: "note", ..HERE },
        Place { table: "callback", ..HERE },
    ] {
        assert!(sealer.open(elsewhere, &sealed).is_err(), "{elsewhere}");
    }
}

#[test]
fn no_bit_may_change_and_no_other_key_opens() {
    let one = sealer(1);
    let sealed = one.seal(HERE, b"12345678910").expect("it seals");
    assert!(sealer(2).open(HERE, &sealed).is_err());
    for at in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert!(one.open(HERE, &altered).is_err(), "byte {at}");
        assert!(one.open(HERE, &sealed[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn equal_values_seal_differently_and_tag_equally() {
    let sealer = sealer(1);
    let seal = || sealer.seal(HERE, b"12345678910").expect("it seals");
    assert_ne!(seal(), seal());
    assert_eq!(sealer.identity_tag("12345678910"), sealer.identity_tag("12345678910"));
    assert_ne!(sealer.identity_tag("12345678910"), sealer.identity_tag("12345678911"));
    assert_ne!(sealer.identity_tag("1"), self::sealer(2).identity_tag("1"));
}

/// Desks that were begun before payouts were sealed say this under the key that they were begun
/// with; the tests of the store begin such a desk with it.
const OF_OLD: &str = "0100000000000000000000000046a3b223d3bae7b81bf1c0a692de94fdc139207e08f1d0ce78b5\
    44f1af660d6b43b290645e395f";

#[test]
fn a_desk_of_old_demands_no_seals_and_a_new_one_does() {
    let hex = |at: usize| u8::from_str_radix(&OF_OLD[at..at + 2], 16).expect("hex");
    let old: Vec<u8> = (0..OF_OLD.len()).step_by(2).map(hex).collect();
    let sealer = sealer(7);
    assert!(sealer.check_key(&old));
    assert!(!sealer.desk_sealed());
    let new = sealer.key_check().expect("it seals");
    assert!(sealer.check_key(&new));
    assert!(sealer.desk_sealed());
    assert!(!self::sealer(8).check_key(&new));
}
