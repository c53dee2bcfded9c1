//! What a merchant asks about: the form of a channel, an order, the balance. The last two are
//! extensions of ours.

use vezne_core::model::identifier::PayoutId;
use vezne_core::model::ledger::AccountKind;
use vezne_core::model::payout::{Payout, PayoutState};
use vezne_core::port::{Fault, PayoutFilter};
use vezne_wire::applyfor::form_rule::encode_form;
use vezne_wire::applyfor::query::encode_balances;
use vezne_wire::applyfor::{
    Balance, BalanceQuery, FormRuleRequest, Note, OrderAnswer, OrderId, OrderQuery, Status,
    decimal_text, payout_id, transactionid,
};

use super::auth::Caller;
use super::endpoint::Desk;
use super::reply::Refusal;

/// The form of a channel that the merchant may use.
pub(super) fn form_rule(
    desk: &Desk,
    caller: &Caller,
    request: &FormRuleRequest,
) -> Result<Vec<u8>, Refusal> {
    caller.check_time(request.timestamp, desk.web.clock.now())?;
    let channel = desk.channel(&request.pay_code, &request.currency)?;
    if caller.merchant().terms(&channel.code).is_none() {
        return Err(Status::ChannelNotOffered.into());
    }
    let form = desk.form(&channel)?;
    let mut answer = Vec::with_capacity(2_048);
    encode_form(&mut answer, &form.shown, &caller.key);
    Ok(answer)
}

/// What became of one of the merchant's orders.
pub(super) async fn order(
    desk: &Desk,
    caller: &Caller,
    query: OrderQuery,
) -> Result<Vec<u8>, Refusal> {
    caller.check_time(query.timestamp, desk.web.clock.now())?;
    let found = find(desk, caller, query.order).await.map_err(|fault| desk.fault(&fault))?;
    let payout = found.ok_or(Status::OrderNotFound)?;
    let told = tell(&payout).map_err(|fault| desk.fault(&fault))?;
    let mut answer = Vec::with_capacity(512);
    told.encode_into(&mut answer, &caller.key);
    Ok(answer)
}

/// Only the merchant's own orders are found, so that ids of others tell nothing.
async fn find(desk: &Desk, caller: &Caller, order: OrderId) -> Result<Option<Payout>, Fault> {
    let (store, merchant) = (&desk.web.store, caller.merchant().id);
    let found = match order {
        OrderId::Transactionid(text) => match payout_id(&text) {
            Some(id) => store.payout(PayoutId(id)).await?,
            None => None,
        },
        OrderId::Orderid(reference) => {
            let (merchant, reference) = (Some(merchant), Some(reference));
            let filter = PayoutFilter { merchant, reference, limit: 1, ..PayoutFilter::default() };
            store.payouts(filter).await?.first(|_| true)?
        }
    };
    Ok(found.filter(|payout| payout.merchant == merchant && payout.dialect == desk.dialect))
}

fn tell(payout: &Payout) -> Result<OrderAnswer, Fault> {
    let note = Note::from_bytes(&payout.note).map_err(|error| Fault(error.to_string()))?;
    let currency = payout.amount.currency();
    let (status, message) = describe(&payout.state);
    let paid = match payout.state {
        PayoutState::Settled(_) => payout.paid().map_err(|error| Fault(error.to_string()))?.minor(),
        PayoutState::AwaitingApproval
        | PayoutState::Approved
        | PayoutState::Dispatched(_)
        | PayoutState::Rejected { .. }
        | PayoutState::Failed { .. }
        | PayoutState::Returned { .. } => 0,
    };
    Ok(OrderAnswer {
        transactionid: transactionid(payout.id.0),
        orderid: payout.reference.text.clone(),
        currency: currency.code().to_owned(),
        amount: note.amount,
        real_amount: decimal_text(paid, decimals(currency.decimals())),
        order_status: status.number(),
        message: message.to_owned(),
    })
}

fn describe(state: &PayoutState) -> (Status, &str) {
    match state {
        PayoutState::AwaitingApproval | PayoutState::Approved | PayoutState::Dispatched(_) => {
            (Status::Processing, "")
        }
        PayoutState::Settled(_) => (Status::Success, ""),
        PayoutState::Rejected { reason, .. } => (Status::Rejected, reason),
        PayoutState::Failed { reason, .. } => (Status::Failed, reason),
        PayoutState::Returned { reason, .. } => (Status::Returned, reason),
    }
}

/// The merchant's balance.
pub(super) async fn balance(
    desk: &Desk,
    caller: &Caller,
    query: BalanceQuery,
) -> Result<Vec<u8>, Refusal> {
    caller.check_time(query.timestamp, desk.web.clock.now())?;
    let merchant = caller.merchant();
    let currency = merchant.currency;
    if query.currency.is_some_and(|asked| asked != currency.code()) {
        let message = format!("currency must be {}, the account's.", currency.code());
        return Err(Refusal::new(Status::ParameterError, message));
    }
    let balances = desk.web.store.balances(merchant.id).await;
    let balances = balances.map_err(|fault| desk.fault(&fault))?;
    let of = |kind: AccountKind| {
        let own = balances.iter().find(|(own, _)| own.currency == currency && own.kind == kind);
        let minor = own.map_or(0, |(_, minor)| *minor);
        decimal_text(minor, decimals(currency.decimals()))
    };
    let told = Balance {
        currency: currency.code().to_owned(),
        available: of(AccountKind::Available),
        held: of(AccountKind::Held),
    };
    let mut answer = Vec::with_capacity(256);
    encode_balances(&mut answer, &[told], &caller.key);
    Ok(answer)
}

fn decimals(count: u32) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}
