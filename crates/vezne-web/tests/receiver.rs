//! A merchant's side of the webhook: what it believes, and what it answers.

mod desk;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use desk::send;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use vezne_core::model::time::Timestamp;
use vezne_core::port::Clock;
use vezne_web::receiver::{CcPaymentReceiver, WebhookSeen};
use vezne_wire::ccpayment::{CashoutStatus, Outcome};
use vezne_wire::secret::SecretText;
use vezne_wire::standard_webhooks::{self, WebhookSecret};

const NOW: i64 = 1_700_000_000;

const FORM: &str = "application/x-www-form-urlencoded";

const OUTCOME: Outcome<'_> = Outcome {
    brand: "iqmoney",
    unique_id: "6182458",
    id: 42,
    status: CashoutStatus::Returned,
    reason: "Hesap kapalı",
    amount_minor: 1_050,
    paid_minor: 840,
    merchant_commission_minor: 105,
    receiver_commission_minor: 210,
    currency: "TRY",
};

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(NOW * 1_000_000)
    }

    fn ticks(&self) -> Duration {
        Duration::from_micros(self.now().micros().unsigned_abs())
    }
}

fn app_secret() -> SecretText {
    SecretText::new("b46a67571aa1e7ef5641dc3fa6f1712a")
}

fn webhook_secret() -> WebhookSecret {
    WebhookSecret::from_bytes([7; 24]).expect("24 bytes")
}

fn merchant() -> (Router, UnboundedReceiver<WebhookSeen>) {
    let (seen, webhooks) = unbounded_channel();
    let receiver = CcPaymentReceiver {
        app_secret: app_secret(),
        brand: "iqmoney".to_owned(),
        webhook_secret: webhook_secret(),
        clock: Arc::new(Stopped),
        seen,
    };
    (receiver.router(), webhooks)
}

fn body() -> String {
    OUTCOME.encode(&app_secret(), [1; 8], [2; 2])
}

fn request(body: &str, signed: &str, at: i64, content_type: &str) -> Request<Body> {
    let signature = standard_webhooks::sign(&[webhook_secret()], "vzcb_5", at, signed.as_bytes());
    Request::post("/webhook")
        .header("content-type", content_type)
        .header("webhook-id", "vzcb_5")
        .header("webhook-timestamp", at)
        .header("webhook-signature", signature)
        .body(Body::from(body.to_owned()))
        .expect("a request")
}

#[tokio::test]
async fn a_webhook_that_holds_is_acknowledged_and_told() {
    let (app, mut webhooks) = merchant();
    let body = body();
    for at in [NOW, NOW - 300, NOW + 300] {
        let answer = send(&app, request(&body, &body, at, FORM)).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "OK"));
        let seen = webhooks.recv().await.expect("a webhook");
        assert_eq!(seen.body, body.as_bytes());
        let outcome = seen.outcome.expect("an outcome");
        assert_eq!((outcome.status, outcome.id.as_str()), (CashoutStatus::Returned, "42"));
        assert_eq!((outcome.amount_minor, outcome.reason.as_str()), (1_050, OUTCOME.reason));
    }
}

#[tokio::test]
async fn a_webhook_that_does_not_hold_is_refused_and_told() {
    let (app, mut webhooks) = merchant();
    let good = body();
    let other_amount = good.replace("amount=10.5", "amount=1050");
    let other_paid = good.replace("paid_amount=8.4", "paid_amount=10.5");
    let hash = "The webhook's hash_key does not hold.";
    let mismatch = "webhook-signature: No signature of webhook-signature holds.";
    let late = "webhook-signature: webhook-timestamp is too far from now.";
    let no_form = "the content-type is not application/x-www-form-urlencoded";
    let missing = "the Standard Webhooks headers are missing";
    let mut bare = request(&good, &good, NOW, FORM);
    bare.headers_mut().remove("webhook-id");
    for (request, body, why) in [
        (request(&other_amount, &other_amount, NOW, FORM), &other_amount, hash),
        (request(&other_paid, &good, NOW, FORM), &other_paid, mismatch),
        (request(&good, &good, NOW - 301, FORM), &good, late),
        (request(&good, &good, NOW, "application/json"), &good, no_form),
        (bare, &good, missing),
    ] {
        let answer = send(&app, request).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (400, why));
        let seen = webhooks.recv().await.expect("a webhook");
        assert_eq!(seen.body, body.as_bytes(), "{why}");
        assert_eq!(seen.outcome, Err(why.to_owned()));
    }
}

#[tokio::test]
async fn the_answer_is_the_same_when_nobody_listens() {
    let (app, webhooks) = merchant();
    drop(webhooks);
    let body = body();
    assert_eq!(send(&app, request(&body, &body, NOW, FORM)).await.status, 200);
}
