//! What a row may look like, and what is answered to each by itself: code, words and id.

mod desk;

use desk::Fields;
use desk::shop::{Shop, TO_BANK, bank_terms, named, neighbour, nested, request, row};
use vezne_core::model::commission::Commission;
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::{Merchant, MerchantStatus, Mode};
use vezne_wire::ccpayment::{Note, RowCode};

/// What the merchant is, the row's amount, and what is answered.
type Case = (RowCode, fn(&mut Merchant), &'static str, &'static str);

const CASES: &[Case] = &[
    (RowCode::Success, |_| (), "20", "SUCCESS"),
    (RowCode::InsufficientBalance, |_| (), "1000000.01", "Insufficient balance. Please, try again"),
    (
        RowCode::BelowMinimum,
        |merchant| limit(merchant, Some(2_050), None),
        "20.49",
        "Cashout to bank amount can't be less than 20.5 TRY",
    ),
    (
        RowCode::AboveMaximum,
        |merchant| limit(merchant, None, Some(2_000)),
        "20.01",
        "Cashout to bank amount can't be more than 20.00 TRY. This unique_id is closed: use a new one.",
    ),
    (
        RowCode::Validation,
        |_| (),
        "0",
        "amount is not a valid amount: it must be greater than zero. Example: 25000.00",
    ),
    (
        RowCode::MerchantDisabled,
        |merchant| merchant.status = MerchantStatus::Suspended,
        "20",
        "The merchant is disabled. This unique_id is closed: use a new one.",
    ),
    (
        RowCode::ChannelNotOffered,
        |merchant| merchant.terms.retain(|terms| terms.channel.as_str() != "bank-transfer"),
        "20",
        "Cashout to bank is not offered. This unique_id is closed: use a new one.",
    ),
    (
        RowCode::TakenByCommission,
        |merchant| {
            let fixed = Commission { fixed_minor: 2_000, ..Commission::default() };
            bank_terms(merchant, |terms| terms.receiver_commission = fixed);
        },
        "20",
        "The receiver commission of 20.00 TRY takes the whole amount. This unique_id is closed: use a new one.",
    ),
    (
        RowCode::DayLimit,
        |merchant| merchant.day_limit_minor = Some(1_999),
        "20",
        "The daily limit of 19.99 TRY is reached. This unique_id is closed: use a new one.",
    ),
];

fn limit(merchant: &mut Merchant, minimum_minor: Option<i64>, maximum_minor: Option<i64>) {
    bank_terms(merchant, |terms| terms.amount = AmountLimit { minimum_minor, maximum_minor });
}

/// Rows 12 and 3 are in tables of their own below; 99 is a fault.
#[tokio::test]
async fn each_code_has_its_words_and_names_the_id_that_was_sent() {
    for (code, edit, amount, words) in CASES {
        let shop = Shop::of(edit).await;
        let answer = shop.cash_out(&[named("order-1").set("amount", amount)]).await;
        assert_eq!(answer.rows(), [code.number()], "{}", answer.body);
        let start = format!(
            r#""data":[{{"unique_id":"order-1","response_code":{},"response_message":"{words}""#,
            code.number()
        );
        assert!(answer.body.contains(&start), "{start} is not in {}", answer.body);
    }
}

/// Nothing is closed under an id that we made.
#[tokio::test]
async fn a_refused_row_without_an_id_names_none_and_closes_nothing() {
    for (code, edit, amount, _) in CASES.iter().skip(1) {
        let shop = Shop::of(edit).await;
        let answer = shop.cash_out(&[row().set("amount", amount)]).await;
        assert_eq!((answer.status_code(), answer.rows()), (41, vec![code.number()]));
        assert!(!answer.body.contains("unique_id"), "{}", answer.body);
        let open = shop.desk.edit(|merchant| merchant.retry_refused = true);
        open.await;
        let answer = shop.cash_out(&[named("order-1").set("amount", amount)]).await;
        assert!(!answer.body.contains("new"), "with retry_refused: {}", answer.body);
    }
}

