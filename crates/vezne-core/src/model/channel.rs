//! Channels: what a merchant chooses a payout to go through, and what a payout through it needs.
//!
//! A channel is data that an operator changes. Six are always there, because two published
//! protocols name them; any of them can be given other limits or a form.

use std::sync::Arc;

use super::identifier::ChannelCode;
use super::limit::AmountLimit;
use super::money::Currency;

mod check;

#[cfg(test)]
mod tests;

/// What names a beneficiary's account on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// An IBAN, with the identity number and birth date of its holder.
    Iban,
    /// A wallet number, whose format its issuer does not publish.
    Wallet,
    /// Whatever the channel's form asks for; only its rules say what is right.
    Free,
}

impl AccountKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Iban, Self::Wallet, Self::Free];

    /// The code in rows and files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Iban => "iban",
            Self::Wallet => "wallet",
            Self::Free => "free",
        }
    }

    /// The kind with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// How a field of a form is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// With a line of text.
    Input,
    /// With one of its options.
    Select,
    /// With one of the channel's banks.
    Bank,
}

impl FieldKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Input, Self::Select, Self::Bank];

    /// The code in rows and files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Select => "select",
            Self::Bank => "bank",
        }
    }

    /// The kind with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// One choice of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldOption {
    /// What the merchant sends.
    pub value: String,
    /// What people read.
    pub label: String,
}

/// One field of a channel's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormField {
    /// What the merchant sends it as.
    pub name: String,
    /// What people read.
    pub label: String,
    /// How it is filled in.
    pub kind: FieldKind,
    /// Whether it must have a value.
    pub required: bool,
    /// The longest value, in characters.
    pub max_length: u16,
    /// What stands in the empty field.
    pub placeholder: String,
    /// The choices of [`FieldKind::Select`].
    pub options: Vec<FieldOption>,
    /// What a value must be, in the notation of the protocol that shows the form. Whoever brings a
    /// channel in reads them; the core knows no notation.
    pub rules: Vec<String>,
}

/// One line of a channel's bank list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelBank {
    /// The id that the merchant sends.
    pub id: u32,
    /// Its name, for people.
    pub name: String,
}

/// One channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its code, as routes, terms and rows name it.
    pub code: ChannelCode,
    /// What a protocol that lets its merchants choose by number calls it; without one, such a
    /// protocol does not offer it.
    pub pay_code: Option<String>,
    /// Its name, for people.
    pub name: String,
    /// What it is, in a sentence.
    pub description: String,
    /// The currency it pays.
    pub currency: Currency,
    /// How many decimals an amount may have; no more than the currency has.
    pub decimals: u32,
    /// The bounds of one payout, whatever a merchant's terms allow.
    pub amount: AmountLimit,
    /// What names the account.
    pub account: AccountKind,
    /// The banks that it reaches.
    pub banks: Vec<ChannelBank>,
    /// What an order must have, in its order on a page.
    pub fields: Vec<FormField>,
}

/// What became of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelChange {
    /// It is new, or is now like this.
    Put(Arc<Channel>),
    /// It is gone.
    Removed(ChannelCode),
}

/// The six withdrawal services of the BankoPay document, of which the first is CCPayment's too.
const BUILT_IN: [(&str, &str, AccountKind); 6] = [
    ("bank-transfer", "Bank transfer", AccountKind::Iban),
    ("papara", "Papara", AccountKind::Wallet),
    ("popypara", "PopyPara", AccountKind::Wallet),
    ("paratim", "Paratim", AccountKind::Wallet),
    ("payfix", "PayFix", AccountKind::Wallet),
    ("payco", "PayCo", AccountKind::Wallet),
];

/// The channels that are always there, as long as nobody has changed them.
pub fn built_in() -> impl Iterator<Item = Channel> {
    BUILT_IN.into_iter().map(|(code, name, account)| Channel {
        code: code.into(),
        pay_code: None,
        name: name.to_owned(),
        description: String::new(),
        currency: Currency::TRY,
        decimals: Currency::TRY.decimals(),
        amount: AmountLimit::default(),
        account,
        banks: Vec::new(),
        fields: Vec::new(),
    })
}

impl Channel {
    /// Whether it is one of those that are always there.
    pub fn is_built_in(&self) -> bool {
        BUILT_IN.iter().any(|(code, ..)| *code == self.code.as_str())
    }
}
