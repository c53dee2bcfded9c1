//! Whether the outcome may be told to a `notify_url`. Where it leads is looked at again on every
//! delivery; this is what can be said at once.

use url::Url;
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::merchant::{Merchant, Mode};
use vezne_wire::applyfor::Status;

use super::endpoint::Desk;
use super::options;
use super::reply::Refusal;

/// The target of the payout's callbacks.
pub(super) fn check(
    desk: &Desk,
    merchant: &Merchant,
    notify_url: &str,
) -> Result<CallbackTarget, Refusal> {
    let url = url(merchant, "notify_url", notify_url)?;
    let callable = desk.web.check_destination(notify_url, merchant.mode);
    callable.map_err(|why| refusal("notify_url", &format!("cannot be called: {why}")))?;
    if !options::allows_host(merchant, url.host_str().unwrap_or_default()) {
        return Err(refusal("notify_url", "has a host that is not registered for this merchant"));
    }
    Ok(CallbackTarget::Url(notify_url.to_owned()))
}

/// Reads a URL of a kind that the merchant's mode allows.
pub(super) fn url(merchant: &Merchant, field: &str, text: &str) -> Result<Url, Refusal> {
    let refuse = |why: &str| Err(refusal(field, why));
    let Ok(url) = Url::parse(text) else { return refuse("is not a valid URL") };
    if url.host_str().is_none() {
        return refuse("has no host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("must not have a user name or a password");
    }
    match (url.scheme(), merchant.mode) {
        ("https", _) | ("http", Mode::Sandbox) => Ok(url),
        (_, Mode::Live) => refuse("must begin with https://"),
        (_, Mode::Sandbox) => refuse("must begin with https:// or http://"),
    }
}

fn refusal(field: &str, why: &str) -> Refusal {
    Refusal::new(Status::ParameterError, format!("{field} {why}.")).about(field)
}
