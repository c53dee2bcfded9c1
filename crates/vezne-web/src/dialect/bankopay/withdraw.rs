//! `POST /api/withdraw/{service}`: a proven merchant's request becomes one command.
//!
//! Whatever is refused before the command leaves no trace and uses up no `trx`. What the engine
//! decides is durable before it is answered.

use std::sync::Arc;

use vezne_core::engine::replay::FindEarlier;
use vezne_core::engine::submit::{Submission, SubmitPayout, Submitted};
use vezne_core::model::beneficiary::Beneficiary;
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::channel::AccountKind;
use vezne_core::model::identifier::ChannelCode;
use vezne_core::model::merchant::{Authenticated, Merchant};
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::payout::ContentDigest;
use vezne_core::model::personal::Personal;
use vezne_wire::bankopay::{
    Accepted, AnswerCode, BankDetails, KeyShown, Note, Service, WithdrawRequest, signature,
};
use vezne_wire::json::Object;

use super::HASH_WHOLE_KEY_OPTION;
use super::endpoint::Desk;
use super::reply::Refusal;
use crate::dialect::caller;
use crate::state::WebState;

/// The merchant's switch that shows its key in `callback_data`, for one that compares the two.
const ECHO_SITE_KEY: &str = "echo_site_key";

/// A request that is read, and what its answer repeats of it.
pub(super) struct Withdrawal {
    request: WithdrawRequest,
    proof: Authenticated,
    submission: Submission,
    /// What stands against a new payout. A repeat is answered as its first copy was all the same.
    objection: Option<Refusal>,
}

/// Reads and checks everything that needs no balance.
pub(super) fn read(
    desk: &Desk,
    object: &Object<'_>,
    service: Service,
    channel: &ChannelCode,
    proof: Authenticated,
) -> Result<Withdrawal, Refusal> {
    let request =
        WithdrawRequest::decode(service, object).map_err(|error| Refusal::from(&error))?;
    let (beneficiary, objection) = match check(desk, &request, &proof) {
        Ok(checked) => (checked, None),
        Err(objection) => (beneficiary(&request), Some(objection)),
    };
    let submission = Submission {
        reference: request.trx.clone(),
        content: ContentDigest(request.content_digest()),
        channel: channel.clone(),
        amount: Money::new(request.amount, Currency::TRY),
        beneficiary,
        note: note(&request).to_bytes(),
        callback_to: CallbackTarget::Merchant,
    };
    Ok(Withdrawal { request, proof, submission, objection })
}

/// Checks what depends on more than the request: the key's length, the bank list, the day.
fn check(
    desk: &Desk,
    request: &WithdrawRequest,
    proof: &Authenticated,
) -> Result<Beneficiary, Refusal> {
    check_signable(request, proof)?;
    check_bank(request.bank.as_ref(), proof.merchant())?;
    let (kind, mode) = (account_kind(request.service), proof.merchant().mode);
    let today = caller::today(desk.web.clock.now());
    beneficiary(request).check(kind, mode, today).map_err(Refusal::from)
}

impl Withdrawal {
    /// Runs the command and writes the answer of a payout that was accepted, now or before.
    pub(super) async fn submit(self, web: &WebState) -> Result<Vec<u8>, Refusal> {
        let Self { request, proof, submission, objection } = self;
        let merchant = Arc::clone(proof.merchant());
        let submitted = match objection {
            None => web.engine.run(SubmitPayout::new(proof, submission)).await,
            Some(objection) => {
                let earlier = web.engine.run(FindEarlier::new(proof, submission)).await;
                match earlier.transpose() {
                    Some(earlier) => earlier,
                    None => return Err(objection),
                }
            }
        };
        match submitted {
            Ok(submitted) => Ok(encode(&request, submitted, key_shown(&merchant))),
            Err(failure) => Err(Refusal::of_failure(failure, &merchant, web)),
        }
    }
}

/// The callback's hash ends with the key that callbacks show, so that is the one that has to fit.
fn check_signable(request: &WithdrawRequest, proof: &Authenticated) -> Result<(), Refusal> {
    let merchant = proof.merchant();
    let access = merchant.access(proof.dialect());
    let key_bytes = access.map_or(0, |access| access.callback_key.expose().len());
    let fits = match merchant.option(HASH_WHOLE_KEY_OPTION) {
        Some("true") => signature::fits_whole,
        Some(_) | None => signature::fits,
    };
    fits(request.site_id, &request.user_id, &request.trx, key_bytes)
        .map_err(|error| Refusal::from(&error))
}

fn check_bank(details: Option<&BankDetails>, merchant: &Merchant) -> Result<(), Refusal> {
    let known =
        |details: &BankDetails| merchant.banks.iter().any(|bank| bank.id == details.provider_id);
    if details.is_none_or(known) { Ok(()) } else { Err(AnswerCode::UnknownProvider.into()) }
}

const fn account_kind(service: Service) -> AccountKind {
    if service.needs_bank_details() { AccountKind::Iban } else { AccountKind::Wallet }
}

fn beneficiary(request: &WithdrawRequest) -> Beneficiary {
    let bank = request.bank.as_ref();
    Beneficiary {
        name: request.fullname.clone(),
        account: request.account_number.clone(),
        bank: bank.map(|bank| bank.provider_id),
        bank_name: None,
        identity: bank.map(|bank| Personal::new(bank.identity.as_str())),
        birth_date: bank.map(|bank| Personal::new(bank.birth_date.as_str())),
    }
}

fn note(request: &WithdrawRequest) -> Note {
    Note {
        service: request.service,
        user_id: request.user_id.clone(),
        username: request.username.clone(),
        extras: request.extras.clone(),
    }
}

fn key_shown(merchant: &Merchant) -> KeyShown {
    match merchant.option(ECHO_SITE_KEY) {
        Some("true") => KeyShown::Verbatim,
        Some(_) | None => KeyShown::Masked,
    }
}

/// Both times are the time of acceptance, so that a repeat gets the same bytes whatever has become
/// of the payout since.
fn encode(request: &WithdrawRequest, submitted: Submitted, key: KeyShown) -> Vec<u8> {
    let accepted_at = submitted.created_at.micros();
    let (created_at, updated_at) = (accepted_at, accepted_at);
    let mut answer = Vec::new();
    Accepted { request, id: submitted.payout.0, created_at, updated_at, key }
        .encode_into(&mut answer);
    answer
}
