//! Who asks: `site_id` names the merchant, `site_key` proves it, its networks confirm it.
//!
//! An unknown site, a wrong key and a foreign address get one answer after the same work, so that
//! none of them tells which it was (`research/reliability.md` A4, `wire-facts.md` B8).

use std::net::IpAddr;

use vezne_core::model::merchant::{Authenticated, Merchant};
use vezne_core::model::time::Timestamp;
use vezne_wire::bankopay::{AnswerCode, Credentials};
use vezne_wire::json::Object;

use super::endpoint::Desk;
use super::reply::Refusal;

/// Proves the merchant and counts the request against its rate.
pub(super) async fn authenticate(
    desk: &Desk,
    object: &Object<'_>,
    address: IpAddr,
) -> Result<Authenticated, Refusal> {
    let given = Credentials::decode(object).map_err(|error| Refusal::from(&error))?;
    let (web, now) = (&desk.web, desk.web.clock.now());
    let proof = match prove(desk, &given, address, now) {
        None if web.look_again(address).await => prove(desk, &given, address, now),
        proof => proof,
    };
    let Some(proof) = proof else {
        // A right key is never turned away for the wrong ones of its neighbours: merchants behind
        // one address would lock each other out, and pay back what was accepted before.
        if web.failed_logins.blocks(address, now) {
            return Err(AnswerCode::TooManyRequests.into());
        }
        web.failed_logins.count(address, now);
        tracing::debug!(%address, "wrong credentials");
        return Err(AnswerCode::WrongCredentials.into());
    };
    let merchant = proof.merchant();
    let rate = merchant.requests_per_second.unwrap_or(web.settings.requests_per_second);
    if !web.pace.admits(merchant.id, rate, now) {
        return Err(AnswerCode::TooManyRequests.into());
    }
    Ok(proof)
}

fn prove(
    desk: &Desk,
    given: &Credentials,
    address: IpAddr,
    now: Timestamp,
) -> Option<Authenticated> {
    let directory = desk.web.store.directory();
    let key = given.site_key.expose();
    let Some(merchant) = directory.by_login(&desk.dialect, &given.site_id.to_string()) else {
        desk.stranger.compare(key);
        return None;
    };
    let proof = merchant.authenticate(&desk.dialect, key, now);
    let allowed = Merchant::allows(merchant, address);
    proof.filter(|_| allowed)
}
