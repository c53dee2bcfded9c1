use super::{Currency, Money, MoneyError};
use proptest::prelude::*;

fn check(text: &str, currency: &str, expected: Result<i64, MoneyError>) {
    let currency: Currency = currency.parse().expect("a known currency");
    assert_eq!(Money::parse(text, currency).map(Money::minor), expected, "{text} {currency:?}");
}

#[test]
fn amounts_are_read_exactly() {
    check("0.01", "TRY", Ok(1));
    check("25000", "TRY", Ok(2_500_000));
    check("250.5", "TRY", Ok(25_050));
    check("92233720368547758.07", "TRY", Ok(i64::MAX));
    check("15000", "VND", Ok(15_000));
    check("92233720368547758.08", "TRY", Err(MoneyError::Overflow));
    for text in ["", ".", "1.", ".5", "+1", "-1", "1e3", "1,5", "1 000", "1.005", "\u{0661}"] {
        check(text, "TRY", Err(MoneyError::NotAnAmount));
    }
    check("1.5", "KRW", Err(MoneyError::NotAnAmount));
}

#[test]
fn currencies_do_not_mix_and_sums_do_not_wrap() {
    let lira = Money::new(i64::MAX, Currency::TRY);
    let won = Money::zero("KRW".parse().expect("a known currency"));
    assert_eq!(lira.plus(Money::new(1, Currency::TRY)), Err(MoneyError::Overflow));
    assert_eq!(lira.plus(won), Err(MoneyError::CurrencyMismatch));
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(minor in 0..i64::MAX) {
        let money = Money::new(minor, Currency::TRY);
        let text = money.to_string();
        prop_assert_eq!(Money::parse(text.trim_end_matches(" TRY"), Currency::TRY), Ok(money));
    }
}
