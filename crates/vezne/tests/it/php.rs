//! Both sides of the `hash_key`, the webhook and the token against the documents' PHP.

use serde_json::{Value, json};
use vezne_core::port::Random as _;
use vezne_wire::bankopay::{sign, signature_text};
use vezne_wire::ccpayment::hash_key::{make, verify};
use vezne_wire::ccpayment::samples::{
    IQMONEY_FAILED, IQMONEY_PARTIAL, IQMONEY_REQUEST, IQMONEY_SUCCESS, SIPAY_FAILED, SIPAY_REQUEST,
    SIPAY_SUCCESS,
};
use vezne_wire::ccpayment::{CashoutRequest, CashoutStatus, Expected, Outcome};
use vezne_wire::json::Object;
use vezne_wire::secret::SecretText;

use crate::support::php::{fence, php, php_code};
use crate::support::program::Program;
use crate::support::time::Seeded;

const SECRETS: [&str; 6] = [
    "b46a67571aa1e7ef5641dc3fa6f1712a",
    "s3cr3t/with/slashes+plus=",
    "a|b:c__d",
    "çok gizli şifre ı İ",
    "\"quoted\\ \t\n'$app_secret'\"",
    "😀",
];

/// Choices that are the same in every run.
struct Dice(Seeded);

impl Dice {
    fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes);
        bytes
    }

    fn below(&self, bound: u64) -> u64 {
        u64::from_le_bytes(self.bytes()) % bound
    }

    fn one_of<'a, T>(&self, of: &'a [T]) -> &'a T {
        let at = usize::try_from(self.below(of.len() as u64)).expect("a place");
        &of[at]
    }

    fn digits(&self, count: usize) -> String {
        (0..count).map(|_| self.below(10).to_string()).collect()
    }

    /// An amount as a client may write it: integer, decimals, a text of either.
    fn amount(&self) -> String {
        let most = *self.one_of(&[10, 1_000, 100_000, 10_000_000_000]);
        let minor = self.below(most) + 1;
        let (whole, cents) = (minor / 100, minor % 100);
        let number = match self.below(3) {
            0 => (whole + 1).to_string(),
            1 => format!("{whole}.{cents:02}"),
            _ => format!("{whole}.{}", cents / 10),
        };
        if self.below(4) == 0 { format!("\"{number}\"") } else { number }
    }

    fn gsm(&self) -> String {
        match self.below(5) {
            0 => format!("90{}", self.digits(10)),
            1 => format!("\"+90 {} {}\"", self.digits(3), self.digits(7)),
            2 => format!("\"+90{}\"", self.digits(10)),
            _ => format!("\"90{}\"", self.digits(10)),
        }
    }

    fn row(&self) -> String {
        let iban = match self.below(4) {
            0 => format!("TR{} 0006 {}", self.digits(2), self.digits(16)),
            1 => format!("tr{}", self.digits(24)),
            _ => format!("TR{}", self.digits(24)),
        };
        let currency = self.one_of(&["TRY", "TRY", "try", "USD"]);
        let (amount, gsm) = (self.amount(), self.gsm());
        format!(
            "{{\"name_surname\":\"Ayşe / Kılıç\",\"iban\":\"{iban}\",\"amount\":{amount},\
             \"currency\":\"{currency}\",\"gsm_number\":{gsm}}}"
        )
    }

    fn rows(&self) -> String {
        let flat = self.below(4) == 0;
        let row = |_| if flat { self.row() } else { format!("[{}]", self.row()) };
        let rows: Vec<String> = (0..=self.below(6)).map(row).collect();
        format!("[{}]", rows.join(","))
    }

    fn secret(&self) -> String {
        match self.below(2) {
            0 => (*self.one_of(&SECRETS)).to_owned(),
            _ => self.bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    fn bundle(&self, text: &str, secret: &str) -> String {
        make(text, secret, self.bytes(), self.bytes())
    }
}

fn read(body: &str) -> CashoutRequest {
    let object = Object::parse(body.as_bytes()).expect("a request is JSON");
    CashoutRequest::decode(&object, 10).unwrap_or_else(|error| panic!("{error}: {body}"))
}

#[test]
fn requests_that_php_made_are_proven() {
    let dice = Dice(Seeded::new(1));
    let case = |_| {
        let precision = dice.one_of(&["14", "14", "-1", "17"]);
        let digits = dice.one_of(&["-1", "-1", "17"]);
        let (data, secret, strip) = (dice.rows(), dice.secret(), dice.below(2) == 0);
        json!({
            "data": data,
            "secret": secret,
            "strip": strip,
            "precision": precision,
            "digits": digits,
        })
    };
    let mut cases: Vec<Value> = (0..600).map(case).collect();
    let noise = r#"[{"iban":"TR1","amount":0.1,"currency":"TRY","gsm_number":"901111111111"},
                    {"iban":"TR2","amount":0.2}]"#;
    cases.push(
        json!({ "data": noise, "secret": "s", "strip": true, "precision": "-1", "digits": "17" }),
    );
    let Some(bodies) = php("request", &cases) else { return };
    for (case, body) in cases.iter().zip(&bodies) {
        let (body, secret) = (body.as_str().expect("a body"), &case["secret"]);
        let secret = secret.as_str().expect("a secret");
        let request = read(body);
        let expected = request.expected();
        assert!(verify(&request.hash_key, secret, &expected), "{case}\n{body}");
        let dearer = Expected { sum_minor: expected.sum_minor + 1, ..expected };
        assert!(!verify(&request.hash_key, secret, &dearer), "{case}\n{body}");
        assert!(!verify(&request.hash_key, &format!("{secret}0"), &expected), "{case}\n{body}");
    }
}