#[tokio::test]
async fn fields_of_a_row_that_are_wrong_are_the_rows_own() {
    let shop = Shop::open().await;
    let long = |length: usize| format!("\"{}\"", "x".repeat(length));
    let (two_hundred, digits) = (long(251), "1".repeat(65));
    for (name, json, code) in [
        ("unique_id", "true", 1),
        ("unique_id", "[]", 1),
        ("unique_id", "-5", 1),
        ("unique_id", "5.0", 1),
        ("unique_id", "5e3", 1),
        ("unique_id", &*digits, 1),
        ("unique_id", &*long(65), 1),
        ("unique_id", "\"a\\u0000b\"", 1),
        ("unique_id", "\"\\ud800\"", 1),
        ("name_surname", "\"\"", 1),
        ("name_surname", "null", 1),
        ("name_surname", "\"a\\nb\"", 1),
        ("name_surname", &*long(121), 1),
        ("iban", "\"TR15\"", 1),
        ("iban", "15", 1),
        ("unique_id", "\"a\\u202eb\"", 1),
        ("unique_id", "\"a\\u200bb\"", 1),
        ("iban", "\"ＴＲ150006247004881217621234\"", 1),
        ("amount", "0", 1),
        ("amount", "\"0.00\"", 1),
        ("amount", "20.001", 1),
        ("amount", "0.005", 1),
        ("amount", "\"007\"", 1),
        ("currency", "\"USD\"", 12),
        ("currency", "\"TL\"", 12),
        ("currency", "\"\"", 12),
        ("currency", "949", 12),
        ("id_tc_kn", "\"123\"", 1),
        ("id_tc_kn", "\"1234563626x\"", 1),
        ("gsm_number", "\"\"", 1),
        ("gsm_number", "\"123456\"", 1),
        ("gsm_number", "\"90111113765x\"", 1),
        ("gsm_number", "\"1234567890123456\"", 1),
        ("description", "7", 1),
        ("description", &*two_hundred, 1),
        ("name_of_bank", "[]", 1),
    ] {
        let answer = shop.cash_out(&[row(), row().set(name, json)]).await;
        assert_eq!(answer.rows(), [100, code], "{name} {json}: {}", answer.body);
        let bare = json.trim_matches('"');
        let quoted = bare.len() > 4 && answer.body.contains(bare);
        assert!(!quoted, "{name}: the value is repeated in {}", answer.body);
    }
    for name in ["name_surname", "iban", "currency", "gsm_number"] {
        let answer = shop.cash_out(&[row().without(name)]).await;
        assert_eq!(answer.status_code(), 41, "{name}");
        assert!(answer.body.contains(&format!("{name} is required.")), "{}", answer.body);
    }
}

#[tokio::test]
async fn one_cash_out_may_be_spelled_in_many_ways() {
    let shop = Shop::open().await;
    let first = shop.cash_out(&[named("1001")]).await;
    for (name, json) in [
        ("unique_id", "1001"),
        ("unique_id", "\"\\u0031001\""),
        ("iban", "\"tr15 0006 2470 0488 1217 6212 34\""),
        ("amount", "20.00"),
        ("amount", "\"20\""),
        ("amount", "20.0"),
        ("currency", "\"try\""),
        ("gsm_number", "901111137653"),
        ("gsm_number", "\"+90 111-113 76 53\""),
        ("gsm_number", "\"90\u{a0}111\u{202f}113 7653\""),
        ("iban", "\"TR15\u{a0}0006 2470\u{2007}0488 1217 6212 34\""),
        ("id_tc_kn", "12345636268"),
        ("name_of_bank", "\"\""),
        ("name_of_bank", "null"),
        ("bank_code", "\"0062\""),
    ] {
        let answer = shop.cash_out(&[named("1001").set(name, json)]).await;
        assert_eq!(answer.body, first.body, "{name} {json}");
    }
    assert_eq!(shop.count().await, 1);
    let payouts = shop.desk.payouts().await;
    let note = Note::from_bytes(&payouts[0].note).expect("a note");
    assert_eq!((&*note.gsm, note.unique_id_sent), ("901111137653", true));
}

