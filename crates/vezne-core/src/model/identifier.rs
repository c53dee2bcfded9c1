//! The ids of the desk. Each is its own type, so that one is never passed for another.

use std::fmt;
use std::sync::Arc;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// A merchant.
    MerchantId
);
number!(
    /// A payout: our id, shown by every dialect in its own dress.
    PayoutId
);
number!(
    /// An entry of the ledger.
    EntryId
);
number!(
    /// A callback.
    CallbackId
);

macro_rules! code {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The code as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(code: &str) -> Self {
                Self(code.into())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

code!(
    /// What the merchant chooses: `bank-transfer`, `papara`, ...
    ChannelCode
);
code!(
    /// How we pay: `simulator`, `manual`, ...
    RailCode
);
code!(
    /// The protocol a merchant speaks: `bankopay`, ...
    DialectCode
);

impl RailCode {
    /// The rail that is a person: whoever pays by hand also says that it is paid.
    pub const MANUAL: &str = "manual";

    /// The rail of sandbox merchants.
    pub const SIMULATOR: &str = "simulator";
}