#[test]
fn php_decrypts_what_we_encrypt() {
    let dice = Dice(Seeded::new(2));
    // Every length around the blocks of the cipher, and texts of more than one byte a character.
    let lengths = (0..200).map(|length| dice.digits(length));
    let mut texts: Vec<String> = lengths.collect();
    texts.extend((1..40).map(|count| "ş|".repeat(count)));
    let case = |text: &String| {
        let secret = dice.secret();
        json!({ "hash_key": dice.bundle(text, &secret), "secret": secret })
    };
    let cases: Vec<Value> = texts.iter().map(case).collect();
    let Some(opened) = php("open", &cases) else { return };
    assert_eq!(opened, texts);
    // PHP must be able to say no, or its yes means nothing. One in 256 is padded rightly by chance.
    let strangers: Vec<Value> = cases
        .iter()
        .map(|case| json!({ "hash_key": case["hash_key"], "secret": "another" }))
        .collect();
    let opened = php("open", &strangers).expect("it was there");
    let refused = opened.iter().filter(|text| **text == false).count();
    assert!(refused * 10 > opened.len() * 9, "{refused} of {}", opened.len());
}

#[test]
fn php_believes_our_webhooks() {
    let dice = Dice(Seeded::new(3));
    let statuses = [CashoutStatus::Completed, CashoutStatus::Failed, CashoutStatus::Returned];
    let outcome = |at: u64| {
        let secret = dice.secret();
        let outcome = Outcome {
            brand: "Sipay",
            unique_id: &format!("çekim+{at}/&=%:__ x"),
            id: i64::try_from(at).expect("an id") + 1,
            status: *dice.one_of(&statuses),
            reason: "Hesap kapalı & yok: 100% + 1",
            amount_minor: i64::try_from(dice.below(1_000_000_000)).expect("an amount"),
            paid_minor: 1,
            merchant_commission_minor: 150,
            receiver_commission_minor: 0,
            currency: "TRY",
        };
        let body = outcome.encode(&SecretText::new(secret.as_str()), dice.bytes(), dice.bytes());
        json!({ "body": body, "secret": secret })
    };
    let cases: Vec<Value> = (0..200).map(outcome).collect();
    let Some(read) = php("webhook", &cases) else { return };
    for (at, one) in read.iter().enumerate() {
        let form = &one["form"];
        let names = ["sipay_status", "amount", "invoice_id", "order_id", "currency"];
        assert_eq!(one["signed"], json!(names.map(|name| &form[name])), "{one}");
        assert_eq!(form["invoice_id"], format!("çekim+{at}/&=%:__ x"));
        assert_eq!(form["error"], "Hesap kapalı & yok: 100% + 1");
    }
    let mut forged = cases[0].clone();
    forged["secret"] = json!("another");
    let read = php("webhook", &[forged]).expect("it was there");
    assert_eq!(read[0]["signed"], json!([]));
}

