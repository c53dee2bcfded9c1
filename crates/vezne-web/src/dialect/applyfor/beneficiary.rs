//! Who is paid, out of the parameters that the document has and those that the form asks for.

use vezne_core::model::beneficiary::{Beneficiary, BeneficiaryError};
use vezne_core::model::channel::{AccountKind, Channel};
use vezne_core::model::merchant::Mode;
use vezne_core::model::personal::Personal;
use vezne_wire::applyfor::{
    ApplyRequest, Details, FieldType, Form, FormField, Parameters, Rule, Status,
};

use super::reply::Refusal;

/// The document's own parameter for the account.
const ACCOUNT: &str = "bank_no";
/// The Turkish identity number, in a form's own field.
const IDENTITY: &str = "tckn";
/// An identity number. Whose, only its rule tells.
const ANY_IDENTITY: &str = "id_no";

/// What the beneficiary is read from.
pub(super) struct Source<'a> {
    pub(super) request: &'a ApplyRequest,
    pub(super) parameters: &'a Parameters,
    pub(super) channel: &'a Channel,
    pub(super) form: &'a Form,
    pub(super) mode: Mode,
}

impl Source<'_> {
    /// Reads the beneficiary and checks it as strictly as the mode asks.
    pub(super) fn read(
        &self,
        bank: Option<u32>,
        today: (i16, i8, i8),
    ) -> Result<Beneficiary, Refusal> {
        let details = &self.request.details;
        let (field, account) = self.account().ok_or_else(|| wrong(ACCOUNT, "is required"))?;
        let holder = details.bank_account.as_ref().or(details.user_name.as_ref());
        let identity = self.identity();
        let read = Beneficiary {
            name: holder.cloned().unwrap_or_default(),
            account: account.to_owned(),
            bank,
            bank_name: details.bank_name.clone(),
            identity: identity.map(|(_, number)| Personal::new(number)),
            birth_date: None,
        };
        read.check(self.channel.account, self.mode, today).map_err(|error| match error {
            BeneficiaryError::Iban => wrong(field, "is not a valid IBAN"),
            BeneficiaryError::Wallet | BeneficiaryError::Account => {
                wrong(field, "is not a valid account number")
            }
            BeneficiaryError::Identity => {
                let field = identity.map_or(IDENTITY, |(field, _)| field);
                wrong(field, "is not a valid identity number")
            }
            BeneficiaryError::BirthDate => wrong("birth_date", "is not a date of birth"),
        })
    }

    /// The account, with the name of the field that it is from. The document's own sample form asks
    /// for none; on such a channel the sandbox takes the holder's name for it.
    fn account(&self) -> Option<(&str, &str)> {
        let own = || self.form.fields.iter().filter(|field| self.may_be_account(field));
        let given = |name| self.given(name);
        let named = given(ACCOUNT).or_else(|| own().find_map(|field| given(&field.name)));
        let asked = self.form.fields.iter().any(|field| field.name == ACCOUNT);
        let nameless = self.channel.account == AccountKind::Free && !asked;
        named.or_else(|| match self.mode {
            Mode::Sandbox if nameless => given("bank_account"),
            Mode::Sandbox | Mode::Live => None,
        })
    }

    /// Whether a form's own field can be the account of the channel's kind.
    fn may_be_account(&self, field: &FormField) -> bool {
        let documented = Details::FIELDS.iter().any(|(name, _)| *name == field.name);
        let identity = [IDENTITY, ANY_IDENTITY].contains(&field.name.as_str());
        let kind = match self.channel.account {
            AccountKind::Iban => field.rules.contains(&Rule::Iban),
            AccountKind::Wallet | AccountKind::Free => field.kind == FieldType::Input,
        };
        kind && !documented && !identity
    }

    /// The Turkish identity number, if the form has a field for it and the order a value.
    fn identity(&self) -> Option<(&str, &str)> {
        let is_it = |field: &&FormField| {
            let rule = field.rules.contains(&Rule::Tckn);
            field.name == IDENTITY || (field.name == ANY_IDENTITY && rule)
        };
        self.form.fields.iter().filter(is_it).find_map(|field| self.given(&field.name))
    }

    fn given<'s>(&'s self, name: &'s str) -> Option<(&'s str, &'s str)> {
        let value = self.parameters.get(name).filter(|value| !value.trim().is_empty())?;
        Some((name, value))
    }
}

fn wrong(field: &str, why: &str) -> Refusal {
    Refusal::new(Status::ParameterError, format!("{field} {why}.")).about(field)
}
