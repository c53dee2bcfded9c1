//! A CCPayment merchant at a desk: its token, its requests and what comes back.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use vezne_core::engine::token_keys::RotateTokenKey;
use vezne_core::model::approval::{Actor, Policy};
use vezne_core::model::commission::Commission;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::{Access, Merchant, ReferenceScope, Terms};
use vezne_core::model::personal::Secret;
use vezne_core::port::Store as _;
use vezne_web::WebSettings;
use vezne_wire::ccpayment::{CashoutRequest, TokenGranted, hash_key};
use vezne_wire::json::Object;
use vezne_wire::jwt::SigningKey;

use super::{Answer, Desk, Fields, sample_merchant};

pub(crate) const APP_ID: &str = "6d4a7e9374a76c15260fcc75e315b0b9";
pub(crate) const APP_SECRET: &str = "b46a67571aa1e7ef5641dc3fa6f1712a";
/// The identifier in both documents.
pub(crate) const MERCHANT_KEY: &str =
    "$2y$10$w/ODdbTmfubcbUCUq/ia3OoJFMUmkM1UVNBiIQIuLfUlPmaLUT1he";

pub(crate) const TOKEN: &str = "/ccpayment/api/token";
pub(crate) const TO_BANK: &str = "/ccpayment/api/cashout/tobank";
pub(crate) const STATUS: &str = "/ccpayment/api/cashout/status";
pub(crate) const JWKS: &str = "/ccpayment/.well-known/jwks.json";

/// What stands for a `hash_key` until one is made.
pub(crate) const UNSEALED: &str = "HASH_KEY_VALUE_HERE";

/// How long a key that was replaced still verifies, and how long a token lasts.
pub(crate) const TWO_HOURS: Duration = Duration::from_secs(7_200);

/// Making a key takes longer than most tests; which one it is, none of them minds.
static FIRST_KEY: LazyLock<Secret> = LazyLock::new(|| fresh_key("first"));

fn fresh_key(id: &str) -> Secret {
    Secret::new(SigningKey::generate(id).expect("a key").to_text().as_str())
}

/// A desk with one CCPayment merchant that has a token.
pub(crate) struct Shop {
    pub(crate) desk: Desk,
    pub(crate) token: String,
    pub(crate) made: AtomicU64,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::of(|_| ()).await
    }

    pub(crate) async fn of(edit: impl FnOnce(&mut Merchant)) -> Self {
        Self::with(WebSettings::default(), edit).await
    }

    pub(crate) async fn with(settings: WebSettings, edit: impl FnOnce(&mut Merchant)) -> Self {
        let shop = Self::empty(settings, edit).await;
        shop.desk.top_up(100_000_000).await;
        shop
    }

    /// A shop that has this much, in minor units.
    pub(crate) async fn having(minor: i64, edit: impl FnOnce(&mut Merchant)) -> Self {
        let shop = Self::empty(WebSettings::default(), edit).await;
        shop.desk.top_up(minor).await;
        shop
    }

    async fn empty(settings: WebSettings, edit: impl FnOnce(&mut Merchant)) -> Self {
        let desk = Desk::empty(settings, |merchant| {
            *merchant = shop_merchant();
            edit(merchant);
        })
        .await;
        let mut shop = Self { desk, token: String::new(), made: AtomicU64::new(0) };
        shop.rotate("first", FIRST_KEY.clone()).await;
        shop.token = token(&shop.login(APP_ID, APP_SECRET).await);
        shop
    }

    /// Has a fresh key take over.
    pub(crate) async fn rotate_key(&self, id: &str) {
        self.rotate(id, fresh_key(id)).await;
    }

    async fn rotate(&self, id: &str, private: Secret) {
        let (id, overlap, not_younger_than) = (id.to_owned(), TWO_HOURS, Duration::ZERO);
        let by = Actor::System;
        let rotate = RotateTokenKey { id, private, overlap, not_younger_than, by };
        assert!(self.desk.web.engine.run(rotate).await.expect("the key changes"));
    }

    pub(crate) async fn login(&self, app_id: &str, app_secret: &str) -> Answer {
        let body = format!(r#"{{"app_id":"{app_id}","app_secret":"{app_secret}"}}"#);
        self.desk.post(TOKEN, body).await
    }

    /// Posts with the merchant's token.
    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.post_as(&self.token, path, body).await
    }

    pub(crate) async fn post_as(&self, token: &str, path: &str, body: impl Into<Body>) -> Answer {
        let authorization = format!("Bearer {token}");
        let headers =
            [("content-type", "application/json"), ("authorization", authorization.as_str())];
        self.desk.post_with(path, &headers, body).await
    }

    /// Sends rows with a `hash_key` of their own.
    pub(crate) async fn cash_out(&self, rows: &[Fields]) -> Answer {
        self.post(TO_BANK, self.sealed(request(rows))).await
    }

    /// The body with a fresh `hash_key` that is of it.
    pub(crate) fn sealed(&self, request: Fields) -> String {
        self.sealed_by(APP_SECRET, &request.body())
    }

    /// As [`Shop::sealed`], by another secret. A body that cannot be read keeps its placeholder.
    pub(crate) fn sealed_by(&self, secret: &str, body: &str) -> String {
        let object = Object::parse(body.as_bytes());
        let decoded = object.ok().and_then(|object| CashoutRequest::decode(&object, 10_000).ok());
        let text = decoded.map(|request| hash_key::plaintext(&request.expected()));
        text.map_or_else(|| body.to_owned(), |text| self.sealed_as(secret, body, &text))
    }

    /// The body with a fresh `hash_key` of a text, whatever the body says.
    pub(crate) fn sealed_as(&self, secret: &str, body: &str, text: &str) -> String {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let salt = u16::try_from(number % 0x1_0000).expect("16 bits");
        let iv = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let hash_key = hash_key::make(text, secret, iv.to_be_bytes(), salt.to_be_bytes());
        body.replacen(UNSEALED, &hash_key, 1)
    }

    /// Fails unless nothing is booked.
    pub(crate) async fn assert_nothing(&self, what: &str) {
        assert_eq!(self.count().await, 0, "{what}: something is booked");
    }

    /// How many payouts there are.
    pub(crate) async fn count(&self) -> i64 {
        let overview = self.desk.store.overview().await.expect("the store answers");
        overview.payouts.iter().map(|(_, count)| count).sum()
    }
}

