use proptest::prelude::*;

use super::*;

const SAMPLE: &str = crate::bankopay::samples::WITHDRAW_CALLBACK;

fn decode(body: &str) -> Result<WithdrawCallback, String> {
    let object = Object::parse(body.as_bytes()).unwrap();
    WithdrawCallback::decode(&object).map_err(|e| e.to_string())
}

#[test]
fn reads_the_example() {
    let callback = decode(SAMPLE).unwrap();
    assert_eq!(callback.site_id, 1001);
    assert_eq!(callback.site_key.expose(), "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU");
    assert_eq!(callback.method, Service::BankTransfer);
    assert_eq!(callback.user_id, "44843155");
    assert_eq!(callback.username, "demo123");
    assert_eq!(callback.amount, 20_000);
    assert_eq!(callback.transaction_id, "MW10001");
    assert_eq!(callback.trx, "451474562");
    assert_eq!(callback.status, Status::Approved);
    assert_eq!(callback.message, COMPLETED);
    assert_eq!(callback.hash, "$2a$12$gnZ3y0PcBIrKlk7lLCOZK.V5nnggrA2Vg2pyUMlpE24m3QAU30rmS");
}

#[test]
fn refuses_what_is_no_withdraw_callback() {
    for (from, to, message) in [
        ("\"withdraw\"", "\"deposit\"", "service must be one of: withdraw."),
        ("\"TRY\"", "\"USD\"", "currency must be one of: TRY."),
        ("\"approved\"", "\"Approved\"", "status must be one of: approved, reject."),
        ("\"approved\"", "1", "status must be a string."),
        (
            "BankTransfer",
            "PopyPara",
            "method must be one of: BankTransfer, Papara, Popypara, Paratim, PayFix, PayCo.",
        ),
        ("\"trx\"", "\"t\"", "trx is required."),
        (
            "44843155",
            "4|4",
            "user_id must not contain the character |, which separates signed parts.",
        ),
        (
            "200.00",
            "1e2",
            "amount is not a valid amount: an exponent is not allowed. Example: 25000.00",
        ),
    ] {
        assert_eq!(decode(&SAMPLE.replace(from, to)).err().as_deref(), Some(message), "{to}");
    }
}

#[test]
fn an_outcome_is_not_lost_for_its_message() {
    for message in ["\"\"", "null", "5"] {
        let callback = decode(&SAMPLE.replace("\"Completed!\"", message)).unwrap();
        assert_eq!(callback.message, "", "{message}");
    }
}

#[test]
fn transaction_ids_lead_back() {
    for (payout, transaction) in
        [(1, "MW10001"), (90_000, "MW100000"), (i64::MAX, "MW9223372036854785807")]
    {
        assert_eq!(transaction_id(payout), transaction);
        assert_eq!(payout_id(transaction), Some(payout));
    }
    for transaction in [
        "",
        "MW",
        "MW10000",
        "MW9999",
        "MW010001",
        "MW+10001",
        "MW-1",
        "mw10001",
        "MD10001",
        "MW10001 ",
        "MW9223372036854785808",
        "MW-170141183460469231731687303715884105728",
        "MW99999999999999999999999999999999999999999999",
    ] {
        assert_eq!(payout_id(transaction), None, "{transaction}");
    }
}

#[test]
fn nothing_secret_prints() {
    let printed = format!("{:?}", decode(SAMPLE).unwrap());
    for hidden in ["k62F", "demo123", "44843155", "$2a$"] {
        assert!(!printed.contains(hidden), "{printed}");
    }
}

proptest! {
    #[test]
    fn what_is_sent_is_read_back(
        amount in 1..=i64::MAX,
        user_id in r#"[a-z0-9"\\ş]{1,30}"#,
        message in r#"[ -~ğ]{0,80}"#,
        approved in any::<bool>(),
        method in proptest::sample::select(Service::ALL.to_vec()),
    ) {
        let status = if approved { Status::Approved } else { Status::Reject };
        let sample = decode(SAMPLE).unwrap();
        let sent = WithdrawCallback { amount, user_id, message, status, method, ..sample }.encode();
        let read = WithdrawCallback::decode(&Object::parse(&sent).unwrap()).unwrap();
        prop_assert_eq!(read.encode(), sent);
        prop_assert_eq!((read.amount, read.status, read.method), (amount, status, method));
    }
}
