//! Channels: what a merchant chooses a payout to go through.

use std::sync::LazyLock;

use super::identifier::ChannelCode;
use super::money::Currency;

/// What names a beneficiary's account on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// An IBAN, with the identity number and birth date of its holder.
    Iban,
    /// A wallet number, whose format its issuer does not publish.
    Wallet,
}

/// One channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its code, as routes, terms and rows name it.
    pub code: ChannelCode,
    /// Its name, for people.
    pub name: &'static str,
    /// The currency it pays.
    pub currency: Currency,
    /// What names the account.
    pub account: AccountKind,
}

const STARTERS: [(&str, &str, AccountKind); 6] = [
    ("bank-transfer", "Bank transfer", AccountKind::Iban),
    ("papara", "Papara", AccountKind::Wallet),
    ("popypara", "PopyPara", AccountKind::Wallet),
    ("paratim", "Paratim", AccountKind::Wallet),
    ("payfix", "PayFix", AccountKind::Wallet),
    ("payco", "PayCo", AccountKind::Wallet),
];

static CHANNELS: LazyLock<Vec<Channel>> = LazyLock::new(|| {
    let channel = |&(code, name, account): &(&str, _, _)| Channel {
        code: code.into(),
        name,
        currency: Currency::TRY,
        account,
    };
    STARTERS.iter().map(channel).collect()
});

/// The channels the desk knows: the six withdrawal services of the BankoPay document.
pub fn all() -> &'static [Channel] {
    &CHANNELS
}

/// The channel with this code.
pub fn find(code: &str) -> Option<&'static Channel> {
    all().iter().find(|channel| channel.code.as_str() == code)
}
