//! A merchant that speaks /applyfor: checks each notification's sign and acknowledges it.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::routing::post;
use tokio::sync::mpsc::UnboundedSender;
use vezne_core::port::Clock;
use vezne_wire::applyfor::{Notification, SigningKey};
use vezne_wire::standard_webhooks::WebhookSecret;

use super::check_headers;

/// What the merchant knows about us.
#[derive(Clone)]
pub struct ApplyforReceiver {
    /// The key that notifications must be signed with, in the merchant's style.
    pub key: SigningKey,
    /// The key of the Standard Webhooks headers.
    pub webhook_secret: WebhookSecret,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who is told of every notification.
    pub seen: UnboundedSender<NotificationSeen>,
}

/// One notification as the merchant saw it.
#[derive(Clone, Debug)]
pub struct NotificationSeen {
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// What it says, when it is one and every signature fits; otherwise what is wrong.
    pub notification: Result<Notification, String>,
}

impl ApplyforReceiver {
    /// The merchant's one route, which its requests name as `notify_url`.
    pub fn router(self) -> Router {
        Router::new().route("/notify", post(receive)).with_state(self)
    }

    fn check(&self, headers: &HeaderMap, body: &[u8]) -> Result<Notification, String> {
        let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = given.unwrap_or_default();
        let notification = Notification::decode(content_type, body, &self.key);
        let notification = notification.map_err(|error| error.to_string())?;
        check_headers(&self.webhook_secret, &*self.clock, headers, body)?;
        Ok(notification)
    }
}

async fn receive(
    State(receiver): State<ApplyforReceiver>,
    headers: HeaderMap,
    body: Bytes,
) -> String {
    let notification = receiver.check(&headers, &body);
    let answer = match &notification {
        Ok(_) => "success".to_owned(),
        Err(why) => why.clone(),
    };
    // Nobody may be listening any more; the merchant's answer is the same.
    drop(receiver.seen.send(NotificationSeen { body: body.to_vec(), notification }));
    answer
}
