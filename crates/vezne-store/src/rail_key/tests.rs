use std::sync::Arc;

use vezne_core::model::identifier::MerchantId;
use vezne_core::model::time::Timestamp;

use super::{check, dated, derived};
use crate::key::MasterKey;
use crate::seal::Sealer;
use crate::sqlite::open::NeverSeals;

fn sealer(key: u8) -> Sealer {
    let master = MasterKey::generate([key; 32]);
    Sealer::new(&master, Arc::new(NeverSeals)).expect("a key of 32 bytes")
}

#[test]
fn it_is_the_same_for_the_same_reference_and_another_for_any_other() {
    let of = |key, merchant, scope, text| derived(&sealer(key), MerchantId(merchant), scope, text);
    let first = of(1, 1, "", "ref-1");
    assert_eq!(first, of(1, 1, "", "ref-1"));
    for other in [
        of(2, 1, "", "ref-1"),
        of(1, 2, "", "ref-1"),
        of(1, 1, "papara", "ref-1"),
        of(1, 1, "", "ref-2"),
        of(1, 1, "ref-1", ""),
    ] {
        assert_ne!(first, other);
    }
}

#[test]
fn it_is_short_and_carries_its_check() {
    for number in 0..100 {
        let key = derived(&sealer(1), MerchantId(number), "", "ref");
        assert_eq!(key.len(), 16, "{key}");
        assert!(key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{key}");
        let (text, last) = key.split_at(15);
        assert_eq!(check(text).to_string(), last, "{key}");
    }
}

/// The example of the standard, and of the reference books after it.
#[test]
fn the_check_is_that_of_the_standard() {
    assert_eq!(check("A12425GABC1234002"), 'M');
}

#[test]
fn an_older_payout_keeps_the_reference_that_its_rail_knows() {
    assert_eq!(dated(7, Timestamp::from_micros(1_700_000_000_000_000)), "VZ0000000007T6553F100");
}
