//! A request's body: JSON by its head, within its size and within its time.
//!
//! Each dialect has its own words for what is refused here, so the refusal is data.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

#[cfg(test)]
mod tests;

/// Why a body is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyRefusal {
    /// The content type is something else.
    NotJson,
    /// The body is compressed. Nobody needs that for a few hundred bytes, and it can hide many.
    Encoded,
    /// It is longer than the most bytes.
    TooLarge {
        /// The most bytes.
        most: usize,
    },
    /// It did not arrive in time.
    Late,
    /// The connection broke, or the transfer coding is wrong.
    Broken,
}

impl BodyRefusal {
    /// The words for a merchant's developer, where a dialect has none of its own.
    pub(super) fn words(self) -> Cow<'static, str> {
        match self {
            Self::NotJson => "Send the body as application/json.".into(),
            Self::Encoded => "Send the body without a content encoding.".into(),
            Self::TooLarge { most } => {
                format!("The body is too large: at most {most} bytes are read.").into()
            }
            Self::Late => "The body did not arrive in time.".into(),
            Self::Broken => "The body did not arrive whole.".into(),
        }
    }
}

/// Judges the head: a content type that is there has to be JSON's, with or without parameters. One
/// that is missing is taken for JSON's, as simple clients leave it out.
pub(super) fn check_head(headers: &HeaderMap) -> Result<(), BodyRefusal> {
    if headers.get(CONTENT_TYPE).is_some_and(|given| !is_json(given)) {
        return Err(BodyRefusal::NotJson);
    }
    check_encoding(headers)
}

/// Judges the head of what need not be JSON.
pub(super) fn check_encoding(headers: &HeaderMap) -> Result<(), BodyRefusal> {
    let identity = |given: &HeaderValue| given.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get(CONTENT_ENCODING).is_some_and(|given| !identity(given)) {
        return Err(BodyRefusal::Encoded);
    }
    Ok(())
}

fn is_json(given: &HeaderValue) -> bool {
    let essence = given.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

/// Reads all of the body. One that announces too much is refused before a byte of it is read.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    most: usize,
    patience: Duration,
) -> Result<Bytes, BodyRefusal> {
    if announced(headers).is_some_and(|length| length > most) {
        return Err(BodyRefusal::TooLarge { most });
    }
    match timeout(patience, Limited::new(body, most).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyRefusal::TooLarge { most }),
        Ok(Err(_)) => Err(BodyRefusal::Broken),
        Err(_) => Err(BodyRefusal::Late),
    }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
