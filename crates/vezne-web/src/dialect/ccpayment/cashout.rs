//! `POST /api/cashout/tobank`: a proven request becomes one batch, and its outcomes one answer.
//!
//! Whatever is refused before the batch leaves no trace. What the engine decides of the rows is
//! committed at once and durable before it is answered.

use axum::body::Bytes;
use vezne_core::engine::Failure;
use vezne_core::engine::batch::{BatchRefusal, SubmitBatch, Twin};
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::merchant::{Authenticated, Merchant};
use vezne_core::model::payout::ContentDigest;
use vezne_core::model::personal::Secret;
use vezne_wire::ccpayment::{AnswerCode, CashoutRequest, hash_key};
use vezne_wire::json::Object;

use super::bearer::Caller;
use super::endpoint::{Desk, LARGE_BODY};
use super::reply::Refusal;
use super::rows::{Rows, Setting};
use super::{HASH_KEY_REUSE_OPTION, MERCHANT_KEY_OPTION};

/// Reads, proves and submits a request, and writes the answer.
pub(super) async fn cash_out(
    desk: &Desk,
    body: Bytes,
    caller: Caller,
) -> Result<(AnswerCode, Vec<u8>), Refusal> {
    let request = decode(body, desk.settings().most_rows).await?;
    check_merchant_key(&caller, &request.merchant_key)?;
    let proof = prove(desk, &caller.merchant, &request)?;
    let callback_to = callback_target(&caller.merchant, request.web_hook_key.as_deref());
    let is_hook_known = callback_to.is_some();
    let now = desk.web.clock.now();
    let reuse = caller.merchant.option(HASH_KEY_REUSE_OPTION) == Some("true");
    let (content, fingerprint) =
        (request.content_digest(), hash_key::fingerprint(&request.hash_key));
    let seed = if reuse { content } else { fingerprint };
    let twin = Twin { content: request.rows_digest(), within: desk.settings().twin_window };
    let pace = caller.merchant.requests_per_second;
    let pace = pace.unwrap_or(desk.web.settings.requests_per_second);
    if !desk.web.pace.admits_rows(caller.merchant.id, pace, request.rows.len(), now) {
        return Err(AnswerCode::TooManyRequests.into());
    }
    let (rows, batch) = Rows::of(request.rows, &Setting { proof, callback_to, seed, now });
    let batch = SubmitBatch {
        merchant: caller.merchant.id,
        proof: (!reuse).then_some(fingerprint),
        content: ContentDigest(content),
        twin: Some(twin).filter(|twin| !twin.within.is_zero()),
        rows: batch,
    };
    let outcomes = match desk.web.engine.run(batch).await {
        Ok(outcomes) => outcomes,
        Err(failure) => return Err(failed(desk, &caller.merchant, failure)),
    };
    if !is_hook_known && outcomes.iter().all(|outcome| matches!(outcome, Ok(None))) {
        return Err(AnswerCode::InvalidWebHookKey.into());
    }
    Ok(rows.answer(outcomes, caller.profile))
}

async fn decode(body: Bytes, most_rows: usize) -> Result<CashoutRequest, Refusal> {
    let large = body.len() >= LARGE_BODY;
    let decode = move || {
        let object = Object::parse(&body).map_err(|error| Refusal::from(&error))?;
        CashoutRequest::decode(&object, most_rows).map_err(|error| Refusal::from(&error))
    };
    if !large {
        return decode();
    }
    // A panic there is one here, where it is told as a fault.
    #[expect(clippy::disallowed_methods, reason = "it computes and waits for nothing")]
    let decoded = tokio::task::spawn_blocking(decode).await;
    decoded.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()))
}

/// The token's merchant has one `merchant_key`; another one's is as unknown as one that nobody has.
pub(super) fn check_merchant_key(caller: &Caller, given: &str) -> Result<(), Refusal> {
    let own = caller.merchant.option(MERCHANT_KEY_OPTION);
    let same = own.is_some_and(|own| Secret::new(own).matches(given));
    if same { Ok(()) } else { Err(AnswerCode::MerchantNotFound.into()) }
}

/// Whoever made the `hash_key` has the `app_secret`, the present or the former one.
fn prove(
    desk: &Desk,
    merchant: &std::sync::Arc<Merchant>,
    request: &CashoutRequest,
) -> Result<Authenticated, Refusal> {
    let (now, expected) = (desk.web.clock.now(), request.expected());
    let made_with =
        |secret: &Secret| hash_key::verify(&request.hash_key, secret.expose(), &expected);
    merchant.authenticate_by(&desk.dialect, now, made_with).ok_or_else(|| {
        tracing::warn!(merchant = %merchant.id, "a hash_key was not of its request");
        AnswerCode::InvalidHashKey.into()
    })
}

/// The endpoint that the request names, or the merchant's own callback URL where it has one; `None`
/// for a name that the merchant has not, or has no longer: a repeat of a request gets its answer
/// all the same.
fn callback_target(merchant: &Merchant, named: Option<&str>) -> Option<CallbackTarget> {
    match (named, &merchant.callback_base_url) {
        (Some(name), _) => {
            let known = merchant.endpoints.contains_key(name);
            known.then(|| CallbackTarget::Endpoint(name.to_owned()))
        }
        (None, Some(_)) => Some(CallbackTarget::Merchant),
        (None, None) => Some(CallbackTarget::Nowhere),
    }
}

fn failed(desk: &Desk, merchant: &Merchant, failure: Failure<BatchRefusal>) -> Refusal {
    match failure {
        Failure::Refused(BatchRefusal::ProofReused) => {
            let merchant = merchant.id;
            tracing::warn!(%merchant, "a hash_key came again with other content");
            AnswerCode::InvalidHashKey.into()
        }
        Failure::Refused(BatchRefusal::NoRoom) | Failure::Busy => AnswerCode::Busy.into(),
        Failure::Fault(fault) => desk.fault(&fault),
    }
}
