//! The order of the checks: a request with two defects is told of the earlier one
//! (`research/wire-facts.md` A9), and none of them leaves a trace.

mod desk;

use desk::Fields;
use desk::shop::{APP_SECRET, Shop, TO_BANK, nested, request, row};
use vezne_web::WebSettings;
use vezne_web::dialect::ccpayment::CcPaymentSettings;

/// A request that is right until a defect is put into it.
struct Attempt {
    content_type: &'static str,
    has_token: bool,
    padding: usize,
    tail: &'static str,
    fields: Fields,
    secret: &'static str,
}

type Defect = (&'static str, (u16, u32), fn(&mut Attempt));

/// In the order in which they are told.
const DEFECTS: &[Defect] = &[
    ("content type", (415, 1), |attempt| attempt.content_type = "text/plain"),
    ("token", (401, 401), |attempt| attempt.has_token = false),
    ("size", (413, 1), |attempt| attempt.padding = 4_096),
    ("JSON", (400, 1), |attempt| attempt.tail = "}"),
    ("shape", (200, 1), |attempt| attempt.set("cashout_type", "2")),
    ("merchant_key", (200, 14), |attempt| attempt.set("merchant_key", "\"unknown\"")),
    ("hash_key", (200, 422), |attempt| attempt.secret = "wrong"),
    ("web hook", (200, 56), |attempt| attempt.set("reverse_web_hook_key", "\"unknown\"")),
    ("row", (200, 41), |attempt| {
        let rows = format!("[{}]", row().set("currency", "\"USD\"").body());
        attempt.set("cashout_data", &rows);
    }),
];

impl Attempt {
    fn right() -> Self {
        let (content_type, secret) = ("application/json", APP_SECRET);
        let fields = request(&[row()]);
        Self { content_type, has_token: true, padding: 0, tail: "", fields, secret }
    }

    fn set(&mut self, name: &str, json: &str) {
        self.fields = self.fields.clone().set(name, json);
    }

    async fn told(&self, shop: &Shop) -> (u16, u32) {
        let body = shop.sealed_by(self.secret, &self.fields.body());
        let body = format!("{}{body}{}", " ".repeat(self.padding), self.tail);
        let mut headers = vec![("content-type", self.content_type)];
        headers.extend(self.has_token.then_some(("authorization", shop.token.as_str())));
        let answer = shop.desk.post_with(TO_BANK, &headers, body).await;
        (answer.status.as_u16(), answer.status_code())
    }
}

#[tokio::test]
async fn the_earlier_of_two_defects_is_told() {
    let ccpayment = CcPaymentSettings { max_body_bytes: 4_096, ..CcPaymentSettings::default() };
    let settings = WebSettings { ccpayment, ..WebSettings::default() };
    let shop = Shop::with(settings, |_| ()).await;
    for (at, (name, told, spoil)) in DEFECTS.iter().enumerate() {
        for (later, _, spoil_too) in &DEFECTS[at..] {
            let mut attempt = Attempt::right();
            spoil_too(&mut attempt);
            spoil(&mut attempt);
            assert_eq!(attempt.told(&shop).await, *told, "{name} and {later}");
        }
    }
    shop.assert_nothing("a request with defects").await;
    assert_eq!(Attempt::right().told(&shop).await, (200, 100));
}

#[tokio::test]
async fn shapes_that_are_refused_as_a_whole() {
    let shop = Shop::open().await;
    let with = |name: &str, json: &str| request(&[row()]).set(name, json);
    let amount = |json: &str| request(&[row(), row().set("amount", json)]);
    let twice =
        |name: &str, json: &str| row().body().replacen('{', &format!("{{\"{name}\":{json},"), 1);
    let bulky: Vec<String> = (0..70).map(|number| format!("\"x{number}\":1")).collect();
    for (fields, words) in [
        (request(&[row()]).without("merchant_key"), "merchant_key is required."),
        (request(&[row()]).without("hash_key"), "hash_key is required."),
        (request(&[row()]).without("cashout_type"), "cashout_type is required."),
        (request(&[row()]).without("cashout_data"), "cashout_data is required."),
        (with("merchant_key", "7"), "merchant_key must be a string."),
        (with("hash_key", "7"), "hash_key must be a string."),
        (with("hash_key", "\" \""), "hash_key must not be empty."),
        (with("cashout_type", "1.0"), "cashout_type must be one of: 1."),
        (with("cashout_type", "true"), "cashout_type must be one of: 1."),
        (with("reverse_web_hook_key", "7"), "reverse_web_hook_key must be a string."),
        (nested("{}"), "cashout_data must be an array of objects."),
        (nested("\"[]\""), "cashout_data must be an array of objects."),
        (nested("[]"), "cashout_data must not be empty."),
        (nested("[[]]"), "cashout_data[0] must be an object."),
        (nested("[1]"), "cashout_data[0] must be an object."),
        (nested("[[[]]]"), "cashout_data[0] must be an object."),
        (nested(&format!("[[[{}]]]", row().body())), "cashout_data[0] must be an object."),
        (nested(&format!("[{},null]", row().body())), "cashout_data[1] must be an object."),
        (nested(&format!("[{}]", twice("amount", "1"))), "cashout_data[0] is not valid"),
        (nested(&format!("[{}]", twice("iban", "\"TR1\""))), "cashout_data[0] is not valid"),
        (nested(&format!("[{}]", twice("am\\u006funt", "1"))), "cashout_data[0] is not valid"),
        (nested(&format!("[{{{}}}]", bulky.join(","))), "cashout_data[0] is not valid"),
        (nested("[{\"iban\":\"TR15\"}]"), "cashout_data[0].amount is required."),
        (amount("-1"), "cashout_data[1].amount is not a valid amount: a sign"),
        (amount("\"+1\""), "cashout_data[1].amount is not a valid amount: a sign"),
        (amount("1e2"), "cashout_data[1].amount is not a valid amount: an exponent"),
        (amount("1E+2"), "cashout_data[1].amount is not a valid amount"),
        (amount("\"1,000.00\""), "cashout_data[1].amount is not a valid amount: write digits"),
        (amount("\"1 000\""), "cashout_data[1].amount is not a valid amount: write digits"),
        (amount("\"\""), "cashout_data[1].amount is not a valid amount: it is empty"),
        (amount("\"\\u0661\\u0662\""), "cashout_data[1].amount is not a valid amount: only"),
        (amount("\"１０\""), "cashout_data[1].amount is not a valid amount: only"),
        (amount("null"), "cashout_data[1].amount is not a valid amount: send a number"),
        (amount("[10]"), "cashout_data[1].amount is not a valid amount: send a number"),
        (amount("922337203685477580700"), "cashout_data[1].amount is not a valid amount"),
        (amount("92233720368547758.07"), "The sum of cashout_data is too large."),
        (request(&[row().set("amount", "0.005")]), "at most 2 decimals are allowed"),
    ] {
        let body = shop.sealed(fields);
        let answer = shop.post(TO_BANK, body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.status_code()), (200, 1), "{body}");
        assert!(answer.body.contains(words), "{words} is not in {}", answer.body);
        assert!(answer.body.contains("\"data\":[]"), "{}", answer.body);
    }
    shop.assert_nothing("wrong shapes").await;
}

