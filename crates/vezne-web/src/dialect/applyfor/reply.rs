//! Every refusal in the document's words: a status, a message and an HTTP status.
//!
//! A merchant may refund its customer on any status but 10000. So a message says what is wrong, and
//! whether the same `orderid` may be sent again. It repeats no value of the request: that may be a
//! person's data.

use std::borrow::Cow;

use axum::http::header::{ALLOW, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use vezne_core::engine::Failure;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::merchant::Merchant;
use vezne_core::model::refusal::{Declined, SubmitRefusal};
use vezne_core::port::Fault;
use vezne_wire::applyfor::answer::encode_refusal;
use vezne_wire::applyfor::{
    FieldBroken, ParametersError, Retry, SigningKey, Status, transactionid,
};
use vezne_wire::field::FieldError;

use crate::dialect::answer;
use crate::dialect::body::BodyRefusal;
use crate::state::{Incident, WebState};

#[cfg(test)]
mod tests;

/// An answer that is not 10000. Signed once its caller is proven.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: Status,
    message: Cow<'static, str>,
    http: StatusCode,
    /// The order that stands, on 10003.
    order: Option<PayoutId>,
    /// The parameter that is wrong, where it is one.
    field: Option<Box<str>>,
    key: Option<Box<SigningKey>>,
}

impl Refusal {
    pub(super) fn new(status: Status, message: impl Into<Cow<'static, str>>) -> Self {
        let http = http_status(status.http_status());
        Self { status, message: message.into(), http, order: None, field: None, key: None }
    }

    pub(super) fn with_http_status(self, http: StatusCode) -> Self {
        Self { http, ..self }
    }

    pub(super) fn signed_with(self, key: &SigningKey) -> Self {
        Self { key: Some(Box::new(key.clone())), ..self }
    }

    /// Names the parameter that is wrong.
    pub(super) fn about(self, field: &str) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The parameter that is wrong, where it is one.
    pub(super) fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    pub(super) const fn status(&self) -> Status {
        self.status
    }

    /// The earlier order under this `orderid` stands.
    pub(super) fn duplicate(order: PayoutId) -> Self {
        let message = "Duplicate Order Number: the earlier order with this orderid stands.";
        Self { order: Some(order), ..Self::new(Status::DuplicateOrder, message) }
    }

    /// The signed text could be another request's.
    pub(super) fn ambiguous() -> Self {
        let message = "A value has an & that could begin another parameter in the signed text.";
        Self::new(Status::ParameterError, message)
    }

    /// A fault of ours, told by nothing but its number.
    pub(super) fn incident(incident: Incident) -> Self {
        let message = format!(
            "Something went wrong here (incident {incident}). \
             Send the same request again before refunding it."
        );
        Self::new(Status::InternalFault, message)
    }

    /// What the engine did not accept.
    pub(super) fn of_failure(
        failure: Failure<Declined>,
        merchant: &Merchant,
        web: &WebState,
    ) -> Self {
        match failure {
            Failure::Refused(Declined { why, replayed: _ }) => {
                Self::of_submission(&why, merchant.retry_refused)
            }
            Failure::Busy => Status::Busy.into(),
            Failure::Fault(fault) => Self::of_fault(&fault, merchant, web),
        }
    }

    fn of_fault(fault: &Fault, merchant: &Merchant, web: &WebState) -> Self {
        let incident = web.incident();
        tracing::error!(%incident, merchant = %merchant.id, %fault, "a payout was not submitted");
        Self::incident(incident)
    }

    /// A refusal of the engine. It reads the same when it is replayed.
    fn of_submission(why: &SubmitRefusal, retry_refused: bool) -> Self {
        let end = if retry_refused {
            "The same orderid may be sent again later."
        } else {
            "This orderid is closed: use a new one."
        };
        if let SubmitRefusal::ReferenceReused { existing } = why {
            return Self::duplicate(*existing);
        }
        if matches!(why, SubmitRefusal::CannotRefuseNow) {
            return Status::Busy.into();
        }
        let (status, reason) = reason(why);
        Self::new(status, format!("{reason} {end}"))
    }