/// Texts that look alike are other ids, and each is paid for itself.
#[tokio::test]
async fn ids_are_compared_byte_for_byte() {
    let shop = Shop::open().await;
    let ids = ["a", "A", "a ", " a", "ä", "a\u{308}", "а", "a\u{a0}", "1", "01", "ａ"];
    for id in ids {
        assert_eq!(shop.cash_out(&[named(id)]).await.rows(), [100], "{id:?}");
    }
    assert_eq!(shop.count().await, 11);
    for id in ids {
        let body =
            format!("{{\"merchant_key\":\"{}\",\"unique_id\":\"{id}\"}}", desk::shop::MERCHANT_KEY);
        let answer = shop.post(desk::shop::STATUS, body).await;
        assert!(answer.body.contains(&format!("\"unique_id\":\"{id}\"")), "{}", answer.body);
    }
}

#[tokio::test]
async fn rows_nest_as_in_the_documents_and_as_libraries_send_them() {
    let shop = Shop::open().await;
    let row = |id: &str| named(id).body();
    for (at, form) in
        ["[[A],[B],[C]]", "[A,B,C]", "[[A,B,C]]", "[[A,B],C]", "[A,[B,C]]"].into_iter().enumerate()
    {
        let id = |letter: &str| format!("{at}{letter}");
        let data = form.replace('A', &row(&id("x"))).replace('B', &row(&id("y")));
        let data = data.replace('C', &row(&id("z")));
        let answer = shop.post(TO_BANK, shop.sealed(nested(&data))).await;
        assert_eq!((answer.status_code(), answer.rows()), (100, vec![100; 3]), "{form}");
        let place = |letter| answer.body.find(&format!("\"unique_id\":\"{}\"", id(letter)));
        assert!(place("x") < place("y") && place("y") < place("z"), "{}", answer.body);
    }
    assert_eq!(shop.count().await, 15);
}

#[tokio::test]
async fn the_balance_is_used_up_in_the_order_of_the_rows() {
    let shop = Shop::having(3_000, |_| ()).await;
    let rows: Vec<Fields> = ["20", "10.01", "5", "5.01", "5", "0.01"]
        .map(|amount| row().set("amount", amount))
        .to_vec();
    let answer = shop.cash_out(&rows).await;
    assert_eq!(answer.rows(), [100, 2, 100, 2, 100, 2]);
    assert!(answer.body.contains("Successful 3 out of 6"), "{}", answer.body);
}

#[tokio::test]
async fn a_sum_has_the_noise_of_floats_and_nothing_more() {
    let shop = Shop::open().await;
    let rows = [row().set("amount", "0.1"), row().set("amount", "0.2")];
    let body = request(&rows).body();
    for (sum, code) in [
        ("0.3", 100),
        ("0.30", 100),
        ("0.30000000000000004", 100),
        ("0.305", 100),
        ("0.3051", 422),
        ("0.31", 422),
        ("3e-1", 422),
        ("3.0E-1", 422),
        (".3", 422),
        ("+0.3", 422),
        ("-0.3", 422),
        ("0,3", 422),
        ("", 422),
    ] {
        let text = format!("{sum}|TR150006247004881217621234|0.1|TRY|901111137653");
        let sealed = shop.sealed_as(desk::shop::APP_SECRET, &body, &text);
        assert_eq!(shop.post(TO_BANK, sealed).await.status_code(), code, "{sum}");
    }
}

