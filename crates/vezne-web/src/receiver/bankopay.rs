//! A merchant that speaks BankoPay: checks each callback as the document tells merchants to.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use tokio::sync::mpsc::UnboundedSender;
use vezne_core::port::Clock;
use vezne_wire::bankopay::{WithdrawCallback, signature_text, verify};
use vezne_wire::json::{Object, ObjectWriter};
use vezne_wire::secret::SecretText;
use vezne_wire::standard_webhooks::WebhookSecret;

use super::check_headers;

/// What the merchant knows about us.
#[derive(Clone)]
pub struct Receiver {
    /// The key that callbacks must show and be hashed with.
    pub callback_key: SecretText,
    /// The key of the Standard Webhooks headers.
    pub webhook_secret: WebhookSecret,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who is told of every callback.
    pub seen: UnboundedSender<Received>,
}

/// One callback as the merchant saw it.
#[derive(Clone, Debug)]
pub struct Received {
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// What it says, when it is one and every signature fits; otherwise what is wrong.
    pub callback: Result<WithdrawCallback, String>,
}

impl Receiver {
    /// The merchant's one route, where the document has it.
    pub fn router(self) -> Router {
        Router::new().route("/api/BankoPay/withdraw/", post(receive)).with_state(self)
    }

    fn check(&self, headers: &HeaderMap, body: &[u8]) -> Result<WithdrawCallback, String> {
        let object = Object::parse(body).map_err(|error| error.to_string())?;
        let callback = WithdrawCallback::decode(&object).map_err(|error| error.to_string())?;
        if !callback.site_key.same_as(&self.callback_key) {
            return Err("the site_key is not ours".to_owned());
        }
        let WithdrawCallback { site_id, user_id, trx, hash, .. } = &callback;
        let text = signature_text(*site_id, user_id, trx, &self.callback_key);
        let text = text.map_err(|error| error.to_string())?;
        verify(&text, hash).map_err(|error| format!("hash: {error}"))?;
        check_headers(&self.webhook_secret, &*self.clock, headers, body)?;
        Ok(callback)
    }
}

async fn receive(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let callback = receiver.check(&headers, &body);
    let (code, message) = match &callback {
        Ok(_) => (200, "Balance added to the account!"),
        Err(why) => (999, why.as_str()),
    };
    let mut answer = Vec::new();
    let mut object = ObjectWriter::open(&mut answer);
    object.integer("code", code);
    object.text("message", message);
    object.close();
    // Nobody may be listening any more; the merchant's answer is the same.
    drop(receiver.seen.send(Received { body: body.to_vec(), callback }));
    let json = HeaderValue::from_static("application/json");
    (StatusCode::OK, [(header::CONTENT_TYPE, json)], answer)
}
