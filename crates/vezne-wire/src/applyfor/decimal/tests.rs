use proptest::prelude::*;

use super::*;
use crate::amount;

#[test]
fn has_the_decimals_of_its_currency() {
    for (minor, decimals, text) in [
        (25_050, 2, "250.50"),
        (25_050, 0, "25050"),
        (5, 3, "0.005"),
        (0, 2, "0.00"),
        (0, 0, "0"),
        (-1, 2, "-0.01"),
        (i64::MIN, 2, "-92233720368547758.08"),
    ] {
        assert_eq!(decimal_text(minor, decimals), text);
    }
}

proptest! {
    #[test]
    fn is_read_back(minor in 1..=i64::MAX, decimals in 0..=8_u8) {
        prop_assert_eq!(amount::from_text(&decimal_text(minor, decimals), decimals), Ok(minor));
    }
}
