//! Every outcome in the document's words: a code, a message and an HTTP status.
//!
//! A merchant shows the message to its own staff or logs it, and rejects the withdrawal on any code
//! but 200. So a message says what is wrong, and whether the same `trx` may be sent again. It
//! repeats no value of the request: that may be a key or a person's data.

use std::borrow::Cow;

use axum::http::header::{ALLOW, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use vezne_core::engine::Failure;
use vezne_core::model::beneficiary::BeneficiaryError;
use vezne_core::model::merchant::Merchant;
use vezne_core::model::refusal::{Declined, SubmitRefusal};
use vezne_core::port::Fault;
use vezne_wire::bankopay::answer::encode_refusal;
use vezne_wire::bankopay::{AnswerCode, Retry, SignatureError};
use vezne_wire::field::FieldError;
use vezne_wire::json::JsonError;

use crate::dialect::answer;
use crate::dialect::body::BodyRefusal;
use crate::state::{Incident, WebState};

#[cfg(test)]
mod tests;

/// An answer that is not 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    code: AnswerCode,
    message: Cow<'static, str>,
    status: StatusCode,
}

impl Refusal {
    pub(super) fn new(code: AnswerCode, message: impl Into<Cow<'static, str>>) -> Self {
        let status = StatusCode::from_u16(code.http_status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { code, message: message.into(), status }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(super) const fn code(&self) -> AnswerCode {
        self.code
    }

    /// A fault of ours, told by nothing but its number.
    pub(super) fn incident(incident: Incident) -> Self {
        let message = format!(
            "Something went wrong here (incident {incident}). \
             Send the same trx again before refunding it."
        );
        Self::new(AnswerCode::InternalFault, message)
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
            Failure::Busy => AnswerCode::Busy.into(),
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
        let code = submission_code(why);
        let end = match (code.retry(), retry_refused) {
            (Retry::NewTrx, false) => "This trx is closed: use a new one.",
            (Retry::NewTrx, true) => "The same trx may be sent again later.",
            (Retry::SameAnswer | Retry::Later | Retry::AfterCorrection, _) => "",
        };
        match reason(why) {
            Some(reason) => Self::new(code, format!("{reason} {end}")),
            None => code.into(),
        }
    }

    pub(super) fn into_response(self) -> Response {
        let mut body = Vec::with_capacity(256);
        encode_refusal(&mut body, self.code, &self.message);
        let mut response = answer::json(self.status, body);
        let headers = response.headers_mut();
        if self.code.retry() == Retry::Later && self.status.as_u16() != 500 {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }
}

/// The answer with code 200.
pub(super) fn accepted(body: Vec<u8>) -> Response {
    answer::json(StatusCode::OK, body)
}

const fn submission_code(why: &SubmitRefusal) -> AnswerCode {
    match why {
        SubmitRefusal::ReferenceReused { .. } => AnswerCode::TrxReused,
        SubmitRefusal::MerchantSuspended => AnswerCode::MerchantSuspended,
        SubmitRefusal::ChannelNotOffered { .. } => AnswerCode::ServiceNotOffered,
        SubmitRefusal::AmountBelowMinimum { .. } => AnswerCode::BelowMinimum,
        SubmitRefusal::AmountAboveMaximum { .. } => AnswerCode::AboveMaximum,
        SubmitRefusal::CommissionTakesAll { .. } => AnswerCode::BelowMinimum,
        SubmitRefusal::DayLimitReached { .. } => AnswerCode::DailyLimit,
        SubmitRefusal::InsufficientBalance { .. } => AnswerCode::InsufficientBalance,
        SubmitRefusal::CannotRefuseNow => AnswerCode::Busy,
    }
}

/// What stands in the way; nothing where the code's own message says all, whatever the merchant's
/// switch.
fn reason(why: &SubmitRefusal) -> Option<String> {
    Some(match why {
        SubmitRefusal::ReferenceReused { existing: _ } | SubmitRefusal::CannotRefuseNow => {
            return None;
        }
        SubmitRefusal::MerchantSuspended => "The site is suspended.".to_owned(),
        SubmitRefusal::ChannelNotOffered { channel: _ } => {
            "This service is not offered to the site.".to_owned()
        }
        SubmitRefusal::AmountBelowMinimum { minimum } => {
            format!("The amount is below the minimum of {minimum}.")
        }
        SubmitRefusal::AmountAboveMaximum { maximum } => {
            format!("The amount is above the maximum of {maximum}.")
        }
        SubmitRefusal::CommissionTakesAll { commission } => {
            format!("The amount does not exceed the {commission} that the beneficiary bears of it.")
        }
        SubmitRefusal::DayLimitReached { limit } => {
            format!("The amount would pass the daily limit of {limit}.")
        }
        SubmitRefusal::InsufficientBalance { needed } => {
            format!("The balance does not cover {needed}, the amount and its commission.")
        }
    })
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

impl From<&SignatureError> for Refusal {
    fn from(error: &SignatureError) -> Self {
        Self::new(AnswerCode::CannotBeSigned, error.to_string())
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

impl From<BeneficiaryError> for Refusal {
    fn from(error: BeneficiaryError) -> Self {
        match error {
            BeneficiaryError::Iban => AnswerCode::InvalidIban.into(),
            BeneficiaryError::Wallet | BeneficiaryError::Account => Self::new(
                AnswerCode::InvalidField,
                "account_number is not a valid account number of this service.",
            ),
            BeneficiaryError::Identity => AnswerCode::InvalidIdentity.into(),
            BeneficiaryError::BirthDate => AnswerCode::InvalidBirthDate.into(),
        }
    }
}
