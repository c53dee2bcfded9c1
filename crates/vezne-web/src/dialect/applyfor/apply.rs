//! `POST /applyfor`: a proven merchant's request becomes one command.
//!
//! Whatever is refused before the command leaves no trace and uses up no `orderid`. What the engine
//! decides is durable before it is answered.

use std::sync::Arc;

use vezne_core::engine::Failure;
use vezne_core::engine::replay::FindEarlier;
use vezne_core::engine::submit::{Submission, SubmitPayout, Submitted};
use vezne_core::model::beneficiary::Beneficiary;
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::channel::Channel;
use vezne_core::model::merchant::{Authenticated, Merchant};
use vezne_core::model::money::Money;
use vezne_core::model::payout::ContentDigest;
use vezne_core::model::refusal::Declined;
use vezne_core::model::time::Timestamp;
use vezne_wire::applyfor::answer::encode_accepted;
use vezne_wire::applyfor::{
    ApplyRequest, Note, NotificationFormat, Parameters, Status, transactionid,
};

use super::auth::Caller;
use super::beneficiary::Source;
use super::endpoint::Desk;
use super::forms::ChannelForm;
use super::reply::Refusal;
use super::{destination, options};
use crate::dialect::caller;

/// What the checks made of a request.
struct Checked {
    channel: Arc<Channel>,
    amount: Money,
    beneficiary: Beneficiary,
    callback_to: CallbackTarget,
}

/// Checks and submits a request, and writes the answer of a payout that was accepted.
pub(super) async fn apply(
    desk: &Desk,
    caller: &Caller,
    request: ApplyRequest,
    parameters: &Parameters,
) -> Result<Vec<u8>, Refusal> {
    let now = desk.web.clock.now();
    let proof = caller.proof.clone();
    let submitted = match check(desk, caller, &request, parameters, now) {
        Ok(checked) => {
            let submit = SubmitPayout::new(proof, submission(&request, checked));
            desk.web.engine.run(submit).await
        }
        Err(objection) => earlier(desk, proof, &request, objection).await?,
    };
    match submitted {
        Ok(submitted) => accepted(caller, submitted),
        Err(failure) => Err(Refusal::of_failure(failure, caller.merchant(), &desk.web)),
    }
}

/// Checks what needs no balance, in the order of the answers' precedence.
fn check(
    desk: &Desk,
    caller: &Caller,
    request: &ApplyRequest,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Checked, Refusal> {
    let merchant = caller.merchant();
    caller.check_time(request.timestamp, now)?;
    let callback_to = destination::check(merchant, &request.notify_url)?;
    let channel = desk.channel(&request.pay_code, &request.currency)?;
    let form = desk.form(&channel)?;
    form.validate(parameters, merchant.mode).map_err(|broken| Refusal::from(&broken))?;
    let (shown, mode) = (&form.shown, merchant.mode);
    let source = Source { request, parameters, channel: &channel, form: shown, mode };
    let today = caller::today(now);
    let bank = bank(&channel, &form, parameters);
    let beneficiary = source.read(bank.as_ref().copied().unwrap_or_default(), today)?;
    let amount = amount(request, &channel)?;
    bank?;
    Ok(Checked { channel, amount, beneficiary, callback_to })
}

fn amount(request: &ApplyRequest, channel: &Channel) -> Result<Money, Refusal> {
    let currency = channel.currency;
    let decimals = |count: u32| u8::try_from(count).unwrap_or(u8::MAX);
    let minor = request.minor_units(decimals(channel.decimals), decimals(currency.decimals()));
    minor.map(|minor| Money::new(minor, currency)).map_err(|error| {
        Refusal::new(Status::AmountFormat, format!("amount is not valid: {error}."))
    })
}

/// The bank that the order names, where the channel has a list of them.
fn bank(
    channel: &Channel,
    form: &ChannelForm,
    parameters: &Parameters,
) -> Result<Option<u32>, Refusal> {
    let named = if channel.banks.is_empty() { None } else { form.bank(parameters) };
    let Some((field, id)) = named else { return Ok(None) };
    let known = channel.banks.iter().map(|bank| bank.id).find(|known| known.to_string() == id);
    known.map(Some).ok_or_else(|| {
        let message = format!("{field} is not in the bank list of the channel.");
        Refusal::new(Status::UnknownBank, message)
    })
}

fn submission(request: &ApplyRequest, checked: Checked) -> Submission {
    let Checked { channel, amount, beneficiary, callback_to } = checked;
    Submission {
        reference: request.orderid.clone(),
        content: ContentDigest(request.content_digest()),
        channel: channel.code.clone(),
        amount,
        beneficiary,
        note: Note::of(request, NotificationFormat::default()).to_bytes(),
        callback_to,
    }
}

/// What was accepted under this `orderid` if it is the same request: then nothing stands against
/// it, whatever has changed since. Anything else is answered with the objection.
async fn earlier(
    desk: &Desk,
    proof: Authenticated,
    request: &ApplyRequest,
    objection: Refusal,
) -> Result<Result<Submitted, Failure<Declined>>, Refusal> {
    let question = FindEarlier::new(proof.clone(), question(desk, proof.merchant(), request));
    match desk.web.engine.run(question).await {
        Ok(Some(earlier)) => Ok(Ok(earlier)),
        Ok(None) | Err(Failure::Refused(_)) => Err(objection),
        Err(failure @ (Failure::Busy | Failure::Fault(_))) => Ok(Err(failure)),
    }
}

/// A request of which only reference and content count.
fn question(desk: &Desk, merchant: &Merchant, request: &ApplyRequest) -> Submission {
    let directory = desk.web.store.directory();
    let channel = directory.channel_by_pay_code(&request.pay_code);
    let nobody = Beneficiary {
        name: String::new(),
        account: String::new(),
        bank: None,
        bank_name: None,
        identity: None,
        birth_date: None,
    };
    Submission {
        reference: request.orderid.clone(),
        content: ContentDigest(request.content_digest()),
        channel: channel.map_or_else(|| request.pay_code.as_str().into(), |own| own.code.clone()),
        amount: Money::zero(merchant.currency),
        beneficiary: nobody,
        note: Vec::new(),
        callback_to: CallbackTarget::Nowhere,
    }
}

fn accepted(caller: &Caller, submitted: Submitted) -> Result<Vec<u8>, Refusal> {
    if submitted.replayed && options::strict_duplicates(caller.merchant()) {
        return Err(Refusal::duplicate(submitted.payout));
    }
    let mut answer = Vec::with_capacity(128);
    encode_accepted(&mut answer, &transactionid(submitted.payout.0), &caller.key);
    Ok(answer)
}
