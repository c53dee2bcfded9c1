//! Every answer that is about the whole request: a code, a description and an HTTP status, in the
//! envelope with all five keys.

use std::borrow::Cow;

use axum::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use vezne_wire::ccpayment::answer::{encode_refusal, encode_token_refusal};
use vezne_wire::ccpayment::request::RequestError;
use vezne_wire::ccpayment::{AnswerCode, TokenRequestError};
use vezne_wire::field::FieldError;
use vezne_wire::json::JsonError;

use crate::dialect::answer;
use crate::dialect::body::BodyRefusal;
use crate::state::Incident;

/// An answer without rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    code: AnswerCode,
    message: Cow<'static, str>,
    /// The method that the path takes.
    allowed: &'static str,
}

impl Refusal {
    pub(super) fn new(code: AnswerCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), allowed: "POST" }
    }

    pub(super) fn wrong_method(allowed: &'static str) -> Self {
        let message = format!("Send a {allowed} request.");
        Self { allowed, ..Self::new(AnswerCode::MethodNotAllowed, message) }
    }

    pub(super) const fn code(&self) -> AnswerCode {
        self.code
    }

    /// A fault of ours, told by nothing but its number.
    pub(super) fn incident(incident: Incident) -> Self {
        let message = format!(
            "Something went wrong here (incident {incident}). \
             Send the same request again before refunding it."
        );
        Self::new(AnswerCode::InternalFault, message)
    }

    /// The answer; to a request for a token, or to any other one.
    pub(super) fn into_response(self, of_token: bool) -> Response {
        let mut body = Vec::with_capacity(256);
        match of_token {
            true => encode_token_refusal(&mut body, self.code, &self.message),
            false => encode_refusal(&mut body, self.code, &self.message),
        }
        let status = StatusCode::from_u16(self.code.http_status());
        let mut response = answer::json(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body);
        let (name, value) = match self.code {
            AnswerCode::Unauthenticated => (WWW_AUTHENTICATE, "Bearer"),
            AnswerCode::TooManyRequests | AnswerCode::Busy => (RETRY_AFTER, "1"),
            AnswerCode::MethodNotAllowed => (ALLOW, self.allowed),
            AnswerCode::Success
            | AnswerCode::MalformedJson
            | AnswerCode::BodyTooLarge
            | AnswerCode::NotJson
            | AnswerCode::Validation
            | AnswerCode::MerchantNotFound
            | AnswerCode::InvalidCredentials
            | AnswerCode::TransactionNotFound
            | AnswerCode::Failed
            | AnswerCode::InvalidWebHookKey
            | AnswerCode::InvalidHashKey
            | AnswerCode::NotFound
            | AnswerCode::InternalFault => return response,
        };
        response.headers_mut().insert(name, HeaderValue::from_static(value));
        response
    }
}

impl From<AnswerCode> for Refusal {
    fn from(code: AnswerCode) -> Self {
        Self::new(code, code.message())
    }
}

impl From<&JsonError> for Refusal {
    fn from(error: &JsonError) -> Self {
        Self::new(error.into(), error.to_string())
    }
}

impl From<&FieldError> for Refusal {
    fn from(error: &FieldError) -> Self {
        Self::new(error.into(), error.to_string())
    }
}

impl From<&TokenRequestError> for Refusal {
    fn from(error: &TokenRequestError) -> Self {
        match error {
            TokenRequestError::ContentType => Self::new(
                AnswerCode::NotJson,
                "Send the body as application/json, application/x-www-form-urlencoded or \
                 multipart/form-data.",
            ),
            TokenRequestError::Json(error) => error.into(),
            TokenRequestError::Form(error) => {
                Self::new(AnswerCode::MalformedJson, error.to_string())
            }
            TokenRequestError::Field(error) => error.into(),
        }
    }
}

impl From<&RequestError> for Refusal {
    fn from(error: &RequestError) -> Self {
        Self::new(AnswerCode::Validation, error.to_string())
    }
}

impl From<BodyRefusal> for Refusal {
    fn from(refusal: BodyRefusal) -> Self {
        let code = match refusal {
            BodyRefusal::NotJson | BodyRefusal::Encoded => AnswerCode::NotJson,
            BodyRefusal::TooLarge { .. } => AnswerCode::BodyTooLarge,
            BodyRefusal::NoRoom => AnswerCode::Busy,
            BodyRefusal::Late | BodyRefusal::Broken => AnswerCode::MalformedJson,
        };
        Self::new(code, refusal.words())
    }
}
