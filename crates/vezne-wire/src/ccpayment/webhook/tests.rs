use super::*;

const OUTCOME: Outcome<'_> = Outcome {
    brand: "IQmoney",
    unique_id: "6182458",
    id: 42,
    status: CashoutStatus::Completed,
    reason: "",
    amount_minor: 1050,
    paid_minor: 840,
    merchant_commission_minor: 210,
    receiver_commission_minor: 210,
    currency: "TRY",
};

fn secret() -> SecretText {
    SecretText::new("b46a67571aa1e7ef5641dc3fa6f1712a")
}

fn body(outcome: &Outcome<'_>) -> String {
    outcome.encode(&secret(), [1; 8], [2; 2])
}

fn decode(body: &str) -> Result<Received, WebhookError> {
    Received::decode(body.as_bytes(), "iqmoney", &secret())
}

#[test]
fn is_in_the_platforms_own_form() {
    let body = body(&OUTCOME);
    let form = Form::parse(body.as_bytes()).unwrap();
    let hash_key = form.get("hash_key").unwrap();
    let signed = validate_hash_key(hash_key, &secret()).unwrap();
    assert_eq!(signed, ["1", "10.5", "6182458", "42", "TRY"].map(String::from));
    let expected = [
        ("iqmoney_status", "1"),
        ("payment_status", "1"),
        ("order_no", "42"),
        ("order_id", "42"),
        ("invoice_id", "6182458"),
        ("status_code", "100"),
        ("status_description", "SUCCESS"),
        ("status", "Completed"),
        ("error_code", ""),
        ("error", ""),
        ("amount", "10.5"),
        ("paid_amount", "8.4"),
        ("merchant_commission", "2.1"),
        ("receiver_commission", "2.1"),
        ("currency", "TRY"),
        ("hash_key", hash_key),
    ];
    assert_eq!(form.pairs().collect::<Vec<_>>(), expected);
}

#[test]
fn every_outcome_is_read_back() {
    for (status, flag, code) in [
        (CashoutStatus::Completed, "1", "100"),
        (CashoutStatus::Failed, "0", "41"),
        (CashoutStatus::Returned, "0", "5"),
        (CashoutStatus::Pending, "0", "69"),
        (CashoutStatus::Processing, "0", "69"),
    ] {
        let body = body(&Outcome { status, reason: "Hesap kapalı & +", ..OUTCOME });
        let form = Form::parse(body.as_bytes()).unwrap();
        assert_eq!(form.get("iqmoney_status"), Some(flag));
        assert_eq!(form.get("payment_status"), Some(flag));
        assert_eq!(form.get("status_code"), Some(code));
        let expected = Received {
            unique_id: "6182458".into(),
            id: "42".into(),
            status,
            reason: "Hesap kapalı & +".into(),
            amount_minor: 1050,
            currency: "TRY".into(),
        };
        assert_eq!(decode(&body), Ok(expected));
    }
}

#[test]
fn a_changed_webhook_is_not_believed() {
    let good = body(&OUTCOME);
    for (from, to, error) in [
        ("iqmoney_status=1", "iqmoney_status=0", WebhookError::HashKey),
        ("&amount=10.5", "&amount=10.51", WebhookError::HashKey),
        ("&amount=10.5", "&amount=x", WebhookError::HashKey),
        ("invoice_id=6182458", "invoice_id=6182459", WebhookError::HashKey),
        ("order_id=42", "order_id=43", WebhookError::HashKey),
        ("currency=TRY", "currency=EUR", WebhookError::HashKey),
        ("hash_key=", "hash_key=0", WebhookError::HashKey),
        ("status=Completed", "status=Failed", WebhookError::Field("status")),
        ("status=Completed", "status=Paid", WebhookError::Field("status")),
        ("&order_id", "&other", WebhookError::Field("order_id")),
        ("&hash_key", "&other", WebhookError::Field("hash_key")),
        ("iqmoney_status", "sipay_status", WebhookError::Field("<brand>_status")),
        ("order_no", "status", WebhookError::Form(FormError::Duplicate { name: "status".into() })),
    ] {
        assert_eq!(decode(&good.replacen(from, to, 1)), Err(error.clone()), "{from} {to}");
        assert!(!error.to_string().is_empty());
    }
    let same = good.replace("&amount=10.5&", "&amount=10.50&");
    assert!(decode(&same).is_ok());
    let other = Received::decode(good.as_bytes(), "iqmoney", &SecretText::new("other"));
    assert_eq!(other, Err(WebhookError::HashKey));
}
