//! The pages as typed templates, and what every page's head has.

use askama::Template;
use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use vezne_core::model::payout::{Payout, PayoutState};

use super::fields::FieldView;
use super::quote::Quote;
use super::strings::{Strings, Told};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// The form.
#[derive(Template)]
#[template(path = "pay-out/form.html")]
pub(super) struct FormPage<'a> {
    pub(super) t: &'static Strings,
    pub(super) merchant: &'a str,
    pub(super) channel: &'a str,
    pub(super) description: &'a str,
    pub(super) quote: Quote,
    pub(super) fields: Vec<FieldView>,
    /// Name, label and text of each field that is wrong.
    pub(super) errors: Vec<(String, String, String)>,
    /// What is wrong and is no field's.
    pub(super) general: Vec<String>,
    pub(super) strict: bool,
}

/// What became of the order.
#[derive(Template)]
#[template(path = "pay-out/status.html")]
pub(super) struct StatusPage<'a> {
    pub(super) t: &'static Strings,
    pub(super) merchant: &'a str,
    pub(super) channel: &'a str,
    pub(super) status: Status<'a>,
    pub(super) quote: Quote,
    pub(super) reference: &'a str,
    pub(super) account: String,
    pub(super) return_url: Option<&'a str>,
}

/// A title, a sentence and the way back.
#[derive(Template)]
#[template(path = "pay-out/message.html")]
pub(super) struct MessagePage<'a> {
    pub(super) t: &'static Strings,
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    pub(super) return_url: Option<&'a str>,
}

/// A payout's state for its beneficiary.
#[derive(Clone, Copy, Debug)]
pub(super) struct Status<'a> {
    pub(super) code: &'static str,
    pub(super) told: Told,
    pub(super) reason: &'a str,
    /// Whether nothing more happens by itself.
    pub(super) is_final: bool,
}

impl<'a> Status<'a> {
    pub(super) fn of(payout: &'a Payout, t: &Strings) -> Self {
        let (code, told, reason, is_final) = match &payout.state {
            PayoutState::AwaitingApproval => ("pending", t.pending, "", false),
            PayoutState::Approved | PayoutState::Dispatched(_) => {
                ("processing", t.processing, "", false)
            }
            PayoutState::Settled(_) => ("paid", t.paid, "", true),
            PayoutState::Rejected { reason, .. } | PayoutState::Failed { reason, .. } => {
                ("failed", t.failed, reason.as_str(), true)
            }
            PayoutState::Returned { reason, .. } => ("returned", t.returned, reason.as_str(), true),
        };
        Self { code, told, reason, is_final }
    }
}

/// A page as an answer. A template writes into memory, which does not fail.
pub(super) fn html(status: StatusCode, page: &impl Template) -> Response {
    let (status, text) = match page.render() {
        Ok(text) => (status, text),
        Err(error) => {
            tracing::error!(%error, "a page was not written");
            (StatusCode::INTERNAL_SERVER_ERROR, String::new())
        }
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
