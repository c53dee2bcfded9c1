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

/// One start of the program: a node among those on one database, and the owner of what it claims.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId([u8; 16]);

impl NodeId {
    /// A node by sixteen random bytes, fresh with every start.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for NodeId {
    /// 32 hexadecimal digits in lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::NodeId;

    #[test]
    fn a_node_is_32_digits() {
        let mut bytes = [0; 16];
        bytes[1] = 0xab;
        assert_eq!(NodeId::from_bytes(bytes).to_string(), "00ab0000000000000000000000000000");
    }
}
