use super::*;

fn minor(text: &str) -> Option<i64> {
    Decimal::parse(text.as_bytes()).and_then(Decimal::exact_minor)
}

#[test]
fn reads_every_way_to_print_an_amount() {
    for (text, expected) in [
        ("10", 1000),
        ("10.0", 1000),
        ("10.00", 1000),
        ("0010.000000", 1000),
        ("0", 0),
        ("0.00", 0),
        ("0.01", 1),
        ("20.1", 2010),
        ("1234.56", 123_456),
        ("92233720368547758.07", i64::MAX),
    ] {
        assert_eq!(minor(text), Some(expected), "{text}");
    }
}

#[test]
fn refuses_what_is_no_plain_decimal() {
    for text in [
        "", ".", "5.", ".5", "1.2.3", "1,5", "-1", "+1", "1e2", "1.0E+15", " 1", "1 ", "NaN", "١",
        "0x10", "1_0",
    ] {
        assert_eq!(Decimal::parse(text.as_bytes()), None, "{text}");
    }
    assert_eq!(Decimal::parse("1".repeat(18).as_bytes()), None);
    assert_eq!(Decimal::parse("9".repeat(4000).as_bytes()), None);
    assert_eq!(Decimal::parse(format!("1.{}", "9".repeat(21)).as_bytes()), None);
    assert_eq!(minor("92233720368547758.08"), None);
    assert_eq!(minor("10.001"), None);
}

#[test]
fn the_largest_and_longest_is_held() {
    let text = format!("{}.{}", "9".repeat(17), "9".repeat(20));
    let largest = Decimal::parse(text.as_bytes()).unwrap();
    assert_eq!(largest.nearest_minor(), None);
    assert_eq!(largest.plus(largest).map(Decimal::exact_minor), Some(None));
}

#[test]
fn near_is_half_a_kurus_and_no_more() {
    for (text, near, exact) in [
        ("0.30000000000000004", true, false),
        ("0.29999999999999998", true, false),
        ("0.3", true, true),
        ("0.305", true, false),
        ("0.295", true, false),
        ("0.30500000000000000001", false, false),
        ("0.29499999999999999999", false, false),
        ("0.31", false, false),
    ] {
        let decimal = Decimal::parse(text.as_bytes()).unwrap();
        assert_eq!((decimal.is_near(30), decimal.is(30)), (near, exact), "{text}");
    }
}

/// Prints of doubles by CPython, around amounts of all sizes: the text, how many decimals the
/// currency has, an amount, and whether the text reads as the double of that amount.
const DOUBLES: &str = include_str!("doubles.txt");

#[test]
fn what_prints_a_double_is_the_amount_that_it_reads_as() {
    let mut seen = [0; 2];
    for line in DOUBLES.lines() {
        let [text, decimals, amount, verdict] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let decimal = Decimal::parse(text.as_bytes()).expect("a decimal");
        let found = decimal.of_double(decimals.parse().unwrap());
        let is_same = verdict == "same";
        assert_eq!(found == Some(amount.parse().unwrap()), is_same, "{line}: {found:?}");
        seen[usize::from(is_same)] += 1;
    }
    assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
}

#[test]
fn no_print_of_a_double_is_taken_for_what_it_is_not() {
    for (text, decimals, expected) in [
        ("277.19999999999999", 2, Some(27_720)),
        ("19.899999999999999", 2, Some(1_990)),
        ("67.200000000000003", 2, Some(6_720)),
        ("0.10000000000000001", 2, Some(10)),
        ("250000.00000000000", 0, Some(250_000)),
        ("277.19999999999999", 0, None),
        ("277.19999999999998", 2, Some(27_720)),
        ("277.19999999999996", 2, None),
        ("277.1999999999999", 2, None),
        ("0.30000000000000004", 2, None),
        ("277.201", 2, None),
        ("0.001", 2, None),
        ("0.00", 2, None),
        ("0.00000000000000001", 2, None),
        ("99999999999999.994", 2, None),
    ] {
        let decimal = Decimal::parse(text.as_bytes()).expect("a decimal");
        assert_eq!(decimal.of_double(decimals), expected, "{text}");
    }
}
