//! What a payout would cost its beneficiary, and whether it can be foreseen that it is refused.
//!
//! The engine decides; this keeps people from filling in a form in vain.

use std::sync::Arc;

use vezne_core::model::channel::Channel;
use vezne_core::model::limit::OutOfRange;
use vezne_core::model::merchant::{Merchant, MerchantStatus};
use vezne_core::model::money::Money;
use vezne_core::model::refusal::SubmitRefusal;

/// The figures that a person sees before the order is submitted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quote {
    pub(super) amount: Money,
    /// What the beneficiary bears.
    pub(super) commission: Money,
    pub(super) net: Money,
}

/// Judges an amount by what does not change from second to second.
pub(super) fn quote(
    merchant: &Merchant,
    channel: &Arc<Channel>,
    amount: Money,
) -> Result<Quote, SubmitRefusal> {
    if merchant.status == MerchantStatus::Suspended {
        return Err(SubmitRefusal::MerchantSuspended);
    }
    let not_offered = || SubmitRefusal::ChannelNotOffered { channel: channel.code.clone() };
    let terms = merchant.terms(&channel.code).ok_or_else(not_offered)?;
    if merchant.currency != amount.currency() {
        return Err(not_offered());
    }
    let money = |minor| Money::new(minor, amount.currency());
    let bounds = terms.amount.within(channel.amount);
    bounds.check(amount.minor()).map_err(|broken| match broken {
        OutOfRange::Below(least) => SubmitRefusal::AmountBelowMinimum { minimum: money(least) },
        OutOfRange::Above(most) => SubmitRefusal::AmountAboveMaximum { maximum: money(most) },
    })?;
    let too_much = |_| SubmitRefusal::CommissionTakesAll { commission: amount };
    let commission = terms.receiver_commission.of(amount).map_err(too_much)?;
    let net = amount.minus(commission).map_err(too_much)?;
    if net.minor() <= 0 {
        return Err(SubmitRefusal::CommissionTakesAll { commission });
    }
    Ok(Quote { amount, commission, net })
}
