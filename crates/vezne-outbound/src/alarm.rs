//! The operator's own webhook: what a person should know, told to a URL of the configuration with
//! the headers and in the shape that the Standard Webhooks specification recommends.

use std::fmt;
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue};
use vezne_core::model::time::Timestamp;
use vezne_wire::standard_webhooks::{
    ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, WebhookSecret, sign,
};

use crate::http::json_headers;
use crate::peer::{Peer, PeerError};
use crate::settings::SettingsError;

/// How long the receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Nobody reads what it answers.
const MOST_ANSWER_BYTES: usize = 1_024;

/// Rings at the operator's URL.
pub struct Alarm {
    peer: Peer,
    url: String,
    secret: WebhookSecret,
}

/// Why nobody heard it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlarmError {
    /// No status came back.
    Peer(PeerError),
    /// The receiver answered with another status than 2xx.
    Status(u16),
    /// The id is no text that a header can hold.
    Id,
}

impl Alarm {
    /// An alarm for a URL, signed with this secret.
    ///
    /// # Errors
    /// [`SettingsError`] when TLS cannot be set up, or the system gives no thread.
    pub fn new(url: String, secret: WebhookSecret) -> Result<Self, SettingsError> {
        Ok(Self { peer: Peer::new(PATIENCE, MOST_ANSWER_BYTES)?, url, secret })
    }

    /// Looks whether its URL is one that is called, without calling it.
    ///
    /// # Errors
    /// [`PeerError`] says why not.
    pub async fn check(&self) -> Result<(), PeerError> {
        self.peer.check(&self.url).await
    }

    /// Its URL, for people.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Tells it once. The same `id` may be told again, by another node too: the receiver goes by
    /// it.
    ///
    /// # Errors
    /// [`AlarmError`] unless the receiver answered with 2xx.
    pub async fn ring(&self, id: &str, body: Vec<u8>, now: Timestamp) -> Result<(), AlarmError> {
        let seconds = now.seconds();
        let signature = sign(std::slice::from_ref(&self.secret), id, seconds, &body);
        let mut headers = json_headers();
        for (name, value) in [
            (ID_HEADER, id.to_owned()),
            (TIMESTAMP_HEADER, seconds.to_string()),
            (SIGNATURE_HEADER, signature),
        ] {
            let value = HeaderValue::try_from(value).map_err(|_| AlarmError::Id)?;
            headers.insert(HeaderName::from_static(name), value);
        }
        let answer = self.peer.post_with(&self.url, headers, body).await;
        match answer.map_err(AlarmError::Peer)?.status {
            200..=299 => Ok(()),
            status => Err(AlarmError::Status(status)),
        }
    }
}

impl fmt::Display for AlarmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(error) => error.fmt(f),
            Self::Status(status) => write!(f, "HTTP {status}"),
            Self::Id => f.write_str("its id is no text for a header"),
        }
    }
}

impl std::error::Error for AlarmError {}
