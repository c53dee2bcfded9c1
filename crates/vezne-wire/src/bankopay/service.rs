//! The six withdrawal services and their two spellings.
//!
//! The path names a service in lower case (`/api/withdraw/bank-transfer`); the callback's `method`
//! names it as in the list of section "Callback Service: withdraw", where PopyPara is `Popypara`.

#[cfg(test)]
mod tests;

/// A way to withdraw that the document offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// To a bank account, with identity number, date of birth and bank.
    BankTransfer,
    /// To a Papara account.
    Papara,
    /// To a PopyPara account.
    Popypara,
    /// To a Paratim account.
    Paratim,
    /// To a PayFix account.
    PayFix,
    /// To a PayCo account.
    PayCo,
}

impl Service {
    /// Every service, in the document's order.
    pub const ALL: [Self; 6] = [
        Self::BankTransfer,
        Self::Papara,
        Self::Popypara,
        Self::Paratim,
        Self::PayFix,
        Self::PayCo,
    ];

    /// The last segment of the path.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::BankTransfer => "bank-transfer",
            Self::Papara => "papara",
            Self::Popypara => "popypara",
            Self::Paratim => "paratim",
            Self::PayFix => "payfix",
            Self::PayCo => "payco",
        }
    }

    /// The service of a path segment, spelled exactly.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.slug() == slug)
    }

    /// The `method` of a callback.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::BankTransfer => "BankTransfer",
            Self::Papara => "Papara",
            Self::Popypara => "Popypara",
            Self::Paratim => "Paratim",
            Self::PayFix => "PayFix",
            Self::PayCo => "PayCo",
        }
    }

    /// The service of a callback's `method`, spelled exactly.
    #[must_use]
    pub fn from_method(method: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.method() == method)
    }

    /// Whether the request carries `identity`, `birth_date` and `provider_id`.
    #[must_use]
    pub const fn needs_bank_details(self) -> bool {
        matches!(self, Self::BankTransfer)
    }
}
