use super::*;
use crate::applyfor::answer::encode_refusal;
use crate::applyfor::notification::Notification;
use crate::applyfor::{BoolStyle, SignError};
use crate::secret::SecretText;

const NOW: i64 = 1_758_210_270_000_000;

fn key() -> SigningKey {
    SigningKey::new(SecretText::new("S3cret"))
}

fn order() -> OrderAnswer {
    OrderAnswer {
        transactionid: "123".into(),
        orderid: "ORD-1".into(),
        currency: "TRY".into(),
        amount: "250.00".into(),
        real_amount: "0.00".into(),
        order_status: Status::Processing.number(),
        message: String::new(),
    }
}

fn envelope(body: &[u8]) -> Envelope {
    let envelope = Envelope::decode(body).unwrap();
    assert_eq!(envelope.verify(&key()), Ok(()));
    envelope
}

fn of(pairs: &[(&str, &str)]) -> Parameters {
    let mut parameters = Parameters::default();
    for (name, value) in pairs {
        parameters.push(name, value).unwrap();
    }
    parameters
}

#[test]
fn queries_are_written_signed_and_read() {
    for order in [OrderId::Orderid("ORD-1".into()), OrderId::Transactionid("123".into())] {
        let query = OrderQuery { uid: "test1".into(), order, timestamp: NOW };
        let written = query.to_parameters().unwrap();
        let body = written.to_json(&key().sign(&written).unwrap());
        let read = Parameters::from_body("application/json", &body, BoolStyle::Words).unwrap();
        assert_eq!(key().verify(&read), Ok(()));
        assert_eq!(OrderQuery::decode(&read), Ok(query));
    }
    for currency in [None, Some("TRY".to_owned())] {
        let query = BalanceQuery { uid: "test1".into(), currency, timestamp: NOW };
        assert_eq!(BalanceQuery::decode(&query.to_parameters().unwrap()), Ok(query));
    }
}

#[test]
fn a_query_names_one_order() {
    let rest = [("uid", "test1"), ("timestamp", "1758210270")];
    let query = |ids: &[(&str, &str)]| OrderQuery::decode(&of(&[&rest[..], ids].concat()));
    assert_eq!(query(&[]).unwrap_err().problem, Problem::Missing);
    let error = query(&[("orderid", "1"), ("transactionid", "2")]).unwrap_err();
    assert_eq!(error.to_string(), "orderid must be sent without transactionid, or left out.");
    assert_eq!(query(&[("orderid", &"1".repeat(65))]).unwrap_err().field, "orderid");
    assert_eq!(OrderQuery::decode(&of(&[("orderid", "1")])).unwrap_err().field, "uid");
    let wrong = [("uid", "a"), ("currency", "?"), ("timestamp", "1758210270")];
    assert_eq!(BalanceQuery::decode(&of(&wrong)).unwrap_err().field, "currency");
}

#[test]
fn orders_are_answered_under_data() {
    let mut body = Vec::new();
    order().encode_into(&mut body, &key());
    let text = String::from_utf8(body.clone()).unwrap();
    let shown = concat!(
        r#"{"status":10000,"result":{"data":{"transactionid":"123","orderid":"ORD-1","#,
        r#""currency":"TRY","amount":"250.00","real_amount":"0.00","order_status":10030,"#,
        r#""message":""}},"sign":""#
    );
    assert!(text.starts_with(shown), "{text}");
    assert_eq!(OrderAnswer::of(&envelope(&body)), Ok(order()));
}

/// The same bytes and the same signature, sent to `notify_url` by somebody in between.
#[test]
fn an_order_answer_is_no_notification() {
    let mut body = Vec::new();
    order().encode_into(&mut body, &key());
    let Envelope { result, sign, .. } = envelope(&body);
    let replayed = serde_json::json!({ "status": 10000, "result": result, "sign": sign });
    let read = Notification::decode("application/json", replayed.to_string().as_bytes(), &key());
    assert!(read.is_err(), "{read:?}");
}

#[test]
fn balances_are_answered_under_data() {
    let balance = |currency: &str| Balance {
        currency: currency.into(),
        available: "10.00".into(),
        held: "0.50".into(),
    };
    for balances in [vec![], vec![balance("TRY")], vec![balance("TRY"), balance("USD")]] {
        let mut body = Vec::new();
        encode_balances(&mut body, &balances, &key());
        assert_eq!(decode_balances(&envelope(&body)), Ok(balances));
    }
}

#[test]
fn other_answers_are_refused() {
    let mut body = Vec::new();
    encode_refusal(&mut body, Status::OrderNotFound, "None", None, Some(&key()));
    let refusal = envelope(&body);
    assert_eq!(OrderAnswer::of(&refusal), Err(AnswerError::Member("data")));
    assert_eq!(decode_balances(&refusal), Err(AnswerError::Member("data")));
    let other = SigningKey::new(SecretText::new("other"));
    assert_eq!(refusal.verify(&other), Err(AnswerError::Sign(SignError::Mismatch)));
}
