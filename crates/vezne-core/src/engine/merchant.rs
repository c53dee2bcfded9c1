//! Adding and changing merchants.

use super::desk::Desk;
use super::reject::check_line;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::identifier::MerchantId;
use crate::model::ledger::{AccountKind, LedgerAccount};
use crate::model::merchant::Merchant;
use crate::model::refusal::ActionRefusal;

/// Adds a merchant; the id it comes with is replaced by a fresh one.
#[derive(Clone, Debug)]
pub struct AddMerchant {
    /// The merchant.
    pub merchant: Merchant,
    /// Who adds it.
    pub by: Actor,
}

impl Verb for AddMerchant {
    type Outcome = MerchantId;
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.changes_directory = true;
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let id = desk.view().directory.next_id();
        let merchant = Merchant { id, ..self.merchant.clone() };
        if let Err(refusal) = check(desk, &merchant) {
            return Ok(Err(refusal));
        }
        let detail = format!("{:?} {}", merchant.mode, merchant.name);
        desk.put_merchant(merchant);
        desk.record(self.by.clone(), "merchant.added", (Some(id), None, None), &detail);
        Ok(Ok(id))
    }
}

/// Changes a copy of a merchant, or says why it cannot be changed so.
pub type Edit = Box<dyn FnMut(&mut Merchant) -> Result<(), String> + Send>;

/// Changes a merchant in one step, whatever others change at the same time.
pub struct EditMerchant {
    /// The merchant.
    pub merchant: MerchantId,
    /// The change.
    pub edit: Edit,
    /// Who changes it.
    pub by: Actor,
    /// What is changed, for the trail; never a secret.
    pub detail: String,
}

impl Verb for EditMerchant {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.merchants.insert(self.merchant);
        wanted.changes_directory = true;
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let id = self.merchant;
        let Some(merchant) = desk.view().directory.get(id) else {
            return Ok(Err(ActionRefusal::NotFound));
        };
        let mut merchant = Merchant::clone(merchant);
        if let Err(why) = (self.edit)(&mut merchant) {
            return Ok(Err(ActionRefusal::Invalid(why)));
        }
        let currency = desk.merchant(id)?.currency;
        if (merchant.id, merchant.currency) != (id, currency) {
            let why = "the id and the currency of a merchant stay as they are";
            return Ok(Err(ActionRefusal::Invalid(why.to_owned())));
        }
        if let Err(refusal) = check(desk, &merchant) {
            return Ok(Err(refusal));
        }
        desk.put_merchant(merchant);
        desk.record(self.by.clone(), "merchant.changed", (Some(id), None, None), &self.detail);
        Ok(Ok(()))
    }
}

fn check(desk: &Desk, merchant: &Merchant) -> Result<(), ActionRefusal> {
    let invalid = |why: String| Err(ActionRefusal::Invalid(why));
    if merchant.name.trim().is_empty() {
        return invalid("a merchant needs a name".to_owned());
    }
    check_line("the name", &merchant.name)?;
    if merchant.credit_limit_minor < 0 {
        return invalid("a credit limit is not below zero".to_owned());
    }
    let (currency, kind) = (merchant.currency, AccountKind::Available);
    let available = desk.balance(&LedgerAccount { merchant: merchant.id, currency, kind });
    if available.saturating_add(merchant.credit_limit_minor) < 0 {
        return invalid("more credit than that is in use: suspend it, or top up first".to_owned());
    }
    for (position, terms) in merchant.terms.iter().enumerate() {
        let channel = &terms.channel;
        let twice = merchant.terms.iter().skip(position + 1).any(|other| other.channel == *channel);
        let tariffs = terms.commission.is_valid() && terms.receiver_commission.is_valid();
        if twice || !tariffs || !terms.amount.is_valid() {
            return invalid(format!("the terms on {channel} contradict each other"));
        }
    }
    if merchant.endpoints.contains_key("") {
        return invalid("an endpoint needs a name".to_owned());
    }
    for access in &merchant.access {
        let owner = desk.view().directory.by_login(&access.dialect, &access.login);
        if owner.is_some_and(|owner| owner.id != merchant.id) {
            return invalid(format!("{} {} is taken", access.dialect, access.login));
        }
    }
    Ok(())
}
