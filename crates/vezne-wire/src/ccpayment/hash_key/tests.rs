use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::decimal::Decimal;

const VECTORS: &str = include_str!("../../../tests/vectors/ccpayment_hash_key.json");
const SECRET: &str = "test-app-secret-0001";
const IBAN: &str = "TR330006100519786457841326";

/// `research/wire-facts.md` section 6.
const INTEGERS: &str = "0123456789abcdef:abcd:FQ3kn21h0nY0IAWmTRcuKvJ6y2miZNJEcDoc+zYBCqcrwyA8dpl\
                        Px__u2KRYE__XyvqYX+oMWv37YBu+1yGBZehw==";
const SHORT_DECIMALS: &str = "fedcba9876543210:0f0f:tlqdbc8gsccOW3j4__P0M03QMhEh2kKAwliDI39ebwE6r\
                              FfQzZVq1Zyna4N1Iee98vWBH4AYplVZtCmvt10elhg==";
const TWO_DECIMALS: &str = "00112233445566aa:9c1e:RqPLexBLh4LwMyBdkLoR41UZ6COxjWp6iflFdXmVlGdyWDW\
                            J3hef092wNHRvNYxG1c__OM0NU+t5irrGyiJAw__A==";

const INTEGERS_EXPECTED: Expected<'_> = expected(3000, 1000, "901111111111");

const fn expected(sum_minor: i64, amount_minor: i64, gsm: &str) -> Expected<'_> {
    Expected { sum_minor, iban: IBAN, amount_minor, currency: "TRY", gsm }
}

fn sample_verifies(bundle: &str) -> bool {
    verify(bundle, SECRET, &INTEGERS_EXPECTED)
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
    std::array::from_fn(byte)
}

/// The bundle that the documents' function makes of a text with the IV and salt of another bundle.
fn remade(text: &str, secret: &str, bundle: &str) -> String {
    let parts: Vec<&str> = bundle.split(':').collect();
    make(text, secret, bytes(parts[0]), bytes(parts[1]))
}

fn made(text: &str) -> String {
    make(text, SECRET, *b"\x01\x23\x45\x67\x89\xab\xcd\xef", [0xab, 0xcd])
}

fn minor(value: &Value) -> i64 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Decimal::parse(text.as_bytes()).and_then(Decimal::exact_minor).unwrap()
}

#[test]
fn agrees_with_the_independent_vectors() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert_eq!(vectors.len(), 8);
    for vector in &vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let (secret, bundle) = (text("app_secret"), text("hash_key"));
        let rows = vector["rows"].as_array().unwrap();
        let expected = Expected {
            sum_minor: rows.iter().map(|row| minor(&row["amount"])).sum(),
            iban: rows[0]["iban"].as_str().unwrap(),
            amount_minor: minor(&rows[0]["amount"]),
            currency: rows[0]["currency"].as_str().unwrap(),
            gsm: rows[0]["gsm_number"].as_str().unwrap(),
        };
        assert!(verify(bundle, secret, &expected), "{vector}");
        assert_eq!(open(bundle, secret).as_deref(), Ok(text("plaintext")));
        assert_eq!(remade(text("plaintext"), secret, bundle), bundle);
        assert!(!verify(bundle, "another", &expected), "{vector}");
        if rows[0]["amount"].is_number() {
            assert_eq!(plaintext(&expected), text("plaintext"));
        }
    }
}

#[test]
fn agrees_with_php() {
    for (bundle, text, expected) in [
        (INTEGERS, "30|TR330006100519786457841326|10|TRY|901111111111", INTEGERS_EXPECTED),
        (
            SHORT_DECIMALS,
            "30.75|TR330006100519786457841326|10.5|TRY|905551112233",
            expected(3075, 1050, "905551112233"),
        ),
        (
            TWO_DECIMALS,
            "100.00|TR330006100519786457841326|100.00|TRY|905551112233",
            expected(10_000, 10_000, "+90 555-111 22 33"),
        ),
    ] {
        assert_eq!(open(bundle, SECRET).as_deref(), Ok(text));
        assert_eq!(remade(text, SECRET, bundle), bundle);
        assert!(verify(bundle, SECRET, &expected), "{text}");
    }
}

