//! Whether the outcome may be told to a `notify_url`. Where it leads is looked at again on every
//! delivery; this is what can be said at once.

use url::Url;
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::merchant::{Merchant, Mode};
use vezne_wire::applyfor::Status;

use super::options;
use super::reply::Refusal;

/// The target of the payout's callbacks.
pub(super) fn check(merchant: &Merchant, notify_url: &str) -> Result<CallbackTarget, Refusal> {
    let refuse =
        |why: &str| Err(Refusal::new(Status::ParameterError, format!("notify_url {why}.")));
    let Ok(url) = Url::parse(notify_url) else { return refuse("is not a valid URL") };
    let Some(host) = url.host_str() else { return refuse("has no host") };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("must not have a user name or a password");
    }
    match (url.scheme(), merchant.mode) {
        ("https", _) | ("http", Mode::Sandbox) => {}
        (_, Mode::Live) => return refuse("must begin with https://"),
        (_, Mode::Sandbox) => return refuse("must begin with https:// or http://"),
    }
    if !options::allows_host(merchant, host) {
        return refuse("has a host that is not registered for this merchant");
    }
    Ok(CallbackTarget::Url(notify_url.to_owned()))
}
