//! A server that a person names, on the command line or in the configuration, and that is called as
//! a merchant's program calls one.
//!
//! The person's own machine calls, so its networks are no secret to be guarded: any address of
//! theirs may be called, by http as well. Over the internet what is sent, a secret among it, goes
//! by https only. Addresses that are nobody's server stay shut.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue, USER_AGENT};
use tokio::time::Instant;
use vezne_core::model::merchant::Mode;
use vezne_wire::secret::SecretText;

use crate::destination::address::special_range;
use crate::destination::{Destination, DestinationError, Guard, NameResolver, Resolve};
use crate::http::{Answer, Client, HttpError, json_headers};
use crate::settings::{OutboundSettings, SettingsError};

#[cfg(test)]
mod tests;

const AGENT: &str = concat!("Vezne/", env!("CARGO_PKG_VERSION"));

/// Calls one server.
pub struct Peer {
    guard: Guard,
    client: Client,
    total_timeout: Duration,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerError {
    /// The URL is not called.
    Destination(DestinationError),
    /// It is http, and leads out of this machine and its networks.
    PlainText,
    /// The token has characters that no header has.
    Token,
    /// No status came back.
    Http(HttpError),
}

impl Peer {
    /// A peer whose answers may take `total_timeout` and have `most_answer_bytes`.
    ///
    /// # Errors
    /// [`SettingsError`] when TLS cannot be set up, or the system gives no thread.
    pub fn new(total_timeout: Duration, most_answer_bytes: usize) -> Result<Self, SettingsError> {
        let names = NameResolver::system();
        let names = names.map_err(|error| SettingsError::Threads(error.to_string()))?;
        Self::with_resolver(total_timeout, most_answer_bytes, Arc::new(names))
    }

    /// A peer with a resolver of the caller's.
    ///
    /// # Errors
    /// [`SettingsError`] when TLS cannot be set up.
    pub fn with_resolver(
        total_timeout: Duration,
        most_answer_bytes: usize,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, SettingsError> {
        let settings = OutboundSettings::default();
        let client = Client::new(&settings)?.reading_up_to(most_answer_bytes);
        Ok(Self { guard: Guard::new(&settings, resolver)?, client, total_timeout })
    }

    /// Posts JSON, with a bearer token if there is one.
    ///
    /// # Errors
    /// [`PeerError`] when no status came back.
    pub async fn post(
        &self,
        url: &str,
        token: Option<&SecretText>,
        body: Vec<u8>,
    ) -> Result<Answer, PeerError> {
        self.post_with(url, headers(token).ok_or(PeerError::Token)?, body).await
    }

    /// Posts with these headers.
    ///
    /// # Errors
    /// [`PeerError`] when no status came back.
    pub async fn post_with(
        &self,
        url: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Answer, PeerError> {
        let deadline = Instant::now() + self.total_timeout;
        let to = self.admit(url).await?;
        self.client.post(&to, headers, body, deadline).await.map_err(PeerError::Http)
    }

    /// Looks whether a URL is one that is called, without calling it.
    ///
    /// # Errors
    /// [`PeerError`] says why not.
    pub async fn check(&self, url: &str) -> Result<(), PeerError> {
        self.admit(url).await.map(drop)
    }

    async fn admit(&self, url: &str) -> Result<Destination, PeerError> {
        // A sandbox merchant's rules, for the same reason: it is the developer's own network.
        let admitted = self.guard.admit(url, Mode::Sandbox).await;
        let to = admitted.map_err(PeerError::Destination)?;
        if is_exposed(&to) { Err(PeerError::PlainText) } else { Ok(to) }
    }
}

impl PeerError {
    /// Whether the same call may get an answer a little later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Http(_) | Self::Destination(DestinationError::Unresolved { .. }))
    }

    /// Whether not one byte of the request was sent.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        !matches!(self, Self::Http(HttpError::Unanswered(_)))
    }
}

/// Whether others could read along.
fn is_exposed(to: &Destination) -> bool {
    let public = |address: &SocketAddr| special_range(address.ip()).is_none();
    to.server_name().is_none() && to.addresses().iter().any(public)
}

fn headers(token: Option<&SecretText>) -> Option<HeaderMap> {
    let mut headers = json_headers();
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    if let Some(token) = token {
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose())).ok()?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Some(headers)
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Destination(error) => error.fmt(f),
            Self::PlainText => f.write_str("over the internet the URL must be https, not http"),
            Self::Token => f.write_str("the token has characters that no header can have"),
            Self::Http(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PeerError {}