/// The known answer on QNBpay's hash-verify page, another brand of the platform.
#[test]
fn opens_the_published_vector() {
    let bundle = "97c0cf085f6b80d4:6bfd:r9__JiB8t16noGHzssMOGjc6IAeSjyTXkFRXvFpu2HLF+pjoL6i4C7+\
                  owtA3NvQgpKRK3sOzKfNlX__JLQhA3__Vw==";
    let text = open(bundle, "61d97b2cac247069495be4b16f8604db");
    assert_eq!(text.as_deref(), Ok("1|20|test-invoice-id|63888713057822790758274|TRY"));
}

#[test]
fn no_change_of_the_iv_holds() {
    for at in 0..16 {
        for byte in 0..=u8::MAX {
            let changed: String = INTEGERS
                .char_indices()
                .map(|(place, c)| if place == at { char::from(byte) } else { c })
                .collect();
            assert_eq!(sample_verifies(&changed), changed == INTEGERS, "{changed}");
        }
    }
}

/// A letter of the IV in the other case changes the case of a letter of the IBAN: the same values.
#[test]
fn a_changed_iv_holds_only_for_the_same_values() {
    let text = plaintext(&INTEGERS_EXPECTED);
    let bundle = make(&text, SECRET, [0xaa; 8], [1, 2]);
    for at in 0..16 {
        let mut changed = bundle.clone();
        changed.replace_range(at..=at, "A");
        assert_eq!(sample_verifies(&changed), matches!(at, 3 | 4), "{at}");
        assert_eq!(fingerprint(&changed), fingerprint(&bundle));
    }
}

#[test]
fn no_truncation_holds() {
    let without_padding = INTEGERS.trim_end_matches('=').len();
    for length in 0..INTEGERS.len() {
        let holds = sample_verifies(&INTEGERS[..length]);
        assert_eq!(holds, length >= without_padding, "{length}");
    }
    for start in 1..=INTEGERS.len() {
        assert!(!sample_verifies(&INTEGERS[start..]), "{start}");
    }
}

#[test]
fn no_other_order_of_blocks_holds() {
    let (head, base64) = INTEGERS.rsplit_once(':').unwrap();
    let ciphertext = STANDARD.decode(base64.replace("__", "/")).unwrap();
    let blocks: Vec<&[u8]> = ciphertext.chunks(16).collect();
    assert_eq!(blocks.len(), 4);
    for number in 0..5_usize.pow(5) {
        // Up to five blocks, each one of the four or left out.
        let chosen = (0..5).map(|place| number / 5_usize.pow(place) % 5);
        let reblocked: Vec<u8> =
            chosen.filter_map(|block| blocks.get(block)).copied().flatten().copied().collect();
        let bundle = format!("{head}:{}", STANDARD.encode(&reblocked).replace('/', "__"));
        assert_eq!(sample_verifies(&bundle), reblocked == ciphertext, "{number}");
    }
}

#[test]
fn other_texts_under_the_right_secret_do_not_hold() {
    for text in [
        "",
        "|",
        "||||",
        "30|TR330006100519786457841326|10|TRY",
        "30|TR330006100519786457841326|10|TRY|901111111111|",
        "30|TR330006100519786457841326|10|TRY|901111111111|x",
        "|TR330006100519786457841326|10|TRY|901111111111",
        "30|TR330006100519786457841326|10|TRY|",
        "30.01|TR330006100519786457841326|10|TRY|901111111111",
        "30|TR330006100519786457841327|10|TRY|901111111111",
        "30|TR33000610051978645784132|10|TRY|901111111111",
        "30|TR330006100519786457841326|10.001|TRY|901111111111",
        "30|TR330006100519786457841326|10|EUR|901111111111",
        "30|TR330006100519786457841326|10|TRY|901111111112",
        "3e1|TR330006100519786457841326|10|TRY|901111111111",
        "30|TR330006100519786457841326|1E1|TRY|901111111111",
        "3.0E+1|TR330006100519786457841326|10|TRY|901111111111",
        "-30|TR330006100519786457841326|10|TRY|901111111111",
        "30,00|TR330006100519786457841326|10|TRY|901111111111",
        "30|TR330006100519786457841326|10|TRY|ş01111111111",
    ] {
        let bundle = made(text);
        assert_eq!(open(&bundle, SECRET).as_deref(), Ok(text));
        assert!(!sample_verifies(&bundle), "{text}");
    }
}