/// What the page for merchants shows is what a merchant will run.
#[test]
fn the_pages_own_code_believes_a_webhook_and_no_other() {
    const PAGE: &str = include_str!("../../../../docs/merchants-ccpayment.md");
    let dice = Dice(Seeded::new(4));
    let code = fence(PAGE, "php", "function outcome(");
    let statuses = [CashoutStatus::Completed, CashoutStatus::Failed, CashoutStatus::Returned];
    let mut cases = Vec::new();
    for (at, status) in statuses.into_iter().cycle().take(60).enumerate() {
        let (id, unique_id) = (i64::try_from(at).expect("an id") + 1, format!("çekim+{at}/&=: x"));
        let secret = dice.secret();
        let outcome = Outcome {
            brand: "Sipay",
            unique_id: &unique_id,
            id,
            status,
            reason: "Hesap kapalı | yok",
            amount_minor: i64::try_from(dice.below(1_000_000_000)).expect("an amount"),
            paid_minor: 1,
            merchant_commission_minor: 150,
            receiver_commission_minor: 0,
            currency: "TRY",
        };
        let body = outcome.encode(&SecretText::new(secret.as_str()), dice.bytes(), dice.bytes());
        let paid = if status == CashoutStatus::Completed { "1" } else { "0" };
        cases.push((json!({ "body": body, "brand": "sipay", "secret": secret }), json!(paid)));
        let other = if paid == "1" { "0" } else { "1" };
        for (body, brand, secret) in [
            (body.as_str(), "sipay", "another"),
            (&body, "other", &secret),
            (
                &body.replace(&format!("sipay_status={paid}"), &format!("sipay_status={other}")),
                "sipay",
                &secret,
            ),
            (&body.replace("order_id=", "order_id=9"), "sipay", &secret),
            (&body.replace("&amount=", "&amount=9"), "sipay", &secret),
            (&body.replace("hash_key=", "hash_key=0"), "sipay", &secret),
            (&body.replace("&hash_key=", "&hash="), "sipay", &secret),
        ] {
            cases.push((json!({ "body": body, "brand": brand, "secret": secret }), json!(null)));
        }
    }
    let (given, expected): (Vec<Value>, Vec<Value>) = cases.into_iter().unzip();
    let run = "foreach (json_decode(stream_get_contents(STDIN), true) as $case) { \
         parse_str($case['body'], $fields); \
         $found[] = outcome($fields, $case['brand'], $case['secret'])['payment_status'] ?? null; } \
         echo json_encode($found);";
    let Some(found) = php_code(&format!("{code}\n{run}"), &given) else { return };
    for ((case, expected), found) in given.iter().zip(&expected).zip(&found) {
        assert_eq!(found, expected, "{case}");
    }
}

/// Decides row by row, as the page tells merchants to.
#[test]
fn the_pages_own_code_reads_every_answer_of_the_documents() {
    const PAGE: &str = include_str!("../../../../docs/merchants-ccpayment.md");
    let code = fence(PAGE, "php", "function outcomes(");
    let answers = [IQMONEY_PARTIAL, IQMONEY_SUCCESS, IQMONEY_FAILED, SIPAY_SUCCESS, SIPAY_FAILED];
    let given: Vec<Value> = answers.iter().map(|answer| json!(answer)).collect();
    let run = "foreach (json_decode(stream_get_contents(STDIN), true) as $answer) \
         $found[] = array_column(outcomes($answer, 2), 'accepted'); echo json_encode($found);";
    let Some(found) = php_code(&format!("{code}\n{run}"), &given) else { return };
    let expected = [
        json!([true, false]),
        json!([true, true]),
        json!([false, false]),
        json!([true, true]),
        json!([]),
    ];
    assert_eq!(found, expected);
}

