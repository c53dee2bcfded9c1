//! Links to the hosted form, and what a browser does with them.

use axum::http::Request;
use vezne_web::Peer;
use vezne_wire::applyfor::{Envelope, LinkAnswer};

use super::applyfor::{Order, SAMPLE_SECONDS, UID, key};
use super::{Answer, Desk};

pub(crate) const LINK: &str = "/pay-out/link";
pub(crate) const IBAN: &str = "TR330006100519786457841326";

/// A request for a link to the form of the IBAN channel.
pub(crate) fn link(orderid: &str) -> Order {
    Order::of(&[
        ("uid", UID),
        ("currency", "VND"),
        ("orderid", orderid),
        ("notify_url", "https://merchant.example/notify?a=1&b=2"),
        ("amount", "250000"),
        ("timestamp", &SAMPLE_SECONDS.to_string()),
        ("pay_code", "4001"),
        ("expires_in", "1800"),
    ])
}

/// The path of a link.
pub(crate) async fn url(desk: &Desk, order: &Order) -> String {
    let answer = desk.post(LINK, order.signed()).await;
    let envelope = Envelope::decode(answer.body.as_bytes()).expect("an envelope");
    assert_eq!(envelope.status, 10000, "{}", answer.body);
    assert_eq!(envelope.verify(&key()), Ok(()));
    LinkAnswer::of(&envelope).expect("a link").url
}

pub(crate) async fn get(desk: &Desk, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::get(path).extension(Peer(([192, 0, 2, 1], 4711).into()));
    let add = |request: axum::http::request::Builder, (name, value): &(&str, &str)| {
        request.header(*name, *value)
    };
    let request = headers.iter().fold(request, add);
    desk.send(request.body(axum::body::Body::empty()).expect("a request")).await
}

/// Sends the form.
pub(crate) async fn fill(desk: &Desk, path: &str, fields: &[(&str, &str)]) -> Answer {
    let encoded =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    desk.post_with(path, &form, encoded).await
}

/// How often a text stands in a page.
pub(crate) fn times(answer: &Answer, text: &str) -> usize {
    answer.body.matches(text).count()
}

/// The page has this status and this text.
#[track_caller]
pub(crate) fn assert_page(answer: &Answer, status: u16, text: &str) {
    assert_eq!(answer.status.as_u16(), status, "{text}: {}", answer.body);
    assert!(answer.body.contains(text), "{text} is not in {}", answer.body);
}