/// PHP with `serialize_precision` 17 prints the doubles of 277.2 and 19.9 so.
#[tokio::test]
async fn a_number_that_prints_a_double_is_the_amount() {
    let shop = Shop::open().await;
    let rows =
        |first| [named("1").set("amount", first), named("2").set("amount", "19.899999999999999")];
    for (amount, hashed, code) in [
        ("277.19999999999999", "277.2", 100),
        ("277.19999999999999", "277.19999999999999", 100),
        ("277.20", "277.19999999999999", 100),
        ("277.19999999999999", "277.19999999999996", 422),
        ("277.19999999999999", "277.21", 422),
        ("\"277.19999999999999\"", "277.2", 1),
    ] {
        let text = format!("297.1|TR150006247004881217621234|{hashed}|TRY|901111137653");
        let body = request(&rows(amount)).body();
        let sealed = shop.sealed_as(desk::shop::APP_SECRET, &body, &text);
        let answer = shop.post(TO_BANK, sealed).await;
        assert_eq!(answer.status_code(), code, "{amount} {hashed}: {}", answer.body);
    }
    let mut booked: Vec<_> =
        shop.desk.payouts().await.iter().map(|one| one.amount.minor()).collect();
    booked.sort_unstable();
    assert_eq!(booked, [1_990, 27_720]);
}

/// The first row is what the hash is of, refused or not.
#[tokio::test]
async fn a_refused_row_counts_in_the_sum() {
    let shop = Shop::open().await;
    let none = row().set("amount", "0");
    let fine = row().set("amount", "0.005");
    for (rows, codes) in
        [([none.clone(), row()], [1, 100]), ([row(), none], [100, 1]), ([row(), fine], [100, 1])]
    {
        assert_eq!(shop.cash_out(&rows).await.rows(), codes);
    }
}

#[tokio::test]
async fn amounts_at_the_end_of_the_range_are_refused_by_themselves() {
    let shop = Shop::of(|merchant| {
        let all = Commission { percent_ppm: 1_000_000, ..Commission::default() };
        bank_terms(merchant, |terms| terms.commission = all);
    })
    .await;
    let huge = named("huge").set("amount", "92233720368547758.07");
    let answer = shop.cash_out(std::slice::from_ref(&huge)).await;
    assert_eq!((answer.status_code(), answer.rows()), (41, vec![2]), "{}", answer.body);
    assert_eq!(shop.cash_out(&[huge]).await.body, answer.body);
}

#[tokio::test]
async fn a_live_merchant_has_checksums_checked() {
    let shop = Shop::of(|merchant| merchant.mode = Mode::Live).await;
    let valid = || {
        row().set("iban", "\"TR33 0006 1005 1978 6457 8413 26\"").set("id_tc_kn", "\"10000000146\"")
    };
    for (changed, word) in [
        (valid().set("iban", "\"TR330006100519786457841327\""), "iban is not valid."),
        (valid().set("iban", "\"TR150006247004881217621234\""), "iban is not valid."),
        (valid().set("id_tc_kn", "\"12345636268\""), "id_tc_kn is not a valid identity number."),
    ] {
        let answer = shop.cash_out(&[changed]).await;
        assert_eq!(answer.rows(), [1]);
        assert!(answer.body.contains(word), "{}", answer.body);
    }
    for right in [valid(), valid().set("id_tc_kn", "\"\""), valid().without("id_tc_kn")] {
        assert_eq!(shop.cash_out(&[right]).await.rows(), [100]);
    }
    assert_eq!(shop.desk.payouts().await[0].beneficiary.account, "TR330006100519786457841326");
}

#[tokio::test]
async fn two_merchants_may_use_one_id() {
    let shop = Shop::open().await;
    let other = shop.desk.add(neighbour()).await;
    shop.desk.edit(|_| ()).await;
    assert_eq!(shop.cash_out(&[named("1")]).await.rows(), [100]);
    let theirs = desk::shop::token(&shop.login("neighbour", "neighbour-secret").await);
    let body = request(&[named("1")]).set("merchant_key", "\"neighbour\"").body();
    let body = shop.sealed_by("neighbour-secret", &body);
    let answer = shop.post_as(&theirs, TO_BANK, body).await;
    assert_eq!(answer.rows(), [2], "{other:?} has no money, and no row of the first one's");
}
