//! Heads that two programs on the way may read in two ways, so that one of them takes for a request
//! what is another's body.

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode, Version};

/// Says no to a head that is not of one meaning, and ends the connection.
pub(super) fn refusal<B>(request: &Request<B>) -> Option<Response<Body>> {
    let count = |name: HeaderName| request.headers().get_all(name).iter().count();
    let codings = request.headers().get_all(TRANSFER_ENCODING);
    let is_chunked = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"chunked");
    let mut kinds = request.headers().get_all(CONTENT_TYPE).iter();
    let kind = kinds.next();
    let says_two_things = kinds.any(|other| Some(other) != kind);
    // RFC 9112, 6.1: what is not understood is 501, and chunked comes once.
    let (status, words) = if count(TRANSFER_ENCODING) > 1 || !codings.iter().all(is_chunked) {
        (StatusCode::NOT_IMPLEMENTED, "Transfer-Encoding is chunked, once, or nothing.\n")
    // RFC 9112, 3.2.
    } else if request.version() == Version::HTTP_11 && count(HOST) != 1 {
        (StatusCode::BAD_REQUEST, "There has to be one Host.\n")
    } else if says_two_things {
        (StatusCode::BAD_REQUEST, "Content-Type says two things.\n")
    } else {
        return None;
    };
    let mut response = Response::new(Body::from(words));
    *response.status_mut() = status;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    Some(response)
}
