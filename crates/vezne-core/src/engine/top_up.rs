//! Top up: the operator adds to a merchant's balance.

use super::desk::Desk;
use super::reject::check_line;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::identifier::MerchantId;
use crate::model::ledger::{AccountKind, EntryReason, LedgerAccount};
use crate::model::money::Money;
use crate::model::refusal::ActionRefusal;

/// Books money that came in for a merchant.
#[derive(Clone, Debug)]
pub struct TopUp {
    /// The merchant.
    pub merchant: MerchantId,
    /// How much; above zero, in the merchant's currency.
    pub amount: Money,
    /// Who books it.
    pub by: Actor,
    /// Where it came from.
    pub note: String,
}

impl Verb for TopUp {
    /// What is available afterwards.
    type Outcome = Money;
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.merchants.insert(self.merchant);
        wanted.new_ids.entries += 1;
    }

    fn merchant(&self) -> Option<MerchantId> {
        Some(self.merchant)
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let Some(merchant) = desk.view().directory.get(self.merchant).cloned() else {
            return Ok(Err(ActionRefusal::NotFound));
        };
        let (currency, amount) = (self.amount.currency(), self.amount.minor());
        if currency != merchant.currency || amount <= 0 {
            let why = format!("top up with an amount above zero in {}", merchant.currency.code());
            return Ok(Err(ActionRefusal::Invalid(why)));
        }
        if let Err(refusal) = check_line("the note", &self.note) {
            return Ok(Err(refusal));
        }
        let movement = (AccountKind::Funding, AccountKind::Available, amount);
        desk.post(EntryReason::TopUp, (merchant.id, currency), None, &[movement])?;
        let detail = format!("{} {}", self.amount, self.note);
        let subject = (Some(merchant.id), None, None);
        desk.record(self.by.clone(), "merchant.topped-up", subject, detail.trim_end());
        let kind = AccountKind::Available;
        let account = LedgerAccount { merchant: merchant.id, currency, kind };
        Ok(Ok(Money::new(desk.balance(&account), currency)))
    }
}
