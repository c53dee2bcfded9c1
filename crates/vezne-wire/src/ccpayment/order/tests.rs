use super::*;
use crate::ccpayment::hash_key::verify;
use crate::ccpayment::{CashoutRequest, samples};
use crate::json::Object;

fn rows(body: &str) -> Vec<Row> {
    let object = Object::parse(body.as_bytes()).unwrap();
    let request = CashoutRequest::decode(&object, 10).unwrap();
    request.rows.into_iter().map(Result::unwrap).collect()
}

#[test]
fn what_is_sent_is_accepted() {
    let secret = SecretText::new("b46a67571aa1e7ef5641dc3fa6f1712a");
    for sample in [samples::SIPAY_REQUEST, samples::IQMONEY_REQUEST] {
        let rows = rows(sample);
        let order = CashoutOrder { merchant_key: "m", web_hook_key: Some("hook"), rows: &rows };
        let body = order.encode(&secret, [7; 8], [9; 2]).unwrap();
        let request = CashoutRequest::decode(&Object::parse(&body).unwrap(), 2).unwrap();
        assert!(verify(&request.hash_key, secret.expose(), &request.expected()));
        assert_eq!(request.web_hook_key.as_deref(), Some("hook"));
        let read: Vec<Row> = request.rows.into_iter().map(Result::unwrap).collect();
        assert_eq!(read, rows);
    }
}

#[test]
fn what_cannot_be_summed_is_not_sent() {
    let secret = SecretText::new("s");
    let mut two = rows(samples::IQMONEY_REQUEST);
    let encode = |rows: &[Row]| {
        let order = CashoutOrder { merchant_key: "m", web_hook_key: None, rows };
        order.encode(&secret, [0; 8], [0; 2])
    };
    assert!(encode(&two).is_some());
    assert_eq!(encode(&[]), None);
    two[0].amount_minor = i64::MAX;
    assert_eq!(encode(&two), None);
}
