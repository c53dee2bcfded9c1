//! CCPayment: the platform that Sipay, iqmoney and other brands are sold on, as
//! `sipay-cashout.txt` and `iqmoney-cashout.txt` document its cash-out to bank.
//!
//! A brand is configuration: a name, the profile whose document its answers follow, and the
//! prefixes of its paths. A request for a cash-out passes, in this order and no further than its
//! first refusal: method, content type, token, size, JSON and shape, `merchant_key`, `hash_key`,
//! webhook, and then each row by itself (`research/wire-facts.md` A9). Every wrong `hash_key` gets
//! one answer.
//!
//! `/api/cashout/status` and the webhook are extensions of ours: the documents name neither.

mod bearer;
mod cashout;
mod endpoint;
mod keys;
mod reply;
mod rows;
mod settings;
mod status;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;

use crate::state::WebState;
use endpoint::{Desk, Endpoint, Task};

pub use rows::beneficiary;
pub use settings::{Brand, CcPaymentSettings};

/// The dialect's code.
pub(super) const CODE: &str = "ccpayment";

/// The merchant's option that names its brand.
pub const BRAND_OPTION: &str = "brand";

/// The merchant's option that holds its `merchant_key`, an identifier and no secret.
pub const MERCHANT_KEY_OPTION: &str = "merchant_key";

/// The merchant's option that lets one `hash_key` come again with other rows, for a client library
/// that makes it without randomness.
pub const HASH_KEY_REUSE_OPTION: &str = "hash_key_reuse";

/// The merchant's option from which moment on, in microseconds, its tokens are taken.
pub const TOKENS_SINCE_OPTION: &str = "tokens_since";

/// The channel that a cash-out to bank goes through.
const CHANNEL: &str = "bank-transfer";

/// The paths below each prefix.
const PATHS: [(&str, Task); 6] = [
    ("/api/token", Task::Token),
    ("/api/cashout/tobank", Task::Cashout),
    ("/api/cashout/status", Task::Status),
    ("/.well-known/jwks.json", Task::Keys),
    ("/api", Task::Unknown),
    ("/api/{*rest}", Task::Unknown),
];

/// What else is below a prefix of a brand's own, where no other dialect has paths.
const BELOW: [(&str, Task); 2] = [("", Task::Unknown), ("/{*rest}", Task::Unknown)];

/// The routes of all brands, each with and without a slash at the end.
pub(super) fn routes(state: &Arc<WebState>) -> Router {
    let desk = Arc::new(Desk::new(Arc::clone(state)));
    let mut router = Router::new();
    for prefix in desk.settings().prefixes() {
        let below = if prefix.is_empty() { &[][..] } else { &BELOW };
        for &(path, task) in PATHS.iter().chain(below) {
            let endpoint = Arc::new(Endpoint::new(Arc::clone(&desk), task, prefix));
            let method = any(endpoint::answer).with_state(endpoint);
            router = router.route(&format!("{prefix}{path}"), method.clone());
            if !path.ends_with('}') {
                router = router.route(&format!("{prefix}{path}/"), method);
            }
        }
    }
    router
}
