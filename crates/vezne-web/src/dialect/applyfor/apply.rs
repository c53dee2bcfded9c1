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
    ApplyRequest, Note, NotificationFormat, Parameters, Status, minor_units, transactionid,
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
    let on_time = caller.check_time(request.timestamp, now);
    let checked = on_time.and_then(|()| check(desk, caller.merchant(), &request, parameters, now));
    let submitted = match submit_checked(desk, &caller.proof, &request, checked).await {
        Ok(submitted) => submitted,
        Err(Objection::Ours(refusal)) => return Err(*refusal),
        Err(Objection::Engine(failure)) => {
            return Err(Refusal::of_failure(failure, caller.merchant(), &desk.web));
        }
    };
    accepted(caller, submitted)
}

/// Why a request became no payout.
pub(super) enum Objection {
    /// It did not come before the engine.
    Ours(Box<Refusal>),
    /// The engine's word.
    Engine(Failure<Declined>),
}

/// Checks and submits a request whose merchant is proven, made just now.
pub(super) async fn submit(
    desk: &Desk,
    proof: &Authenticated,
    request: &ApplyRequest,
    parameters: &Parameters,
) -> Result<Submitted, Objection> {
    let checked = check(desk, proof.merchant(), request, parameters, desk.web.clock.now());
    submit_checked(desk, proof, request, checked).await
}

async fn submit_checked(
    desk: &Desk,
    proof: &Authenticated,
    request: &ApplyRequest,
    checked: Result<Checked, Refusal>,
) -> Result<Submitted, Objection> {
    let outcome = match checked {
        Ok(checked) => {
            let submit = SubmitPayout::new(proof.clone(), submission(request, checked));
            desk.web.engine.run(submit).await
        }
        Err(objection) => earlier(desk, proof, request, objection).await?,
    };
    outcome.map_err(Objection::Engine)
}

/// Checks what needs no balance, in the order of the answers' precedence.
fn check(
    desk: &Desk,
    merchant: &Merchant,
    request: &ApplyRequest,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Checked, Refusal> {
    let callback_to = destination::check(desk, merchant, &request.notify_url)?;
    let channel = desk.channel(&request.pay_code, &request.currency)?;
    let form = desk.form(&channel)?;
    form.validate(parameters, merchant.mode).map_err(|broken| Refusal::from(&broken))?;
    let (shown, mode) = (&form.shown, merchant.mode);
    let source = Source { request, parameters, channel: &channel, form: shown, mode };
    let today = caller::today(now);
    let bank = bank(&channel, &form, parameters);
    let beneficiary = source.read(bank.as_ref().copied().unwrap_or_default(), today)?;
    let amount = amount(&request.amount, &channel)?;
    bank?;
    Ok(Checked { channel, amount, beneficiary, callback_to })
}

/// An amount as sent, on a channel.
pub(super) fn amount(text: &str, channel: &Channel) -> Result<Money, Refusal> {
    let currency = channel.currency;
    let decimals = |count: u32| u8::try_from(count).unwrap_or(u8::MAX);
    let minor = minor_units(text, decimals(channel.decimals), decimals(currency.decimals()));
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
        Refusal::new(Status::UnknownBank, message).about(field)
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
    proof: &Authenticated,
    request: &ApplyRequest,
    objection: Refusal,
) -> Result<Result<Submitted, Failure<Declined>>, Objection> {
    let content = ContentDigest(request.content_digest());
    match stands(desk, proof, &request.orderid, &request.pay_code, content).await {
        Ok(Some(earlier)) => Ok(Ok(earlier)),
        Ok(None) | Err(Failure::Refused(_)) => Err(Objection::Ours(Box::new(objection))),
        Err(failure @ (Failure::Busy | Failure::Fault(_))) => Ok(Err(failure)),
    }
}

/// What stands under an `orderid`, for a request of which only reference and content count.
pub(super) async fn stands(
    desk: &Desk,
    proof: &Authenticated,
    orderid: &str,
    pay_code: &str,
    content: ContentDigest,
) -> Result<Option<Submitted>, Failure<Declined>> {
    let directory = desk.web.store.directory();
    let channel = directory.channel_by_pay_code(pay_code);
    let nobody = Beneficiary {
        name: String::new(),
        account: String::new(),
        bank: None,
        bank_name: None,
        identity: None,
        birth_date: None,
    };
    let question = Submission {
        reference: orderid.to_owned(),
        content,
        channel: channel.map_or_else(|| pay_code.into(), |own| own.code.clone()),
        amount: Money::zero(proof.merchant().currency),
        beneficiary: nobody,
        note: Vec::new(),
        callback_to: CallbackTarget::Nowhere,
    };
    desk.web.engine.run(FindEarlier::new(proof.clone(), question)).await
}

fn accepted(caller: &Caller, submitted: Submitted) -> Result<Vec<u8>, Refusal> {
    if submitted.replayed && options::strict_duplicates(caller.merchant()) {
        return Err(Refusal::duplicate(submitted.payout));
    }
    let mut answer = Vec::with_capacity(128);
    encode_accepted(&mut answer, &transactionid(submitted.payout.0), &caller.key);
    Ok(answer)
}