impl Answer {
    /// The number of the envelope, the same under both of its names.
    pub(crate) fn status_code(&self) -> u32 {
        let (old, new) = (self.numbers("statuscode"), self.numbers("status_code"));
        assert_eq!(old, new, "{}", self.body);
        *new.first().expect("a status_code")
    }

    /// The codes of the rows.
    pub(crate) fn rows(&self) -> Vec<u32> {
        self.numbers("response_code")
    }

    fn numbers(&self, name: &str) -> Vec<u32> {
        let name = format!("\"{name}\":");
        let digits = |text: &str| {
            let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            text[..end].parse().expect("a number")
        };
        self.body.split(&name).skip(1).map(digits).collect()
    }
}

/// The token of an answer.
pub(crate) fn token(answer: &Answer) -> String {
    let granted = TokenGranted::decode(answer.body.as_bytes());
    granted.expect(&answer.body).token.expose().to_owned()
}

/// The iqmoney merchant of the documents, approved up to a million.
pub(crate) fn shop_merchant() -> Merchant {
    let options = [("merchant_key", MERCHANT_KEY), ("brand", "iqmoney")];
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Merchant {
        reference_scope: ReferenceScope::Merchant,
        policy: Policy { approve_below_minor: Some(100_000_000) },
        requests_per_second: Some(1_000_000),
        access: vec![shop_access(APP_ID, APP_SECRET)],
        options: options.into(),
        ..sample_merchant()
    }
}

pub(crate) fn shop_access(app_id: &str, app_secret: &str) -> Access {
    Access {
        dialect: "ccpayment".into(),
        login: app_id.to_owned(),
        key: Secret::new(app_secret),
        former_key: None,
        callback_key: Secret::new(app_secret),
    }
}

/// Another merchant, with the last letters of the first one's names changed.
pub(crate) fn neighbour() -> Merchant {
    let options = [("merchant_key", "neighbour"), ("brand", "iqmoney")];
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Merchant {
        id: MerchantId(0),
        name: "Neighbour".to_owned(),
        access: vec![shop_access("neighbour", "neighbour-secret")],
        options: options.into(),
        ..shop_merchant()
    }
}

/// What a cash-out to bank costs and may be.
pub(crate) fn bank_terms(merchant: &mut Merchant, change: impl FnOnce(&mut Terms)) {
    let mut terms = merchant.terms.iter_mut();
    change(terms.find(|terms| terms.channel.as_str() == "bank-transfer").expect("bank terms"));
}

/// The documents' tariff: 21 percent of both sides.
pub(crate) fn sample_tariff(terms: &mut Terms) {
    let commission = Commission { percent_ppm: 210_000, ..Commission::default() };
    (terms.commission, terms.receiver_commission) = (commission, commission);
}

/// The second row of the iqmoney sample, which has no `unique_id`.
pub(crate) fn row() -> Fields {
    Fields::of(&[
        ("name_surname", r#""Another Name""#),
        ("iban", r#""TR150006247004881217621234""#),
        ("amount", "20"),
        ("currency", r#""TRY""#),
        ("id_tc_kn", r#""12345636268""#),
        ("gsm_number", r#""901111137653""#),
        ("description", r#""New Description""#),
    ])
}

/// The same row under an id.
pub(crate) fn named(unique_id: &str) -> Fields {
    row().set("unique_id", &format!("\"{unique_id}\""))
}

/// A request with these rows, nested as in the documents.
pub(crate) fn request(rows: &[Fields]) -> Fields {
    let rows: Vec<String> = rows.iter().map(|row| format!("[{}]", row.body())).collect();
    nested(&format!("[{}]", rows.join(",")))
}

/// A request with this `cashout_data`.
pub(crate) fn nested(cashout_data: &str) -> Fields {
    Fields::of(&[
        ("merchant_key", &format!("\"{MERCHANT_KEY}\"")),
        ("hash_key", &format!("\"{UNSEALED}\"")),
        ("cashout_type", "1"),
        ("cashout_data", cashout_data),
    ])
}
