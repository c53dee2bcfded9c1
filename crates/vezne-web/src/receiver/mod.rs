//! A merchant's side of the callbacks: checks each as its dialect tells merchants to, and
//! acknowledges it. The demo and the tests are told by it what a merchant would have seen.

mod applyfor;
mod bankopay;
mod ccpayment;

use axum::http::HeaderMap;
use vezne_core::port::Clock;
use vezne_wire::standard_webhooks::{
    Headers, ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, WebhookSecret, verify,
};

pub use applyfor::{ApplyforReceiver, NotificationSeen};
pub use bankopay::{Received, Receiver};
pub use ccpayment::{CcPaymentReceiver, WebhookSeen};

/// How far a callback's timestamp may be off, in seconds.
const TOLERANCE: u64 = 300;

/// Verifies the Standard Webhooks headers, which the callbacks of every dialect carry.
fn check_headers(
    secret: &WebhookSecret,
    clock: &dyn Clock,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let missing = || "the Standard Webhooks headers are missing".to_owned();
    let headers = Headers {
        id: text(ID_HEADER).ok_or_else(missing)?,
        timestamp: text(TIMESTAMP_HEADER).ok_or_else(missing)?,
        signature: text(SIGNATURE_HEADER).ok_or_else(missing)?,
    };
    let (secrets, now) = ([secret.clone()], clock.now().seconds());
    let verified = verify(&secrets, headers, body, now, TOLERANCE);
    verified.map_err(|error| format!("webhook-signature: {error}"))
}