/// A merchant's `password_verify` over all of the text, of which bcrypt reads 72 bytes here and
/// there.
#[test]
fn password_verify_believes_our_hash_of_any_length() {
    let uuid = "7f9c24e8-3b12-4fef-91e0-0a1b2c3d4e5f";
    let long = "t".repeat(49);
    let mut cases = Vec::new();
    for (trx, user_id) in [("9164088", "44843155"), (uuid, "1254137"), (&long[..], "")] {
        let key = "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU";
        let text = signature_text(1001, user_id, trx, &SecretText::new(key)).expect("it fits");
        let hash = sign(&text, 4, [7; 16]).expect("a hash");
        let whole = format!("1001|{user_id}|{trx}|{key}");
        for (text, believed) in [
            (whole.clone(), true),
            (whole.replace("k62F", "K62F"), false),
            (whole.replace("1001", "1002"), false),
        ] {
            cases.push((json!({ "text": text, "hash": hash }), json!(believed)));
        }
    }
    let (given, expected): (Vec<Value>, Vec<Value>) = cases.into_iter().unzip();
    let code = "<?php foreach (json_decode(stream_get_contents(STDIN), true) as $case) \
         $found[] = password_verify($case['text'], $case['hash']); echo json_encode($found);";
    let Some(found) = php_code(code, &given) else { return };
    assert_eq!(found, expected);
}

/// The rows of a document's request, to be sent as they are.
fn rows(request: &str) -> String {
    let request: Value = serde_json::from_str(request).expect("a sample is JSON");
    request["cashout_data"].to_string()
}

#[test]
fn old_code_cashes_out_and_believes_the_token() {
    let program = Program::new();
    let client = ["app-1", "s3cr3t/with/slashes+plus=", "$2y$10$w/ODdbTmfubcbUCUq/ia3O"];
    let [app_id, app_secret, merchant_key] = client;
    let add = ["merchant", "add", "Shop", "--ccpayment", "--brand", "sipay", "--app-id", app_id];
    let keys = ["--app-secret", app_secret, "--merchant-key", merchant_key];
    program.ok(&[&add[..], &keys].concat());
    program.ok(&["merchant", "top-up", app_id, "1000.00"]);
    let server = program.serve();
    let case = |request| {
        let base = format!("http://{}/ccpayment", server.address);
        json!({
            "base": base,
            "app_id": app_id,
            "app_secret": app_secret,
            "merchant_key": merchant_key,
            "data": rows(request),
        })
    };
    // The same rows under a new hash_key are another order, unless they have an id.
    let cases = [SIPAY_REQUEST, SIPAY_REQUEST, IQMONEY_REQUEST].map(case);
    let Some(came) = php("cash-out", &cases) else { return };
    for one in &came {
        assert_eq!(one["statuscodes"], json!([100, 100, 100]), "{one}");
    }
    let verified = php("token", &came).expect("it was there");
    assert_eq!(verified, [json!([true, false]), json!([true, false]), json!([true, false])]);
    let list = program.json(&["payout", "list"]);
    let payouts = list["payouts"].as_array().expect("a list");
    assert_eq!(payouts.len(), 6, "a repeat of the same bytes books nothing: {list}");
    let waiting = payouts.iter().filter(|one| one["state"] == "awaiting-approval").count();
    assert_eq!(waiting, 2, "the rows that came again wait for a person: {list}");
    assert_eq!(server.stop().0, 0);
    program.ok(&["audit"]);
}
