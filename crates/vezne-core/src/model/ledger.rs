//! The double-entry ledger: accounts, postings and entries.
//!
//! A posting has a debit account, a credit account and an amount, so it balances by construction.
//! Every account belongs to one merchant, the desk's own included: the commission income *earned
//! from* a merchant, the rail clearing *for* it. The whole desk's figure is the sum over merchants,
//! and two merchants never meet in one row, on one node or on many.

use std::fmt;

use super::identifier::{EntryId, MerchantId, PayoutId, RailCode};
use super::money::Currency;
use super::time::Timestamp;

/// What an account stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccountKind {
    /// What the merchant may spend.
    Available,
    /// What is set aside for payouts that are under way.
    Held,
    /// What enters and leaves with the operator.
    Funding,
    /// What we earned.
    CommissionIncome,
    /// What a rail paid out for us and is still to be settled with it.
    RailClearing(RailCode),
}

impl fmt::Display for AccountKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Available => f.write_str("available"),
            Self::Held => f.write_str("held"),
            Self::Funding => f.write_str("funding"),
            Self::CommissionIncome => f.write_str("commission-income"),
            Self::RailClearing(rail) => write!(f, "rail-clearing:{rail}"),
        }
    }
}

impl AccountKind {
    /// Reads the text form back.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "available" => Some(Self::Available),
            "held" => Some(Self::Held),
            "funding" => Some(Self::Funding),
            "commission-income" => Some(Self::CommissionIncome),
            other => {
                other.strip_prefix("rail-clearing:").map(|rail| Self::RailClearing(rail.into()))
            }
        }
    }
}

/// One ledger account. Its balance is what was credited less what was debited.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LedgerAccount {
    /// Whose.
    pub merchant: MerchantId,
    /// In which currency.
    pub currency: Currency,
    /// For what.
    pub kind: AccountKind,
}

/// One movement between two accounts of the same merchant and currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The account that goes down.
    pub debit: AccountKind,
    /// The account that goes up.
    pub credit: AccountKind,
    /// How much, in minor units; always above zero.
    pub amount_minor: i64,
}

/// Why postings were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryReason {
    /// The operator added to a merchant's balance.
    TopUp,
    /// A payout was submitted.
    Hold,
    /// A payout was paid.
    Settle,
    /// A payout was rejected or failed.
    Release,
    /// The bank sent settled money back.
    Return,
}

impl EntryReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::TopUp, Self::Hold, Self::Settle, Self::Release, Self::Return];

    /// The code in rows and reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TopUp => "top-up",
            Self::Hold => "hold",
            Self::Settle => "settle",
            Self::Release => "release",
            Self::Return => "return",
        }
    }
}

/// Postings recorded together with a reason. Append-only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// When.
    pub at: Timestamp,
    /// Whose accounts.
    pub merchant: MerchantId,
    /// In which currency.
    pub currency: Currency,
    /// Why.
    pub reason: EntryReason,
    /// For which payout.
    pub payout: Option<PayoutId>,
    /// The movements.
    pub postings: Vec<Posting>,
}
