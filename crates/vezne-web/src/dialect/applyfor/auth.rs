//! Who asks: `uid` names the merchant, the signature proves it, its networks confirm it.
//!
//! What a request looks like is judged whoever sent it, so a stranger is told about its shape and
//! never whether the account exists. Whether it is signed is found out all the same: the answer to
//! a merchant that made a mistake is signed. An address that sends many wrong signatures has to
//! wait.

use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::time::timeout;
use vezne_core::engine::Failure;
use vezne_core::engine::merchant::EditMerchant;
use vezne_core::model::approval::Actor;
use vezne_core::model::merchant::{Authenticated, Merchant};
use vezne_core::model::personal::Secret;
use vezne_core::model::time::Timestamp;
use vezne_wire::applyfor::{
    EmptyValues, Generation, Parameters, SignError, SigningKey, Status, canonical,
};
use vezne_wire::field::FieldError;

use super::endpoint::Desk;
use super::options;
use super::reply::Refusal;

/// A merchant that has proved itself.
pub(super) struct Caller {
    pub(super) proof: Authenticated,
    /// The secret that the request was signed with, the present or the former one.
    pub(super) key: SigningKey,
}

impl Caller {
    pub(super) fn merchant(&self) -> &Arc<Merchant> {
        self.proof.merchant()
    }

    /// The refusal, signed.
    pub(super) fn sign<T>(&self, outcome: Result<T, Refusal>) -> Result<T, Refusal> {
        outcome.map_err(|refusal| refusal.signed_with(&self.key))
    }

    /// Whether a request was made about now.
    pub(super) fn check_time(&self, unix_micros: i64, now: Timestamp) -> Result<(), Refusal> {
        let Some(window) = options::timestamp_window(self.merchant()) else { return Ok(()) };
        if unix_micros.abs_diff(now.micros()) <= window.saturating_mul(1_000_000) {
            return Ok(());
        }
        let message = format!(
            "timestamp is more than {window} seconds from the time here, {}.",
            now.seconds()
        );
        Err(Refusal::new(Status::ParameterError, message))
    }
}

/// Proves the merchant, reads the request as its generation of the protocol has it, and counts it
/// against the merchant's rate.
pub(super) async fn admit<T>(
    desk: &Desk,
    parameters: &Parameters,
    address: IpAddr,
    decode: impl FnOnce(&Parameters, Generation<'_>) -> Result<T, FieldError>,
) -> Result<(Caller, T), Refusal> {
    let now = desk.web.clock.now();
    let caller = match prove(desk, parameters, address, now) {
        None if desk.web.look_again(address).await => prove(desk, parameters, address, now),
        caller => caller,
    };
    let Some(caller) = caller else {
        // Read as leniently as any merchant's would be, so that it does not show whose it is.
        let shape = decode(parameters, Generation::Older { currency: "" }).map(drop);
        return Err(turn_away(desk, parameters, address, shape));
    };
    let merchant = Arc::clone(caller.merchant());
    let rate = merchant.requests_per_second.unwrap_or(desk.web.settings.requests_per_second);
    if !desk.web.pace.admits(merchant.id, rate, now) {
        return caller.sign(Err(Status::TooManyRequests.into()));
    }
    caller.sign(pin(desk, &caller, parameters).await)?;
    let decoded = decode(parameters, options::generation(&merchant));
    let decoded = caller.sign(decoded.map_err(|error| Refusal::from(&error)))?;
    Ok((caller, decoded))
}

fn prove(desk: &Desk, parameters: &Parameters, address: IpAddr, now: Timestamp) -> Option<Caller> {
    let directory = desk.web.store.directory();
    let login = parameters.get("uid").unwrap_or_default();
    let Some(merchant) = directory.by_login(&desk.dialect, login) else {
        // The result is of no interest; the time that it takes is.
        let _ = std::hint::black_box(desk.stranger.verify(parameters));
        return None;
    };
    let made_with: RefCell<Option<SigningKey>> = RefCell::default();
    let proof = merchant.authenticate_by(&desk.dialect, now, |secret: &Secret| {
        let mut keys = options::signing_keys(merchant, secret);
        let key = keys.find(|key| key.verify(parameters).is_ok());
        let holds = key.is_some();
        if let Some(key) = key {
            made_with.borrow_mut().get_or_insert(key);
        }
        holds
    });
    let allowed = Merchant::allows(merchant, address);
    let proof = proof.filter(|_| allowed)?;
    Some(Caller { proof, key: made_with.into_inner()? })
}

/// Sets what this request is the first to show of how the merchant signs, for its notifications as
/// well. A merchant whose notifications would be signed in a way it does not know hears that it is
/// to ask again.
async fn pin(desk: &Desk, caller: &Caller, parameters: &Parameters) -> Result<(), Refusal> {
    let merchant = caller.merchant();
    let shown = options::shown(merchant, parameters, &caller.key);
    if shown.is_empty() {
        return Ok(());
    }
    let words: Vec<_> = shown.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let edit = move |merchant: &mut Merchant| {
        for (name, value) in &shown {
            // Another request may have been first.
            merchant.options.entry((*name).to_owned()).or_insert_with(|| (*value).to_owned());
        }
        Ok(())
    };
    let pinned = desk.web.engine.run(EditMerchant {
        merchant: merchant.id,
        edit: Box::new(edit),
        by: Actor::System,
        detail: format!("{}, as its first valid request showed", words.join(", ")),
    });
    // People's commands wait for as long as it takes; a merchant's request does not.
    match timeout(desk.web.settings.request_timeout, pinned).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Failure::Fault(fault))) => Err(desk.fault(&fault)),
        Ok(Err(Failure::Busy | Failure::Refused(_))) | Err(_) => Err(Status::Busy.into()),
    }
}

/// The answer to a caller that is not proven: what is wrong with the request's shape, or that its
/// signature is. It depends on nothing but the request.
fn turn_away(
    desk: &Desk,
    parameters: &Parameters,
    address: IpAddr,
    shape: Result<(), FieldError>,
) -> Refusal {
    let (web, now) = (&desk.web, desk.web.clock.now());
    if parameters.signature().is_some() {
        if web.failed_logins.blocks(address, now) {
            return Status::TooManyRequests.into();
        }
        web.failed_logins.count(address, now);
        tracing::debug!(%address, "wrong signature");
    }
    match (shape, canonical(parameters, EmptyValues::Included)) {
        // Only the older generation has this name, and who speaks it is not told.
        (Err(FieldError { field: "channel", problem }), _) => {
            Refusal::from(&FieldError { field: "pay_code", problem })
        }
        (Err(error), _) => Refusal::from(&error),
        (Ok(()), Err(SignError::Ambiguous)) => Refusal::ambiguous(),
        (Ok(()), _) => Status::SignatureFailed.into(),
    }
}
