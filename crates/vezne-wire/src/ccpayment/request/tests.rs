use std::fmt::Write as _;

use super::*;
use crate::ccpayment::{RowCode, samples};

const ROW: &str = r#"{"name_surname":"J","iban":"TR1","amount":10,"currency":"TRY",
    "gsm_number":"901111111111"}"#;

fn body(data: &str) -> String {
    format!(r#"{{"merchant_key":"m","hash_key":"h","cashout_type":1,"cashout_data":{data}}}"#)
}

fn decode(body: &str) -> Result<CashoutRequest, RequestError> {
    CashoutRequest::decode(&Object::parse(body.as_bytes()).unwrap(), 4)
}

fn row(amount: &str) -> String {
    ROW.replace(r#""amount":10"#, &format!(r#""amount":{amount}"#))
}

#[test]
fn reads_the_samples() {
    let request = decode(samples::SIPAY_REQUEST).unwrap();
    assert_eq!((request.rows.len(), request.sum_minor), (2, 3000));
    assert_eq!(request.hash_key, "HASH_KEY_VALUE_HERE");
    let first = request.rows[0].as_ref().unwrap();
    assert_eq!((&first.unique_id, &first.identity, &first.description), (&None, &None, &None));
    let request = decode(samples::IQMONEY_REQUEST).unwrap();
    let ids = request.rows.iter().map(|row| row.as_ref().unwrap().unique_id.as_deref());
    assert_eq!(ids.collect::<Vec<_>>(), [Some("6182458"), None]);
    assert_eq!(request.first.gsm, "901111137653");
}

#[test]
fn every_nesting_is_flattened_in_order() {
    let [a, b, c] = ["1", "2", "3.5"].map(row);
    for data in [
        format!("[[{a}],[{b}],[{c}]]"),
        format!("[{a},{b},{c}]"),
        format!("[[{a},{b},{c}]]"),
        format!("[[{a},{b}],{c}]"),
    ] {
        let request = decode(&body(&data)).unwrap();
        let amounts = request.rows.iter().map(|row| row.as_ref().unwrap().amount_minor);
        assert_eq!(amounts.collect::<Vec<_>>(), [100, 200, 350], "{data}");
        assert_eq!((request.sum_minor, request.first.amount_minor), (650, 100));
    }
}

#[test]
fn what_keeps_it_from_being_read_is_named() {
    let many = format!("[{}]", [ROW; 5].join(","));
    let nested = format!("[[{}],[{}]]", [ROW; 3].join(","), [ROW; 2].join(","));
    let last = |amount: &str| format!("[{ROW},[{}]]", row(amount));
    let too_many = "cashout_data must not have more than 4 rows.";
    let example = "Example: 25000.00";
    for (data, message) in [
        ("{}", "cashout_data must be an array of objects."),
        ("\"x\"", "cashout_data must be an array of objects."),
        ("[]", "cashout_data must not be empty."),
        ("[[]]", "cashout_data[0] must be an object."),
        ("[1]", "cashout_data[0] must be an object."),
        ("[[[{}]]]", "cashout_data[0] must be an object."),
        (&format!("[{ROW},[null]]"), "cashout_data[1] must be an object."),
        (&many, too_many),
        (&nested, too_many),
        (
            r#"[{"a":1,"a":2}]"#,
            "cashout_data[0] is not valid: The body has the member a more than once.",
        ),
        ("[{}]", "cashout_data[0].amount is required."),
        (
            &last("null"),
            &format!(
                "cashout_data[1].amount is not a valid amount: send a number or a string. {example}"
            ),
        ),
        (
            &last("\"\""),
            &format!("cashout_data[1].amount is not a valid amount: it is empty. {example}"),
        ),
        (
            &last("1e2"),
            &format!(
                "cashout_data[1].amount is not a valid amount: an exponent is not allowed. {example}"
            ),
        ),
        (
            &last("-5"),
            &format!(
                "cashout_data[1].amount is not a valid amount: a sign is not allowed. {example}"
            ),
        ),
        (
            &last("123456789012345678"),
            &format!("cashout_data[1].amount is not a valid amount: it is too large. {example}"),
        ),
        (&last("92233720368547758"), "The sum of cashout_data is too large."),
        (
            &format!("[{}]", row("10.001")),
            &format!(
                "cashout_data[0].amount is not a valid amount: at most 2 decimals are allowed. {example}"
            ),
        ),
    ] {
        let error = decode(&body(data)).unwrap_err();
        assert_eq!(error.to_string(), message, "{data}");
    }
}

#[test]
fn fields_outside_the_rows_are_named() {
    let good = body(&format!("[{ROW}]"));
    for (from, to, message) in [
        (r#""merchant_key":"m","#, "", "merchant_key is required."),
        (r#""m""#, r#""""#, "merchant_key must not be empty."),
        (r#""hash_key":"h","#, "", "hash_key is required."),
        (r#""h""#, "1", "hash_key must be a string."),
        (r#""h""#, r#"" ""#, "hash_key must not be empty."),
        (r#""h""#, r#""\ud800""#, "hash_key has a control character or is not proper text."),
        (r#""cashout_type":1,"#, "", "cashout_type is required."),
        (r#""cashout_type":1"#, r#""cashout_type":2"#, "cashout_type must be one of: 1."),
        (r#""cashout_type":1"#, r#""cashout_type":"x""#, "cashout_type must be one of: 1."),
        (r#""cashout_data""#, r#""data""#, "cashout_data is required."),
        (
            r#"{"merchant_key""#,
            r#"{"reverse_web_hook_key":1,"merchant_key""#,
            "reverse_web_hook_key must be a string.",
        ),
    ] {
        let error = decode(&good.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let texts = good.replace(r#""cashout_type":1"#, r#""cashout_type":"1""#);
    let texts = texts.replace(r#""h""#, r#""h\n+","reverse_web_hook_key":"hook""#);
    let request = decode(&texts).unwrap();
    assert_eq!(request.web_hook_key.as_deref(), Some("hook"));
    assert_eq!(request.hash_key, "h\n+");
}

#[test]
fn a_wrong_row_stops_no_other() {
    let wrong = row("\"10.005\"").replace("{", r#"{"unique_id":7,"#);
    let request = decode(&body(&format!("[{ROW},{wrong},{}]", row("0")))).unwrap();
    let problem = request.rows[1].as_ref().unwrap_err();
    assert_eq!((problem.code, problem.unique_id.as_deref()), (RowCode::Validation, Some("7")));
    assert!(request.rows[0].is_ok() && request.rows[2].is_err());
    // 20.005 is as near to 20.00 as to 20.01.
    assert_eq!(request.sum_minor, 2001);
}

/// What a client put into its hash, although the row is wrong.
#[test]
fn the_first_row_is_as_sent() {
    let data = r#"[{"iban":"tr 1","amount":"0","currency":"tl","gsm_number":905551112233}]"#;
    let request = decode(&body(data)).unwrap();
    let expected = request.expected();
    assert_eq!((expected.iban, expected.amount_minor), ("tr 1", 0));
    assert_eq!((expected.currency, expected.gsm), ("tl", "905551112233"));
    let request = decode(&body(r#"[{"iban":[],"amount":1,"gsm_number":null}]"#)).unwrap();
    let expected = request.expected();
    assert_eq!((expected.iban, expected.currency, expected.gsm), ("", "", ""));
}

#[test]
fn unknown_members_are_bounded() {
    let extras = (0..55).map(|at| format!("\"m{at}\":1,")).collect::<String>();
    let row = ROW.replace('{', &format!("{{{extras}"));
    let rows = |count: usize| body(&format!("[{}]", vec![row.as_str(); count].join(",")));
    let decode = |count: usize| {
        CashoutRequest::decode(&Object::parse(rows(count).as_bytes()).unwrap(), 1000)
    };
    assert!(decode(MAX_EXTRAS / 55).is_ok());
    assert_eq!(decode(MAX_EXTRAS / 55 + 1).unwrap_err(), RequestError::TooManyExtras);
}

/// The largest request: 10,000 rows of about 400 bytes.
pub(super) fn largest() -> String {
    let mut data = String::from("[");
    for at in 0..10_000 {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(
            data,
            r#"{comma}[{{"unique_id":"payout-{at:08}","name_surname":"Ayşe Örnek Soyadı",
            "iban":"TR330006100519786457841326","name_of_bank":"Türkiye Cumhuriyeti Ziraat Bankası",
            "amount":{at}.25,"currency":"TRY","id_tc_kn":"12345636268","gsm_number":"+901111137653",
            "description":"Ödeme açıklaması {at}, bir satırlık"}}]"#
        );
    }
    body(&(data + "]"))
}

#[test]
fn ten_thousand_rows_are_read() {
    let body = largest();
    let object = Object::parse(body.as_bytes()).unwrap();
    let request = CashoutRequest::decode(&object, 10_000).unwrap();
    assert_eq!(request.rows.len(), 10_000);
    assert!(request.rows.iter().all(Result::is_ok));
    assert_eq!(request.sum_minor, 9999 * 10_000 / 2 * 100 + 10_000 * 25);
    assert!(CashoutRequest::decode(&object, 9_999).is_err());
    // What 10,000 rows cost beside their texts.
    assert!(size_of::<Result<Row, RowProblem>>() <= 256);
}

#[test]
fn keys_and_people_never_print() {
    let request = decode(samples::IQMONEY_REQUEST).unwrap();
    let printed = format!("{request:?} {:?}", request.first);
    for text in ["$2y", "5c4b", "TR15", "9011", "John"] {
        assert!(!printed.contains(text), "{printed}");
    }
}
