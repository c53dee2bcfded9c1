//! `POST /api/cashout/status`, an extension of ours: what became of one cash-out.

use vezne_core::model::identifier::PayoutId;
use vezne_core::model::payout::{Payout, PayoutState};
use vezne_core::port::{Fault, PayoutFilter};
use vezne_wire::ccpayment::{AnswerCode, CashoutStatus, StatusAnswer, StatusKey, StatusRequest};
use vezne_wire::json::Object;

use super::bearer::Caller;
use super::endpoint::Desk;
use super::reply::Refusal;

/// One reference stands once per channel and once for all of them, in whatever dialect.
const MOST_NAMESAKES: u32 = 100;

/// Looks the cash-out up and writes the answer.
pub(super) async fn tell(
    desk: &Desk,
    request: StatusRequest,
    caller: &Caller,
) -> Result<Vec<u8>, Refusal> {
    let found = find(desk, &request.by, caller).await.map_err(|fault| desk.fault(&fault))?;
    let payout = found.ok_or(AnswerCode::TransactionNotFound)?;
    let paid = payout.paid().map_err(|error| desk.fault(&Fault(error.to_string())))?;
    let (status, reason) = describe(&payout.state);
    let mut answer = Vec::with_capacity(512);
    StatusAnswer {
        unique_id: &payout.reference.text,
        id: payout.id.0,
        status,
        reason,
        amount_minor: payout.amount.minor(),
        currency: payout.amount.currency().code(),
        paid_minor: paid.minor(),
        merchant_commission_minor: payout.commission.minor(),
        receiver_commission_minor: payout.receiver_commission.minor(),
        created_at: payout.created_at.micros(),
        updated_at: payout.updated_at.micros(),
    }
    .encode_into(&mut answer);
    Ok(answer)
}

/// Reads the request and holds its `merchant_key` against the token's merchant.
pub(super) fn read(object: &Object<'_>, caller: &Caller) -> Result<StatusRequest, Refusal> {
    let request = StatusRequest::decode(object).map_err(|error| Refusal::from(&error))?;
    super::cashout::check_merchant_key(caller, &request.merchant_key)?;
    Ok(request)
}

/// Only the merchant's own cash-outs are found, so that ids of others tell nothing.
async fn find(desk: &Desk, by: &StatusKey, caller: &Caller) -> Result<Option<Payout>, Fault> {
    let (store, merchant) = (&desk.web.store, caller.merchant.id);
    let found = match by {
        StatusKey::Id(id) => store.payout(PayoutId(*id)).await?,
        StatusKey::UniqueId(reference) => {
            let (merchant, reference) = (Some(merchant), Some(reference.clone()));
            let filter = PayoutFilter {
                merchant,
                reference,
                limit: MOST_NAMESAKES,
                ..PayoutFilter::default()
            };
            store.payouts(filter).await?.first(|payout| payout.dialect == desk.dialect)?
        }
    };
    Ok(found.filter(|payout| payout.merchant == merchant && payout.dialect == desk.dialect))
}

fn describe(state: &PayoutState) -> (CashoutStatus, &str) {
    match state {
        PayoutState::AwaitingApproval | PayoutState::Approved => (CashoutStatus::Pending, ""),
        PayoutState::Dispatched(_) => (CashoutStatus::Processing, ""),
        PayoutState::Settled(_) => (CashoutStatus::Completed, ""),
        PayoutState::Rejected { reason, .. } | PayoutState::Failed { reason, .. } => {
            (CashoutStatus::Failed, reason)
        }
        PayoutState::Returned { reason, .. } => (CashoutStatus::Returned, reason),
    }
}
