use vezne_wire::ccpayment::samples;

use super::*;

const SECRET: &str = "b46a67571aa1e7ef5641dc3fa6f1712a";

fn of(body: &str) -> Values {
    Values::of_body(body.as_bytes()).unwrap()
}

fn made(text: &str) -> String {
    hash_key::make(text, SECRET, [7; 8], [9; 2])
}

#[test]
fn a_body_and_its_rows_are_signed_alike() {
    let whole = of(samples::IQMONEY_REQUEST);
    let rows = CashoutBody::parse(samples::IQMONEY_REQUEST.as_bytes()).unwrap().rows.raw();
    let text = "30|TR150006247004881217621234|10|TRY|901111137653";
    for values in [&whole, &of(rows)] {
        assert_eq!(hash_key::plaintext(&values.expected()), text);
    }
    assert_eq!(of(rows).hash_key, None);
    assert!(whole.hash_key.unwrap().starts_with("5c4ba833474917d0:"));
    for wrong in ["", "{}", "7", r#"{"cashout_data":7}"#, "[]", "[7]", "[{}]"] {
        assert!(Values::of_body(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn what_differs_is_named() {
    let values = of(samples::IQMONEY_REQUEST);
    let judge = |bundle: &str, secret: &str| judge(bundle, secret, &values.expected());
    for same in [
        "30|TR150006247004881217621234|10|TRY|901111137653",
        "30.00|tr150006247004881217621234|10.0|try|+901111137653",
    ] {
        let verdict = judge(&made(same), SECRET);
        assert!(verdict.valid && verdict.why.is_none(), "{verdict:?}");
        assert!(verdict.fields.iter().all(|field| field.same), "{verdict:?}");
    }
    let other = judge(&made("10|TR150006247004881217621234|10|TRY|902"), SECRET);
    assert_eq!(other.why.as_deref(), Some("Not what the request says: sum, gsm_number."));
    let marks: Vec<bool> = other.fields.iter().map(|field| field.same).collect();
    assert_eq!((other.valid, marks), (false, vec![false, true, true, true, false]));
    let few = judge(&made("30|TR15|10"), SECRET);
    assert!(few.why.unwrap().ends_with("it has 3.") && few.fields.is_empty());
    let secret = judge(&made("30|TR150006247004881217621234|10|TRY|901111137653"), "another");
    assert!(!secret.valid && secret.plaintext.is_none());
    assert!(secret.why.unwrap().contains("another app_secret"));
    assert!(judge("1:2", SECRET).why.unwrap().contains("three parts"));
}
