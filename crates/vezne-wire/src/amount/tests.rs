use proptest::prelude::*;

use super::AmountError::*;
use super::*;
use crate::json::Object;

fn read(raw: &str) -> Result<i64, AmountError> {
    let body = format!("{{\"amount\":{raw}}}");
    from_lexeme(Object::parse(body.as_bytes()).unwrap().get("amount").unwrap(), 2)
}

#[test]
fn reads_numbers_and_strings_exactly() {
    for (raw, minor) in [
        ("250.00", 25_000),
        ("250", 25_000),
        ("250.5", 25_050),
        ("0.01", 1),
        ("0.1", 10),
        ("1.05", 105),
        ("9007199254740993", 900_719_925_474_099_300),
        ("92233720368547758.07", i64::MAX),
        ("250.000", 25_000),
        ("277.19999999999999", 27_720),
        ("0.10000000000000001", 10),
        (r#""25000.00""#, 2_500_000),
        (r#""25000""#, 2_500_000),
        (r#""0.50""#, 50),
        (r#""\u0032""#, 200),
    ] {
        assert_eq!(read(raw), Ok(minor), "{raw}");
    }
}

#[test]
fn refuses_everything_else() {
    let decimals = TooManyDecimals { allowed: 2 };
    for (raw, error) in [
        ("0", Zero),
        ("0.00", Zero),
        ("-0", Sign),
        ("-5", Sign),
        ("1e2", Exponent),
        ("1E2", Exponent),
        ("1.005", decimals),
        (r#""250.000""#, decimals),
        ("250.001", decimals),
        ("0.30000000000000004", decimals),
        (r#""277.19999999999999""#, decimals),
        ("92233720368547758.08", TooLarge),
        ("92233720368547759", TooLarge),
        ("99999999999999999999999999999999", TooLarge),
        ("null", WrongType),
        ("true", WrongType),
        ("[250]", WrongType),
        ("{}", WrongType),
        (r#""""#, Empty),
        (r#""+5""#, Sign),
        (r#""-5""#, Sign),
        (r#""1e2""#, Exponent),
        (r#""1.000,50""#, Grouping),
        (r#""1,000.50""#, Grouping),
        (r#""1.000.50""#, Grouping),
        (r#""1 000""#, Grouping),
        (r#"" 250""#, Grouping),
        (r#""250 ""#, Grouping),
        (r#""250\n""#, Character),
        (r#""250 TL""#, Grouping),
        (r#""250TL""#, Character),
        (r#""0x10""#, Character),
        (r#""٢٥٠""#, Character),
        (r#""２５０""#, Character),
        (r#""NaN""#, Character),
        (r#"".5""#, Point),
        (r#""5.""#, Point),
        (r#"".""#, Point),
        (r#""..""#, Grouping),
        (r#""007""#, LeadingZero),
        (r#""00.50""#, LeadingZero),
        (r#""00""#, LeadingZero),
    ] {
        assert_eq!(read(raw), Err(error), "{raw}");
    }
}

#[test]
fn decimals_belong_to_the_currency() {
    assert_eq!(from_text("250", 0), Ok(250));
    assert_eq!(from_text("250.0", 0), Err(TooManyDecimals { allowed: 0 }));
    assert_eq!(from_text("1.005", 3), Ok(1_005));
    assert_eq!(from_text("1", 255), Err(TooLarge));
}

#[test]
fn renders_as_the_document_shows() {
    for (minor, callback, answer) in [
        (20_000, "200.00", "200"),
        (25_050, "250.50", "250.5"),
        (25_055, "250.55", "250.55"),
        (25_005, "250.05", "250.05"),
        (1, "0.01", "0.01"),
        (0, "0.00", "0"),
        (-150, "-1.50", "-1.5"),
        (i64::MAX, "92233720368547758.07", "92233720368547758.07"),
        (i64::MIN, "-92233720368547758.08", "-92233720368547758.08"),
    ] {
        assert_eq!(two_decimals(minor), callback);
        assert_eq!(php_number(minor), answer);
    }
}

/// The grammar once more, by another road: what it accepts has these shapes and no other.
fn is_amount(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "00"));
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole)
        && all_digits(fraction)
        && fraction.len() <= 2
        && (whole == "0" || !whole.starts_with('0'))
        && text.bytes().any(|b| (b'1'..=b'9').contains(&b))
}

proptest! {
    #[test]
    fn what_is_rendered_is_read_back(minor in 1..=i64::MAX) {
        prop_assert_eq!(from_text(&two_decimals(minor), 2), Ok(minor));
        prop_assert_eq!(from_text(&php_number(minor), 2), Ok(minor));
        prop_assert_eq!(read(&php_number(minor)), Ok(minor));
    }

    #[test]
    fn the_rest_of_the_grammar_is_refused(text in r"[0-9\.\+\-eE, ٣]{0,8}") {
        prop_assert_eq!(from_text(&text, 2).is_ok(), is_amount(&text), "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), decimals in any::<u8>()) {
        let _ = from_text(&text, decimals);
    }
}