#[test]
fn numbers_and_texts_are_compared_by_what_they_mean() {
    for text in [
        "30|TR330006100519786457841326|10|TRY|901111111111",
        "30.00|TR330006100519786457841326|10.0|TRY|901111111111",
        "30.000000000000004|TR330006100519786457841326|10.00|TRY|901111111111",
        "29.999999999999996|TR330006100519786457841326|10.00|TRY|901111111111",
        "30|tr33 0006 1005 1978 6457 8413 26|10|try|+90 111-1111111",
    ] {
        assert!(sample_verifies(&made(text)), "{text}");
    }
    let noise = Expected { sum_minor: 30, amount_minor: 10, ..INTEGERS_EXPECTED };
    let text = "0.30000000000000004|TR330006100519786457841326|0.1|TRY|901111111111";
    assert!(verify(&made(text), SECRET, &noise));
}

#[test]
fn what_transport_does_to_a_bundle_is_undone() {
    let wrapped = format!("{}\n{}\r\n", &INTEGERS[..64], &INTEGERS[64..]);
    for bundle in [
        wrapped,
        INTEGERS.replace('+', " "),
        INTEGERS.trim_end_matches('=').to_owned(),
        INTEGERS.replace("__", "/"),
        format!(" \t{INTEGERS}\n"),
    ] {
        assert!(sample_verifies(&bundle), "{bundle}");
        assert_eq!(fingerprint(&bundle), fingerprint(INTEGERS), "{bundle}");
    }
}

#[test]
fn says_precisely_what_is_wrong() {
    let (iv, salt, base64) = ("0123456789abcdef", "abcd", "AAAAAAAAAAAAAAAAAAAAAA==");
    let bundle = |iv: &str, salt: &str, base64: &str| format!("{iv}:{salt}:{base64}");
    for (bundle, problem) in [
        (String::new(), OpenError::Parts { found: 1 }),
        ("a:b".to_owned(), OpenError::Parts { found: 2 }),
        (format!("{INTEGERS}:"), OpenError::Parts { found: 4 }),
        (bundle(&iv[1..], salt, base64), OpenError::Iv),
        (bundle("0123456789abcdef0", salt, base64), OpenError::Iv),
        (bundle("0123456789abcdeg", salt, base64), OpenError::Iv),
        (bundle("01234567é89abcde", salt, base64), OpenError::Iv),
        (bundle(iv, "", base64), OpenError::Salt),
        (bundle(iv, "abcdefabcdefabcde", base64), OpenError::Salt),
        (bundle(iv, "xyz", base64), OpenError::Salt),
        (bundle(iv, salt, "A"), OpenError::Base64),
        (bundle(iv, salt, "AA*A"), OpenError::Base64),
        (bundle(iv, salt, "A_AA"), OpenError::Base64),
        (bundle(iv, salt, ""), OpenError::Blocks { bytes: 0 }),
        (bundle(iv, salt, "AAAA"), OpenError::Blocks { bytes: 3 }),
        (bundle(iv, salt, &"A".repeat(MAX_BUNDLE)), OpenError::TooLong),
        (bundle(iv, salt, base64), OpenError::Padding),
    ] {
        assert_eq!(open(&bundle, SECRET), Err(problem), "{bundle}");
        assert!(!sample_verifies(&bundle), "{bundle}");
        assert!(!problem.to_string().is_empty());
    }
    assert_eq!(open(INTEGERS, "another"), Err(OpenError::Padding));
}

/// A bundle whose own IV and salt are those that stand in for parts that cannot be read.
#[test]
fn what_stands_in_for_a_part_is_never_the_part() {
    let bundle = make(&plaintext(&INTEGERS_EXPECTED), SECRET, [0; 8], [0; 2]);
    assert!(sample_verifies(&bundle));
    for (from, to) in [
        ("0000000000000000:", "x:"),
        ("0000000000000000:", ":"),
        (":0000:", ":x:"),
        (":0000:", "::"),
    ] {
        assert!(!sample_verifies(&bundle.replacen(from, to, 1)), "{from} {to}");
    }
}

#[test]
fn bytes_that_are_no_text_do_not_hold() {
    let text = [b"30|TR\xff|10|TRY|901111111111".as_slice(), &[0xff; 40]].concat();
    let ciphertext = cipher::encrypt(&text, SECRET, *b"0123456789abcdef", b"abcd");
    let bundle = format!("0123456789abcdef:abcd:{}", STANDARD.encode(ciphertext));
    assert_eq!(open(&bundle, SECRET), Err(OpenError::NotText));
    assert!(!sample_verifies(&bundle));
}

