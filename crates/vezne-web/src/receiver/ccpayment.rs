//! A merchant that speaks CCPayment: checks each webhook as the platform's own code does.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use tokio::sync::mpsc::UnboundedSender;
use vezne_core::port::Clock;
use vezne_wire::ccpayment::webhook::Received;
use vezne_wire::secret::SecretText;
use vezne_wire::standard_webhooks::WebhookSecret;

use super::check_headers;

/// The type of a body that fills the fields of a merchant's code; any other leaves them empty.
const FORM: &str = "application/x-www-form-urlencoded";

/// What the merchant knows about us.
#[derive(Clone)]
pub struct CcPaymentReceiver {
    /// The key that the `hash_key` must be made with.
    pub app_secret: SecretText,
    /// The brand, which names the field `<brand>_status`.
    pub brand: String,
    /// The key of the Standard Webhooks headers.
    pub webhook_secret: WebhookSecret,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who is told of every webhook.
    pub seen: UnboundedSender<WebhookSeen>,
}

/// One webhook as the merchant saw it.
#[derive(Clone, Debug)]
pub struct WebhookSeen {
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// What it says, when it is one and every signature fits; otherwise what is wrong.
    pub outcome: Result<Received, String>,
}

impl CcPaymentReceiver {
    /// The merchant's one route. Nothing is published of its path.
    pub fn router(self) -> Router {
        Router::new().route("/webhook", post(receive)).with_state(self)
    }

    fn check(&self, headers: &HeaderMap, body: &[u8]) -> Result<Received, String> {
        let content_type = headers.get(header::CONTENT_TYPE).map(|value| value.as_bytes());
        if content_type != Some(FORM.as_bytes()) {
            return Err(format!("the content-type is not {FORM}"));
        }
        let received = Received::decode(body, &self.brand, &self.app_secret);
        let received = received.map_err(|error| error.to_string())?;
        check_headers(&self.webhook_secret, &*self.clock, headers, body)?;
        Ok(received)
    }
}

async fn receive(
    State(receiver): State<CcPaymentReceiver>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let outcome = receiver.check(&headers, &body);
    let answer = match &outcome {
        Ok(_) => (StatusCode::OK, "OK".to_owned()),
        Err(why) => (StatusCode::BAD_REQUEST, why.clone()),
    };
    // Nobody may be listening any more; the merchant's answer is the same.
    drop(receiver.seen.send(WebhookSeen { body: body.to_vec(), outcome }));
    answer
}
