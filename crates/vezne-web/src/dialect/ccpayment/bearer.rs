//! Who asks: the token names the merchant, and its networks confirm it.
//!
//! A token only lets a request in. What moves money is proven by the `hash_key`, which only a
//! holder of the `app_secret` can make.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use vezne_core::model::merchant::Merchant;
use vezne_core::model::time::Timestamp;
use vezne_core::port::Fault;
use vezne_wire::ccpayment::{AnswerCode, Profile};
use vezne_wire::jwt::{self, Claims};

use super::TOKENS_SINCE_OPTION;
use super::endpoint::Desk;
use super::reply::Refusal;

/// A merchant that was let in.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) merchant: Arc<Merchant>,
    pub(super) profile: Profile,
}

/// Lets a merchant in, and counts the request against its rate.
pub(super) fn admit(
    desk: &Desk,
    headers: &HeaderMap,
    address: IpAddr,
    prefix: &str,
) -> Result<Caller, Refusal> {
    let (web, now) = (&desk.web, desk.web.clock.now());
    let read = read(desk, headers, now).map_err(|fault| desk.fault(&fault))?;
    let Some(caller) = read.and_then(|claims| of(desk, &claims, address, prefix)) else {
        return Err(desk.turn_away(address, AnswerCode::Unauthenticated));
    };
    let merchant = &caller.merchant;
    let rate = merchant.requests_per_second.unwrap_or(web.settings.requests_per_second);
    if !web.pace.admits(merchant.id, rate, now) {
        return Err(AnswerCode::TooManyRequests.into());
    }
    Ok(caller)
}

/// What the token says, if it is one of ours and in force.
fn read(desk: &Desk, headers: &HeaderMap, now: Timestamp) -> Result<Option<Claims>, Fault> {
    let header = headers.get(AUTHORIZATION).and_then(|given| given.to_str().ok());
    let Some(token) = header.and_then(jwt::bearer) else { return Ok(None) };
    let keys = desk.keys.now(&desk.web.store.directory(), now)?;
    Ok(jwt::verify(keys.verifying(), token, now.seconds()).ok())
}

/// The merchant, as it is now and not as it was when the token was made.
fn of(desk: &Desk, claims: &Claims, address: IpAddr, prefix: &str) -> Option<Caller> {
    let directory = desk.web.store.directory();
    let merchant = directory.by_login(&desk.dialect, &claims.audience)?;
    let since = merchant.option(TOKENS_SINCE_OPTION).and_then(|text| text.parse::<i64>().ok());
    let issued = claims.issued_at.saturating_mul(1_000_000);
    let same = merchant.id.to_string() == claims.subject;
    if !same || !merchant.allows(address) || since.is_some_and(|since| issued < since) {
        return None;
    }
    let profile = desk.settings().brand(merchant, prefix)?.profile;
    Some(Caller { merchant: Arc::clone(merchant), profile })
}
