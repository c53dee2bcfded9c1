//! Bodies that a well-behaved client never sends.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::Frame;

/// Fails the test when it is read.
pub(crate) fn unread() -> Body {
    Body::new(Strange::Unread)
}

/// Never arrives.
pub(crate) fn stuck() -> Body {
    Body::new(Strange::Stuck)
}

enum Strange {
    Unread,
    Stuck,
}

impl HttpBody for Strange {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match *self {
            Self::Unread => unreachable!("the body is read"),
            Self::Stuck => Poll::Pending,
        }
    }
}
