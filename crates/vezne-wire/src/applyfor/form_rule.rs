//! The query of a channel's form: `/channel/formRule` (section "Dynamic Field Parameters").
//!
//! Member order and types are the example's, which sends `timestamp` as a number. Its `sign` is no
//! known answer: the same one stands in another page's example with another `pay_code`
//! (`research/wire-facts.md` 4.1).

use std::fmt;

use super::answer::{Envelope, encode_result};
use super::form::{Form, FormError};
use super::parameters::{Parameters, ParametersError};
use super::read::{self, MAX_PAY_CODE, MAX_UID, MAX_USERIP};
use super::sign::SigningKey;
use super::status::Status;
use crate::field::FieldError;
use crate::json::{Object, ObjectWriter};

/// A query of the fields that a channel needs.
#[derive(Clone, PartialEq, Eq)]
pub struct FormRuleRequest {
    /// The merchant's account.
    pub uid: String,
    /// The currency.
    pub currency: String,
    /// The channel.
    pub pay_code: String,
    /// When the request was made, in Unix microseconds.
    pub timestamp: i64,
    /// The address of the merchant's customer, as sent.
    pub userip: String,
}

impl FormRuleRequest {
    /// Reads the parameters.
    ///
    /// # Errors
    ///
    /// [`FieldError`] for the first that is wrong.
    pub fn decode(parameters: &Parameters) -> Result<Self, FieldError> {
        Ok(Self {
            uid: read::required(parameters, "uid", MAX_UID)?,
            currency: read::currency(parameters)?,
            pay_code: read::required(parameters, "pay_code", MAX_PAY_CODE)?,
            timestamp: read::timestamp(parameters)?,
            userip: read::required(parameters, "userip", MAX_USERIP)?,
        })
    }

    /// The parameters in the example's order, ready to be signed; the timestamp in seconds.
    ///
    /// # Errors
    ///
    /// [`ParametersError`] for a value that no receiver takes.
    pub fn to_parameters(&self) -> Result<Parameters, ParametersError> {
        let mut parameters = Parameters::default();
        parameters.push("uid", &self.uid)?;
        parameters.push("currency", &self.currency)?;
        parameters.push("pay_code", &self.pay_code)?;
        parameters.push_number("timestamp", read::seconds(self.timestamp))?;
        parameters.push("userip", &self.userip)?;
        Ok(parameters)
    }
}

/// The customer's address stays out of logs.
impl fmt::Debug for FormRuleRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormRuleRequest")
            .field("uid", &self.uid)
            .field("currency", &self.currency)
            .field("pay_code", &self.pay_code)
            .finish_non_exhaustive()
    }
}

/// Appends the answer with a channel's form.
pub fn encode_form(out: &mut Vec<u8>, form: &Form, key: &SigningKey) {
    encode_result(out, Status::Success, Some(key), |out| {
        ObjectWriter::open(out).nested("data", |out| form.write(out)).close();
    });
}

/// Understands the form of an envelope with status 10000.
///
/// # Errors
///
/// [`FormError`] names the first reason not to.
pub fn decode_form(envelope: &Envelope) -> Result<Form, FormError> {
    let result = Object::parse(envelope.result.as_bytes()).map_err(FormError::Json)?;
    let data = result.get("data").ok_or(FormError::Member("data"))?;
    Form::read(&data.object().map_err(FormError::Json)?)
}