    /// What the engine would not accept, told before it was asked.
    pub(super) fn foreseen(why: &SubmitRefusal) -> Self {
        let (status, reason) = reason(why);
        Self::new(status, format!("{reason} Nothing was stored."))
    }

    pub(super) fn into_response(self) -> Response {
        let mut body = Vec::with_capacity(256);
        let order = self.order.map(|order| transactionid(order.0));
        let (status, key) = (self.status, self.key.as_deref());
        encode_refusal(&mut body, status, &self.message, order.as_deref(), key);
        let mut response = answer::json(self.http, body);
        let headers = response.headers_mut();
        if status.retry() == Retry::Later && self.http != StatusCode::INTERNAL_SERVER_ERROR {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.http == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }
}

/// A refusal of the engine in words, without what to do about it.
fn reason(why: &SubmitRefusal) -> (Status, String) {
    match why {
        SubmitRefusal::ReferenceReused { existing: _ } => {
            (Status::DuplicateOrder, "The earlier order with this orderid stands.".to_owned())
        }
        SubmitRefusal::MerchantSuspended => {
            (Status::MerchantSuspended, "The merchant is suspended.".to_owned())
        }
        SubmitRefusal::ChannelNotOffered { channel: _ } => {
            (Status::ChannelNotOffered, "The channel is not offered to the merchant.".to_owned())
        }
        SubmitRefusal::AmountBelowMinimum { minimum } => {
            (Status::LimitExceeded, format!("The amount is below the minimum of {minimum}."))
        }
        SubmitRefusal::AmountAboveMaximum { maximum } => {
            (Status::LimitExceeded, format!("The amount is above the maximum of {maximum}."))
        }
        SubmitRefusal::CommissionTakesAll { commission } => (
            Status::LimitExceeded,
            format!("The amount does not exceed the {commission} that its receiver bears."),
        ),
        SubmitRefusal::DayLimitReached { limit } => {
            (Status::LimitExceeded, format!("The amount would pass the day's limit of {limit}."))
        }
        SubmitRefusal::InsufficientBalance { needed } => (
            Status::InsufficientBalance,
            format!("The balance does not cover {needed}, the amount and its commission."),
        ),
        SubmitRefusal::CannotRefuseNow => (Status::Busy, Status::Busy.message().to_owned()),
    }
}

fn http_status(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Self::new(status, status.message())
    }
}

impl From<&FieldError> for Refusal {
    fn from(error: &FieldError) -> Self {
        Self::new(error.into(), error.to_string()).about(error.field)
    }
}

impl From<&FieldBroken> for Refusal {
    fn from(broken: &FieldBroken) -> Self {
        Self::new(Status::ParameterError, broken.to_string()).about(&broken.field)
    }
}

impl From<&ParametersError> for Refusal {
    fn from(error: &ParametersError) -> Self {
        let http = http_status(error.http_status());
        Self::new(error.status(), error.to_string()).with_http_status(http)
    }
}

impl From<BodyRefusal> for Refusal {
    fn from(refusal: BodyRefusal) -> Self {
        let words = refusal.words();
        match refusal {
            // JSON is not the only type that is taken here.
            BodyRefusal::NotJson => Status::UnsupportedContentType.into(),
            BodyRefusal::Encoded => Self::new(Status::UnsupportedContentType, words),
            BodyRefusal::TooLarge { .. } => Self::new(Status::BodyTooLarge, words),
            BodyRefusal::NoRoom => Self::new(Status::Busy, words),
            BodyRefusal::Late | BodyRefusal::Broken => {
                Self::new(Status::ParameterError, words).with_http_status(StatusCode::BAD_REQUEST)
            }
        }
    }
}
