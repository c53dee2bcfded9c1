//! `POST /pay-out/link`: all that a merchant fixes is checked here, so that its customer is not
//! shown a form that leads nowhere.

use vezne_core::engine::Failure;
use vezne_core::model::payout::ContentDigest;
use vezne_core::model::refusal::{Declined, SubmitRefusal};
use vezne_wire::applyfor::{Link, LinkAnswer, LinkRequest};
use vezne_wire::secret::SecretText;

use super::super::auth::Caller;
use super::super::endpoint::Desk;
use super::super::reply::Refusal;
use super::super::{apply, destination};
use super::quote::quote;

/// Checks the fixed parts of an order and answers with the link to its form.
pub(in super::super) async fn create(
    desk: &Desk,
    caller: &Caller,
    request: LinkRequest,
) -> Result<Vec<u8>, Refusal> {
    let now = desk.web.clock.now();
    caller.check_time(request.timestamp, now)?;
    check(desk, caller, &request)?;
    unused(desk, caller, &request).await?;
    let expires_at = now.seconds().saturating_add(request.expires_in);
    // The present secret, whichever the request was signed with: the former one may end first.
    let access = caller.merchant().access(&desk.dialect);
    let secret = access.map(|access| SecretText::new(access.key.expose()));
    let secret = secret.as_ref().unwrap_or(&caller.key.secret);
    let token = Link { fixed: request.fixed, expires_at }.token(secret);
    let mut answer = Vec::with_capacity(1_024);
    LinkAnswer { url: format!("/pay-out/{token}"), expires_at }
        .encode_into(&mut answer, &caller.key);
    Ok(answer)
}

fn check(desk: &Desk, caller: &Caller, request: &LinkRequest) -> Result<(), Refusal> {
    let (merchant, fixed) = (caller.merchant(), &request.fixed);
    destination::check(desk, merchant, &fixed.notify_url)?;
    if let Some(url) = &fixed.return_url {
        destination::url(merchant, "return_url", url)?;
    }
    let channel = desk.channel(&fixed.pay_code, &fixed.currency)?;
    desk.form(&channel)?;
    let amount = apply::amount(&fixed.amount, &channel)?;
    quote(merchant, &channel, amount).map_err(|why| Refusal::foreseen(&why))?;
    Ok(())
}

/// Refuses an `orderid` under which something stands.
async fn unused(desk: &Desk, caller: &Caller, request: &LinkRequest) -> Result<(), Refusal> {
    let fixed = &request.fixed;
    let (reference, nothing) = (&fixed.orderid, ContentDigest([0; 16]));
    let stands = apply::stands(desk, &caller.proof, reference, &fixed.pay_code, nothing).await;
    let failure = match stands {
        Ok(None) => return Ok(()),
        Ok(Some(earlier)) => {
            let why = SubmitRefusal::ReferenceReused { existing: earlier.payout };
            Failure::Refused(Declined { why, replayed: true })
        }
        Err(failure) => failure,
    };
    Err(Refusal::of_failure(failure, caller.merchant(), &desk.web))
}
