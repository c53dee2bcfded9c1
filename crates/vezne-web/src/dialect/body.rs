//! A request's body: JSON by its head, within its size and within its time.
//!
//! Each dialect has its own words for what is refused here, so the refusal is data.

use std::borrow::Cow;
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, timeout_at};

mod room;
#[cfg(test)]
mod tests;

use room::{FREE, Room};
pub(crate) use room::{Owner, RoomSettings, Rooms};

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
    /// There was no room for it in time.
    NoRoom,
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
            Self::NoRoom => "Too many large bodies are on their way. Send it again later.".into(),
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
    given.to_str().is_ok_and(|kind| vezne_wire::body::essence(kind) == "application/json")
}

/// A body, and the room that it takes until it is dropped.
#[derive(Debug)]
pub(super) struct Arrived {
    bytes: Bytes,
    _room: Room,
}

impl Arrived {
    /// The same bytes, for another thread. They must not outlive the body, whose room they take.
    pub(super) fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }
}

impl Deref for Arrived {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// How much of a body is read, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// The most bytes.
    pub(super) most: usize,
    /// How long it may wait for room, and then how long it may take to arrive.
    pub(super) each: Duration,
}

/// Reads all of the body. One that announces too much is refused before a byte of it is read. One
/// that announces nothing may be as long as any.
pub(super) async fn read(
    (rooms, owner): (&Arc<Rooms>, Owner),
    headers: &HeaderMap,
    body: Body,
    Patience { most, each }: Patience,
) -> Result<Arrived, BodyRefusal> {
    let announced = announced(headers);
    if announced.is_some_and(|length| length > most) {
        return Err(BodyRefusal::TooLarge { most });
    }
    let length = announced.unwrap_or(most);
    let room = rooms.enter(owner, length, Instant::now() + each).await;
    let mut room = room.ok_or(BodyRefusal::NoRoom)?;
    let until = Instant::now() + each;
    let mut body = pin!(Limited::new(body, most));
    let mut bytes = Vec::with_capacity(length.min(FREE));
    while let Some(frame) = timeout_at(until, body.frame()).await.map_err(|_| BodyRefusal::Late)? {
        let broken = |error: Box<dyn std::error::Error + Send + Sync>| match error
            .is::<LengthLimitError>()
        {
            true => BodyRefusal::TooLarge { most },
            false => BodyRefusal::Broken,
        };
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        room.grow(bytes.len() + data.len(), until).await.ok_or(BodyRefusal::NoRoom)?;
        bytes.extend_from_slice(&data);
    }
    Ok(Arrived { bytes: bytes.into(), _room: room })
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
