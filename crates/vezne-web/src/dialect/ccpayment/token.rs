//! `POST /api/token`: an `app_id` and its `app_secret` against a token of two hours.

use std::net::IpAddr;

use vezne_core::model::merchant::{Authenticated, Merchant};
use vezne_wire::ccpayment::{AnswerCode, TokenAnswer, TokenRequest};
use vezne_wire::jwt::{self, Claims};

use super::endpoint::Desk;
use super::reply::Refusal;

/// Cards of this platform may ask for 3-D Secure; a cash-out has none.
const IS_3D: u8 = 0;

/// Makes a token and writes the answer.
pub(super) async fn grant(
    desk: &Desk,
    request: TokenRequest,
    address: IpAddr,
    prefix: &str,
) -> Result<Vec<u8>, Refusal> {
    let proof = match prove(desk, &request, address, prefix) {
        None if desk.web.look_again(address).await => prove(desk, &request, address, prefix),
        proof => proof,
    };
    let Some(proof) = proof else {
        return Err(desk.turn_away(address, AnswerCode::InvalidCredentials));
    };
    let merchant = proof.merchant();
    let web = &desk.web;
    let rate = merchant.requests_per_second.unwrap_or(web.settings.requests_per_second);
    if !web.pace.admits(merchant.id, rate, web.clock.now()) {
        return Err(AnswerCode::TooManyRequests.into());
    }
    make(desk, merchant, request.app_id).map_err(|fault| desk.fault(&fault))
}

/// An unknown `app_id`, a wrong secret, a foreign address and another brand's path get one answer
/// after the same work.
fn prove(
    desk: &Desk,
    request: &TokenRequest,
    address: IpAddr,
    prefix: &str,
) -> Option<Authenticated> {
    let directory = desk.web.store.directory();
    let secret = request.app_secret.expose();
    let Some(merchant) = directory.by_login(&desk.dialect, &request.app_id) else {
        desk.stranger.compare(secret);
        return None;
    };
    let proof = merchant.authenticate(&desk.dialect, secret, desk.web.clock.now());
    let allowed = Merchant::allows(merchant, address);
    proof.filter(|_| allowed && desk.settings().brand(merchant, prefix).is_some())
}

fn make(
    desk: &Desk,
    merchant: &Merchant,
    app_id: String,
) -> Result<Vec<u8>, vezne_core::port::Fault> {
    let now = desk.web.clock.now();
    let keys = desk.keys.now(&desk.web.store.directory(), now)?;
    let lifetime = desk.settings().token_lifetime;
    let expires_at = now.seconds().saturating_add(i64::try_from(lifetime.as_secs()).unwrap_or(0));
    let claims = Claims {
        audience: app_id,
        subject: merchant.id.to_string(),
        id: desk.token_id(now),
        issued_at: now.seconds(),
        expires_at,
    };
    let token = jwt::sign(keys.signing(), &claims)
        .map_err(|error| vezne_core::port::Fault(format!("a token was not signed: {error}")))?;
    let expires_at = expires_at.saturating_mul(1_000_000);
    let mut answer = Vec::with_capacity(1_024);
    TokenAnswer { token: &token, is_3d: IS_3D, expires_at }.encode_into(&mut answer);
    Ok(answer)
}
