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
#[test]
fn tmp_old_key_check() {
    let sealer = sealer(7);
    let sealed = sealer.seal(super::KEY_CHECK, super::KEY_CHECK_TEXT).unwrap();
    println!("OLD {}", sealed.iter().map(|b| format!("{b:02x}")).collect::<String>());
}
