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
use vezne_wire::jwt::{self, Claims, JwtError};

use super::TOKENS_SINCE_OPTION;
use super::endpoint::{Desk, made_at};
use super::reply::Refusal;

/// A merchant that was let in.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) merchant: Arc<Merchant>,
    pub(super) profile: Profile,
}

/// Lets a merchant in, and counts the request against its rate.
pub(super) async fn admit(
    desk: &Desk,
    headers: &HeaderMap,
    address: IpAddr,
    prefix: &str,
) -> Result<Caller, Refusal> {
    let (web, now) = (&desk.web, desk.web.clock.now());
    let shown = match shown(desk, headers, address, prefix)? {
        Shown::ByNobody | Shown::Unknown if web.look_again(address).await => {
            shown(desk, headers, address, prefix)?
        }
        shown @ (Shown::By(_) | Shown::ByNobody | Shown::Expired | Shown::Unknown) => shown,
    };
    let caller = match shown {
        Shown::By(caller) => Some(caller),
        Shown::ByNobody | Shown::Expired => None,
        Shown::Unknown => return Err(desk.turn_away(address, AnswerCode::Unauthenticated)),
    };
    // Whoever shows a token that we made does not guess. Clients ask for a new one on a 401 only,
    // so many at once whose token has ended must not be told anything else.
    let caller = caller.ok_or(AnswerCode::Unauthenticated)?;
    let merchant = &caller.merchant;
    let rate = merchant.requests_per_second.unwrap_or(web.settings.requests_per_second);
    if !web.pace.admits(merchant.id, rate, now) {
        return Err(AnswerCode::TooManyRequests.into());
    }
    Ok(caller)
}

/// Who shows a token.
enum Shown {
    /// A merchant that is let in.
    By(Caller),
    /// One that is not let in here, as far as this node knows.
    ByNobody,
    /// A token of ours whose time is over.
    Expired,
    /// No token of ours, as far as this node knows.
    Unknown,
}

fn shown(
    desk: &Desk,
    headers: &HeaderMap,
    address: IpAddr,
    prefix: &str,
) -> Result<Shown, Refusal> {
    let token = read(desk, headers, desk.web.clock.now()).map_err(|fault| desk.fault(&fault))?;
    Ok(match token {
        Token::InForce(claims) => {
            of(desk, &claims, address, prefix).map_or(Shown::ByNobody, Shown::By)
        }
        Token::Expired => Shown::Expired,
        Token::Unknown => Shown::Unknown,
    })
}

/// What came as a token.
enum Token {
    /// One of ours, with what it says.
    InForce(Claims),
    /// One of ours, whose time is over.
    Expired,
    /// None of ours.
    Unknown,
}

fn read(desk: &Desk, headers: &HeaderMap, now: Timestamp) -> Result<Token, Fault> {
    let header = headers.get(AUTHORIZATION).and_then(|given| given.to_str().ok());
    let Some(token) = header.and_then(jwt::bearer) else { return Ok(Token::Unknown) };
    let keys = desk.keys.now(&desk.web.store.directory(), now)?;
    Ok(match jwt::verify(keys.verifying(), token, now.seconds()) {
        Ok(claims) => Token::InForce(claims),
        Err(JwtError::Expired) => Token::Expired,
        Err(_) => Token::Unknown,
    })
}

/// The merchant, as it is now and not as it was when the token was made.
fn of(desk: &Desk, claims: &Claims, address: IpAddr, prefix: &str) -> Option<Caller> {
    let directory = desk.web.store.directory();
    let merchant = directory.by_login(&desk.dialect, &claims.audience)?;
    // The switch locks somebody out, so one that cannot be read lets nobody in.
    let is_recent = |since: &str| {
        let since = since.parse::<i64>().ok();
        since.zip(made_at(&claims.id)).is_some_and(|(since, made)| made >= since)
    };
    let taken_back = !merchant.option(TOKENS_SINCE_OPTION).is_none_or(is_recent);
    let same = merchant.id.to_string() == claims.subject;
    if !same || !merchant.allows(address) || taken_back {
        return None;
    }
    let profile = desk.settings().brand(merchant, prefix)?.profile;
    Some(Caller { merchant: Arc::clone(merchant), profile })
}
