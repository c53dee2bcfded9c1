//! Why a URL is not called, in words that an operator can act on.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::MOST_URL_BYTES;

/// Why a URL is not called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DestinationError {
    /// It has more than [`MOST_URL_BYTES`].
    TooLong,
    /// It has a space, a control character or a backslash, which parsers read differently.
    Character,
    /// It is no URL.
    Syntax(String),
    /// It is not https, or for a sandbox merchant neither https nor http.
    Scheme {
        /// Its scheme.
        scheme: String,
    },
    /// It has a user name or a password.
    UserInfo,
    /// It has a fragment, which no server ever sees.
    Fragment,
    /// It has no host, or one that ends in a dot.
    Host,
    /// Its port is not allowed.
    Port {
        /// The port.
        port: u16,
    },
    /// The name cannot be looked up, or has no address.
    Unresolved {
        /// The name.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// It leads to where this desk itself listens.
    Own {
        /// The address.
        address: SocketAddr,
    },
    /// It leads to an address that is not of the public internet.
    Forbidden {
        /// The address.
        address: IpAddr,
        /// What its range is for.
        purpose: &'static str,
    },
}

impl fmt::Display for DestinationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the URL is longer than {MOST_URL_BYTES} bytes"),
            Self::Character => {
                f.write_str("the URL has a space, a control character or a backslash")
            }
            Self::Syntax(reason) => write!(f, "the URL cannot be read: {reason}"),
            Self::Scheme { scheme } => write!(f, "the URL must be https, not {scheme}"),
            Self::UserInfo => f.write_str("the URL must not have a user name or password"),
            Self::Fragment => f.write_str("the URL must not have a fragment (#)"),
            Self::Host => f.write_str("the URL must have a host that does not end in a dot"),
            Self::Port { port } => write!(f, "port {port} is not allowed"),
            Self::Unresolved { host, reason } => write!(f, "{host} has no address: {reason}"),
            Self::Own { address } => {
                write!(f, "the URL leads to {address}, where this desk itself listens")
            }
            Self::Forbidden { address, purpose } => {
                write!(f, "the URL leads to {address}, which is a forbidden address ({purpose})")
            }
        }
    }
}

impl Error for DestinationError {}
