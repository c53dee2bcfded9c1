//! Bodies that a well-behaved client never sends.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

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

/// Begins to arrive when something else has happened.
pub(crate) fn after(event: impl Future<Output = ()> + Send + 'static, text: String) -> Body {
    Body::new(Strange::After(Box::pin(event), Some(text.into())))
}

enum Strange {
    Unread,
    Stuck,
    After(Pin<Box<dyn Future<Output = ()> + Send>>, Option<Bytes>),
}

impl HttpBody for Strange {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Unread => unreachable!("the body is read"),
            Self::Stuck => Poll::Pending,
            Self::After(_, None) => Poll::Ready(None),
            Self::After(event, text) => {
                ready!(event.as_mut().poll(context));
                Poll::Ready(text.take().map(|text| Ok(Frame::data(text))))
            }
        }
    }
}
