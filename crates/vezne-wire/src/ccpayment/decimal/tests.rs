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
