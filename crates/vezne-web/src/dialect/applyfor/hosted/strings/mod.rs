//! Every text of the pages, by language. A text that one of them lacks does not compile.

mod english;
mod turkish;

use std::fmt::Display;

use vezne_core::model::refusal::SubmitRefusal;
use vezne_wire::applyfor::{FieldProblem, Language, Rule};

/// A text with a place for one value.
#[derive(Clone, Copy, Debug)]
pub(super) struct With(&'static str);

impl With {
    /// The text with the value in its place.
    pub(super) fn value(self, value: impl Display) -> String {
        self.0.replace("{}", &value.to_string())
    }

    /// The text with its place open, for the script.
    pub(super) const fn open(self) -> &'static str {
        self.0
    }
}

/// The texts of one language.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strings {
    /// The language's code.
    pub(super) code: &'static str,
    pub(super) language: &'static str,
    pub(super) form_title: &'static str,
    pub(super) from: With,
    pub(super) amounts: &'static str,
    pub(super) amount: &'static str,
    pub(super) commission: &'static str,
    pub(super) net: &'static str,
    pub(super) what_next: &'static str,
    pub(super) optional: &'static str,
    pub(super) choose: &'static str,
    pub(super) bank_is: With,
    pub(super) submit: &'static str,
    pub(super) submitting: &'static str,
    pub(super) errors_title: &'static str,
    pub(super) required: &'static str,
    pub(super) too_long: With,
    pub(super) too_short: With,
    pub(super) digits: With,
    pub(super) not_an_option: &'static str,
    pub(super) integer: &'static str,
    pub(super) iban: &'static str,
    pub(super) ifsc: &'static str,
    pub(super) email: &'static str,
    pub(super) phone: &'static str,
    pub(super) tckn: &'static str,
    pub(super) invalid: &'static str,
    pub(super) reference: &'static str,
    pub(super) account: &'static str,
    pub(super) reason: &'static str,
    pub(super) back: &'static str,
    pub(super) refreshes: &'static str,
    pub(super) pending: Told,
    pub(super) processing: Told,
    pub(super) paid: Told,
    pub(super) failed: Told,
    pub(super) returned: Told,
    pub(super) unknown: Told,
    pub(super) expired: Told,
    pub(super) too_many: Told,
    pub(super) busy: Told,
    pub(super) foreign: Told,
    pub(super) unreadable: Told,
    pub(super) fault_title: &'static str,
    pub(super) fault: With,
    pub(super) refused_title: &'static str,
    pub(super) suspended: &'static str,
    pub(super) not_offered: &'static str,
    pub(super) below: With,
    pub(super) above: With,
    pub(super) takes_all: With,
    pub(super) day_limit: &'static str,
    pub(super) no_balance: &'static str,
}

/// A title and a sentence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) title: &'static str,
    pub(super) text: &'static str,
}

/// The texts of a language.
pub(super) const fn strings(language: Language) -> &'static Strings {
    match language {
        Language::Turkish => &turkish::TR,
        Language::English => &english::EN,
    }
}

impl Strings {
    /// What is wrong with a field.
    pub(super) fn problem(&self, problem: FieldProblem<'_>) -> String {
        match problem {
            FieldProblem::Empty => self.required.to_owned(),
            FieldProblem::TooLong { most } => self.too_long.value(most),
            FieldProblem::NotAnOption => self.not_an_option.to_owned(),
            FieldProblem::Breaks(rule) => self.broken(rule),
        }
    }

    fn broken(&self, rule: &Rule) -> String {
        match rule {
            Rule::Required => self.required.to_owned(),
            Rule::Integer => self.integer.to_owned(),
            Rule::Max(most) => self.too_long.value(most),
            Rule::Min(least) => self.too_short.value(least),
            Rule::Digits(count) => self.digits.value(count),
            Rule::In(_) => self.not_an_option.to_owned(),
            Rule::Iban => self.iban.to_owned(),
            Rule::Ifsc => self.ifsc.to_owned(),
            Rule::Email => self.email.to_owned(),
            Rule::Phone => self.phone.to_owned(),
            Rule::Tckn => self.tckn.to_owned(),
            Rule::String | Rule::Regex(_) => self.invalid.to_owned(),
        }
    }

    /// Why an order is not taken, without what is between us and the merchant.
    pub(super) fn refusal(&self, why: &SubmitRefusal) -> String {
        match why {
            SubmitRefusal::ReferenceReused { .. } => self.invalid.to_owned(),
            SubmitRefusal::MerchantSuspended => self.suspended.to_owned(),
            SubmitRefusal::ChannelNotOffered { .. } => self.not_offered.to_owned(),
            SubmitRefusal::AmountBelowMinimum { minimum } => self.below.value(minimum),
            SubmitRefusal::AmountAboveMaximum { maximum } => self.above.value(maximum),
            SubmitRefusal::CommissionTakesAll { commission } => self.takes_all.value(commission),
            SubmitRefusal::DayLimitReached { .. } => self.day_limit.to_owned(),
            SubmitRefusal::InsufficientBalance { .. } => self.no_balance.to_owned(),
            SubmitRefusal::CannotRefuseNow => self.busy.text.to_owned(),
        }
    }
}
