use proptest::prelude::*;

use super::*;

/// Each rule with values that hold and values that do not, whatever the checks.
const TABLE: &[(&str, &[&str], &[&str])] = &[
    ("required", &["a", " "], &[""]),
    (
        "integer",
        &["", "0", "1001", "-5", "007", "999999999999999999"],
        &["1.0", "1e3", "+1", "a", " 1", "-", "１", "1000000000000000000"],
    ),
    ("string", &["", "a", "Şükrü 🙂"], &[]),
    ("max:3", &["", "a", "şşş"], &["abcd", "şşşş"]),
    ("max:0", &[""], &["a"]),
    ("min:3", &["", "abc", "şşş"], &["ab", "şş"]),
    ("digits:4", &["", "0000", "1234"], &["123", "12345", "123a", "-123", "１２３４"]),
    ("regex:[A-Z]{2}[0-9]+", &["", "TR1", "TR123"], &["tr1", "xTR1", "TR1x", "TR1\n", "\nTR1"]),
    ("regex:/^(a|b)$/", &["a", "b"], &["ab", "c"]),
    ("regex:a|b", &["a", "b"], &["ab", "ax", "xb"]),
    ("in:savings,current", &["", "savings", "current"], &["saving", "Savings", "savings,current"]),
    (
        "iban",
        &[
            "",
            "TR330006100519786457841326",
            "tr33 0006 1005 1978 6457 8413 26",
            "GB29NWBK60161331926819",
        ],
        &[
            "TR33",
            "330006100519786457841326",
            "TRXX0006100519786457841326",
            "TR33000610051978645784132\u{131}",
            "TR3300061005197864578413260006100519",
        ],
    ),
    (
        "ifsc",
        &["", "HDFC0000001", "hdfc0ABC123"],
        &["HDF00000001", "HDFC000001", "HDFC00000001", "HDFC0-00001", "HDFC\u{131}00001"],
    ),
    (
        "email",
        &["", "a@b.co", "ada.l+x@mail.example.com"],
        &[
            "a", "a@b", "@b.co", "a@", "a@.co", "a@b.", "a@b..co", "a b@c.co", "a@b@c.co",
            "a@b.c\"", "ş@b.co", "a,b@c.co",
        ],
    ),
    (
        "phone",
        &["", "5551112233", "+905551112233"],
        &["123456", "1234567890123456", "+", "++905551112233", "555-111", "555 111 2233"],
    ),
    ("tckn", &["", "10000000146"], &["1000000014", "100000001466", "1000000014a", "１0000000146"]),
];

/// Values whose form holds and whose check digits do not.
const SANDBOX_ONLY: &[(&str, &str)] = &[
    ("iban", "TR123445678945613245645"),
    ("iban", "TR330006100519786457841327"),
    ("iban", "GB28NWBK60161331926819"),
    ("ifsc", "HDFC1000001"),
    ("ifsc", "HDFCX000001"),
    ("tckn", "12345678910"),
    ("tckn", "00000000000"),
    ("tckn", "01000000146"),
    ("tckn", "10000000147"),
    ("tckn", "10000000156"),
];

#[test]
fn rules_hold_as_the_table_says() {
    for (notation, holds, broken) in TABLE {
        let rule = Rule::parse(notation).unwrap();
        for checks in [Checks::Structural, Checks::Strict] {
            for value in *holds {
                assert_eq!(rule.check(value, checks), Ok(()), "{notation}: {value}");
            }
            for value in *broken {
                let error = rule.check(value, checks).unwrap_err();
                assert_eq!(error.rule, *notation, "{notation}: {value}");
                assert!(error.to_string().ends_with(&format!("(rule {notation})")), "{error}");
            }
        }
    }
}

#[test]
fn check_digits_count_in_live_mode_only() {
    for (notation, value) in SANDBOX_ONLY {
        let rule = Rule::parse(notation).unwrap();
        assert_eq!(rule.check(value, Checks::Structural), Ok(()), "{notation}: {value}");
        assert!(rule.check(value, Checks::Strict).is_err(), "{notation}: {value}");
    }
}

#[test]
fn every_rule_of_the_language_is_in_the_table_and_documented() {
    for (notation, meaning) in NOTATIONS {
        let rule = Rule::parse(notation).unwrap();
        assert_eq!(rule.to_string(), *notation);
        assert!(meaning.ends_with('.'));
        let name = notation.split(':').next().unwrap();
        assert!(TABLE.iter().any(|(row, ..)| row.split(':').next() == Some(name)), "{name}");
    }
}

#[test]
fn refuses_what_is_no_rule() {
    for text in [
        "",
        "Required",
        "required:",
        "required:1",
        "string ",
        "max",
        "max:",
        "max:-1",
        "max:+1",
        "max:05",
        "max:65536",
        "max:a",
        "min:1.5",
        "digits: 4",
        "digits_between:1,2",
        "in",
        "in:",
        "in:a,,b",
        "in:a,",
        "regex",
        "regex:",
        "regex:(",
        "regex:a)|(b",
        "regex:[",
        "regex:(?x)a # ",
        "regex:a{1000}{1000}",
        "unique:users",
    ] {
        assert!(Rule::parse(text).is_err(), "{text}");
    }
    assert_eq!(Rule::parse(&"r".repeat(MAX_RULE + 1)), Err(RuleError::TooLong));
    let long = format!("regex:{}", "a".repeat(MAX_PATTERN + 1));
    assert_eq!(Rule::parse(&long), Err(RuleError::Argument(PATTERN)));
    let nested = format!("regex:{}a{}", "(".repeat(50), ")".repeat(50));
    assert!(Rule::parse(&nested).is_err());
    let many = format!("in:{}", ["a"; MAX_VALUES + 1].join(","));
    assert_eq!(Rule::parse(&many), Err(RuleError::Argument(VALUES)));
}

#[test]
fn a_broken_rule_says_what_is_wanted_and_not_what_came() {
    let error = Rule::Max(3).check("secret", Checks::Strict).unwrap_err();
    assert_eq!(error.to_string(), "must not be longer than 3 characters (rule max:3)");
}

proptest! {
    #[test]
    fn what_is_parsed_is_printed(
        text in "(required|max:[1-9][0-9]{0,3}|in:[a-z]{1,3}(,[a-z]{1,3}){0,3}|regex:[a-z.*|]{1,9})",
    ) {
        if let Ok(rule) = Rule::parse(&text) {
            prop_assert_eq!(rule.to_string(), text.clone());
            prop_assert_eq!(Rule::parse(&rule.to_string()), Ok(rule));
        }
    }

    #[test]
    fn no_text_breaks_the_parser_or_a_rule(text in "\\PC{0,60}", value in "\\PC{0,60}") {
        let _ = Rule::parse(&text);
        if let Ok(rule) = Rule::parse(&format!("regex:{text}")) {
            let _ = rule.check(&value, Checks::Strict);
        }
        for (notation, _) in NOTATIONS {
            let _ = Rule::parse(notation).unwrap().check(&value, Checks::Strict);
        }
    }

    /// One changed digit never keeps an IBAN or an identity number valid.
    #[test]
    fn check_digits_find_a_changed_digit(at in 2..26_usize, other in 0..10_u8) {
        let mut iban = *b"TR330006100519786457841326";
        prop_assume!(iban[at] != b'0' + other);
        iban[at] = b'0' + other;
        let iban = std::str::from_utf8(&iban).unwrap();
        prop_assert!(Rule::Iban.check(iban, Checks::Strict).is_err());
    }
}
