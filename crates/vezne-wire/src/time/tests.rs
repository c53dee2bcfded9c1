use proptest::prelude::*;

use super::{birth_date, from_istanbul_year_first, istanbul, istanbul_year_first};

#[test]
fn writes_istanbul_time() {
    for (unix_seconds, expected) in [
        (1_708_118_926, "17.02.2024 00:28:46"),
        (0, "01.01.1970 02:00:00"),
        // Summer time, which Turkey had until 2016.
        (1_435_708_800, "01.07.2015 03:00:00"),
        (1_420_070_400, "01.01.2015 02:00:00"),
        (1_703_970_000, "31.12.2023 00:00:00"),
    ] {
        assert_eq!(istanbul(unix_seconds * 1_000_000 + 999_999), expected);
    }
}

#[test]
fn writes_and_reads_istanbul_time_year_first() {
    for (unix_seconds, text) in [
        (1_611_927_961, "2021-01-29 16:46:01"),
        (0, "1970-01-01 02:00:00"),
        (1_435_708_800, "2015-07-01 03:00:00"),
    ] {
        assert_eq!(istanbul_year_first(unix_seconds * 1_000_000 + 999_999), text);
        assert_eq!(from_istanbul_year_first(text), Some(unix_seconds * 1_000_000));
    }
    for text in [
        "",
        "2021-01-29",
        "2021-1-29 16:46:01",
        "2021-02-29 16:46:01",
        "2021-01-29T16:46:01",
        "2021-01-29 16:46:01 ",
        "2021-01-29 24:46:01",
        "29.01.2021 16:46:01",
    ] {
        assert_eq!(from_istanbul_year_first(text), None, "{text}");
    }
}

#[test]
fn takes_only_calendar_dates() {
    for (text, taken) in [
        ("16.09.1990", true),
        ("29.02.2024", true),
        ("01.01.1900", true),
        ("29.02.2023", false),
        ("31.04.1990", false),
        ("00.01.1990", false),
        ("01.13.1990", false),
        ("31.12.1899", false),
        ("1.9.1990", false),
        ("16/09/1990", false),
        ("1990-09-16", false),
        ("16.09.90", false),
        ("+6.09.1990", false),
        ("16.09.+990", false),
        ("16.09.1990 ", false),
        ("1६.09.19", false),
        ("", false),
    ] {
        assert_eq!(birth_date(text).is_some(), taken, "{text}");
    }
}

proptest! {
    #[test]
    fn any_instant_is_written(micros in any::<i64>()) {
        prop_assert!(istanbul(micros).len() >= 19);
    }

    #[test]
    fn any_text_is_a_date_or_not(text in any::<String>()) {
        let _ = birth_date(&text);
    }
}
