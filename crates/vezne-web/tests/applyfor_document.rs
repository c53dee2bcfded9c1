//! The samples of `applyfor-withdrawal.txt`, answered as printed.
//!
//! The document's `sign` values are no known answers: one is of an unknown secret, one is `xxx`.

mod desk;

use desk::applyfor::{Order, SECRET, accepted, duplicate, key, open, status};
use vezne_wire::applyfor::samples::{FORM_RULE_ANSWER, FORM_RULE_REQUEST, SUCCESS_ANSWER};
use vezne_wire::applyfor::{BoolStyle, Parameters, SignStyle, SigningKey};
use vezne_wire::bankopay::samples::compact;
use vezne_wire::json::Object;

/// The sample's answer without white space, up to where its signature is.
fn before_sign(sample: &str) -> String {
    let text = compact(sample);
    let end = text.find(",\"sign\"").unwrap_or(text.len() - 1);
    text[..end].to_owned()
}

fn sample_parameters() -> Parameters {
    let object = Object::parse(FORM_RULE_REQUEST.as_bytes()).expect("an object");
    Parameters::from_json(&object, BoolStyle::Words).expect("parameters")
}

#[tokio::test]
async fn the_form_of_the_sample_is_answered_as_printed() {
    let desk = open().await;
    let sign = key().sign(&sample_parameters()).expect("a signature");
    assert_eq!(sign, "3096FC8CEA30209B06DE97B58048A8D6", "the vector of another implementation");
    let request = FORM_RULE_REQUEST.replace("200AF28BB3E4C4F0E93EBD48DB1FF623", &sign);
    for path in ["/channel/formRule", "/channel/formRule/"] {
        let answer = desk.post(path, request.clone()).await;
        assert_eq!((answer.status.as_u16(), status(&answer)), (200, 10000), "{path}");
        let (body, sign) = answer.body.split_once(",\"sign\":").expect("a signature");
        assert_eq!(body, before_sign(FORM_RULE_ANSWER), "{path}");
        assert_eq!(sign.len(), "\"\"}".len() + 32);
    }
}

#[tokio::test]
async fn an_order_with_just_what_the_sample_form_asks_for_is_accepted_as_printed() {
    let desk = open().await;
    let order = |number: u32| Order::new(&number.to_string()).without("bank_no");
    for number in 1..=122 {
        let path = if number % 2 == 0 { "/applyfor" } else { "/applyfor/" };
        accepted(&desk.post(path, order(number).signed()).await);
    }
    let answer = desk.post("/applyfor", order(123).signed()).await;
    let expected =
        format!("{},\"sign\":\"7E524386EDACC30087FBC217F5B07555\"}}", before_sign(SUCCESS_ANSWER));
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, expected.as_str()));
}

#[tokio::test]
async fn the_append_style_has_its_own_vectors() {
    let desk = desk::applyfor::of(|merchant| {
        merchant.options.insert("sign_style".to_owned(), "append".to_owned());
    })
    .await;
    let append = SigningKey { style: SignStyle::Append, ..key() };
    let sign = append.sign(&sample_parameters()).expect("a signature");
    assert_eq!(sign, "D66F59536B3C68939509D82370AA810E");
    let request = FORM_RULE_REQUEST.replace("200AF28BB3E4C4F0E93EBD48DB1FF623", &sign);
    let answer = desk.post("/channel/formRule", request).await;
    assert!(answer.body.starts_with("{\"status\":10000,"), "{}", answer.body);
    assert!(!answer.body.contains(SECRET));
}

#[tokio::test]
async fn every_status_of_the_document_is_a_real_answer() {
    let desk = desk::applyfor::of(|merchant| {
        for terms in &mut merchant.terms {
            terms.amount.maximum_minor = Some(500_000_000);
        }
    })
    .await;
    let order = || Order::new("1");
    let cases = [
        (order(), 10000),
        (order().without("userip"), 10001),
        (order(), 10003),
        (order().set("amount", "250.5"), 10004),
        (order().set("bank_id", "9"), 10005),
        (Order::new("2").set("amount", "400000000"), 10006),
        (Order::new("3").set("amount", "500000001"), 10007),
    ];
    for (order, expected) in cases {
        let answer = desk.post("/applyfor", order.signed()).await;
        assert_eq!((answer.status.as_u16(), status(&answer)), (200, expected), "{order:?}");
    }
    let forged = desk.post("/applyfor", order().with_sign(&"0".repeat(32))).await;
    assert_eq!((forged.status.as_u16(), desk::applyfor::unsigned(&forged)), (200, 10002));
    assert_eq!(duplicate(&desk.post("/applyfor", order().signed()).await), "1");
}