#[test]
fn every_length_of_text_is_padded_and_opened() {
    for length in 0..=49 {
        let text = "x".repeat(length);
        assert_eq!(open(&made(&text), SECRET), Ok(text));
    }
}

#[test]
fn every_wrong_padding_is_seen() {
    let right = |last: &[u8]| {
        let bundle = bundle::Bundle {
            iv: *b"0123456789abcdef",
            salt: "abcd".to_owned(),
            ciphertext: raw_blocks(last),
        };
        bool::from(cipher::decrypt(&bundle, SECRET).is_padded())
    };
    for padding in 0..=u8::MAX {
        let mut block = [padding; 16];
        assert_eq!(right(&block), (1..=16).contains(&padding), "{padding}");
        if (2..=16).contains(&padding) {
            // One byte of it is another.
            block[usize::from(16 - padding)] ^= 1;
            assert!(!right(&block), "{padding}");
        }
    }
}

/// One block encrypted as it is: what padding follows it is cut off.
fn raw_blocks(block: &[u8]) -> Vec<u8> {
    let mut blocks = cipher::encrypt(block, SECRET, *b"0123456789abcdef", b"abcd");
    blocks.truncate(16);
    blocks
}

#[test]
fn fingerprints_differ_where_bundles_do() {
    let other_salt = INTEGERS.replace(":abcd:", ":abce:");
    let malformed = ["", "x", "a:b:c"].map(fingerprint);
    assert_ne!(fingerprint(INTEGERS), fingerprint(SHORT_DECIMALS));
    assert_ne!(fingerprint(INTEGERS), fingerprint(&other_salt));
    assert_ne!(malformed[0], malformed[1]);
    assert_ne!(malformed[1], malformed[2]);
    assert_eq!(fingerprint("x"), fingerprint(" x\n"));
}

#[test]
fn an_account_never_prints() {
    assert!(!format!("{INTEGERS_EXPECTED:?}").contains(IBAN));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn random_ciphertexts_do_not_hold(
        iv in "[0-9a-f]{16}",
        salt in "[0-9a-f]{1,16}",
        blocks in proptest::collection::vec(any::<[u8; 16]>(), 1..6),
    ) {
        let base64 = STANDARD.encode(blocks.concat());
        let bundle = format!("{iv}:{salt}:{base64}");
        prop_assert!(!sample_verifies(&bundle));
    }

    #[test]
    fn any_text_is_no_bundle(bundle in any::<String>()) {
        prop_assert!(!sample_verifies(&bundle));
        let _ = (open(&bundle, SECRET), fingerprint(&bundle));
    }

    #[test]
    fn what_is_made_holds(
        sum in 1..i64::MAX,
        amount in 1..i64::MAX,
        iban in "[A-Z]{2}[0-9]{10,30}",
        gsm in "\\+?[0-9]{7,15}",
        secret in any::<String>(),
        iv in any::<[u8; 8]>(),
        salt in any::<[u8; 2]>(),
    ) {
        let expected =
            Expected { sum_minor: sum, iban: &iban, amount_minor: amount, currency: "TRY", gsm: &gsm };
        let bundle = make(&plaintext(&expected), &secret, iv, salt);
        prop_assert!(verify(&bundle, &secret, &expected));
        let other = Expected { sum_minor: sum - 1, ..expected };
        prop_assert!(!verify(&bundle, &secret, &other));
    }
}

#[test]
fn the_tool_tells_which_field_differs() {
    let right = plaintext(&INTEGERS_EXPECTED);
    assert_eq!(compare(&right, &INTEGERS_EXPECTED), Some([true; 5]));
    for at in 0..5 {
        let mut fields: Vec<&str> = right.split('|').collect();
        fields[at] = "7";
        let same = std::array::from_fn(|field| field != at);
        assert_eq!(compare(&fields.join("|"), &INTEGERS_EXPECTED), Some(same), "{at}");
    }
    for text in ["", "1|2|3|4", "1|2|3|4|5|6"] {
        assert_eq!(compare(text, &INTEGERS_EXPECTED), None, "{text}");
    }
}