#[tokio::test]
async fn bodies_that_are_no_object() {
    let shop = Shop::open().await;
    let right = shop.sealed(request(&[row()]));
    let deep = format!("{{\"x\":{}{},", "[".repeat(40), "]".repeat(40));
    let duplicate = |member: &str| right.replacen('{', &format!("{{{member},"), 1);
    for body in [
        String::new(),
        "[]".to_owned(),
        format!("[{right}]"),
        right.replace(']', ""),
        format!("\u{feff}{right}"),
        duplicate("\"hash_key\":\"x\""),
        duplicate("\"merchant_k\\u0065y\":\"x\""),
        duplicate("\"cashout_data\":[]"),
        right.replacen('{', &deep, 1),
        right.replace("[[{", &format!("{}{{", "[".repeat(100_000))),
        "hash_key=1&merchant_key=2".to_owned(),
    ] {
        let answer = shop.post(TO_BANK, body.clone()).await;
        let told = (answer.status.as_u16(), answer.status_code());
        assert_eq!(told, (400, 1), "{:.200}: {}", body, answer.body);
    }
    let answer = shop.post(TO_BANK, vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}']).await;
    assert_eq!((answer.status.as_u16(), answer.status_code()), (400, 1));
    shop.assert_nothing("no objects").await;
}
