//! Queries of an order and of the balance: an extension of ours, since the family's own paths are
//! not public (`research/wire-facts.md` 4.2, section 8).
//!
//! They are signed like every request. Their answers keep everything under `result.data`: an answer
//! with an `orderid` and a `transactionid` at the top of `result` and status 10000 would be, byte
//! for byte and signature included, a notification that the order was paid.

use super::answer::{AnswerError, Envelope, encode_result, id_of, message};
use super::parameters::{Parameters, ParametersError};
use super::read::{self, MAX_CURRENCY, MAX_ORDERID, MAX_TRANSACTIONID, MAX_UID};
use super::sign::SigningKey;
use super::status::Status;
use crate::field::{FieldError, Problem};
use crate::json::{Lexeme, Object, ObjectWriter};

#[cfg(test)]
mod tests;

/// The most currencies of one balance answer.
pub const MAX_BALANCES: usize = 64;

/// By which of its two ids an order is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderId {
    /// The merchant's.
    Orderid(String),
    /// The platform's.
    Transactionid(String),
}

/// A query of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderQuery {
    /// The merchant's account.
    pub uid: String,
    /// The order.
    pub order: OrderId,
    /// When the request was made, in Unix microseconds.
    pub timestamp: i64,
}

impl OrderQuery {
    /// Reads the parameters `uid`, `timestamp` and exactly one of the two ids; others are refused,
    /// so that a signed order does not do for a query.
    ///
    /// # Errors
    ///
    /// [`FieldError`] for the first parameter that is wrong.
    pub fn decode(parameters: &Parameters) -> Result<Self, FieldError> {
        let own = ["uid", "orderid", "transactionid", "timestamp"];
        read::only(parameters, &own, "uid, orderid or transactionid, timestamp, sign")?;
        let orderid = read::optional(parameters, "orderid", MAX_ORDERID)?;
        let transactionid = read::optional(parameters, "transactionid", MAX_TRANSACTIONID)?;
        let order = match (orderid, transactionid) {
            (Some(orderid), None) => OrderId::Orderid(orderid.to_owned()),
            (None, Some(id)) => OrderId::Transactionid(id.to_owned()),
            (None, None) => return Err(FieldError::new("orderid", Problem::Missing)),
            (Some(_), Some(_)) => {
                let expected = "sent without transactionid, or left out";
                return Err(FieldError::new("orderid", Problem::WrongType { expected }));
            }
        };
        let uid = read::required(parameters, "uid", MAX_UID)?;
        Ok(Self { uid, order, timestamp: read::timestamp(parameters)? })
    }

    /// The parameters, ready to be signed.
    ///
    /// # Errors
    ///
    /// [`ParametersError`] for a value that no receiver takes.
    pub fn to_parameters(&self) -> Result<Parameters, ParametersError> {
        let mut parameters = Parameters::default();
        parameters.push("uid", &self.uid)?;
        match &self.order {
            OrderId::Orderid(id) => parameters.push("orderid", id)?,
            OrderId::Transactionid(id) => parameters.push("transactionid", id)?,
        }
        parameters.push("timestamp", &read::seconds(self.timestamp).to_string())?;
        Ok(parameters)
    }
}

/// What is known of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderAnswer {
    /// Our id of the order.
    pub transactionid: String,
    /// The merchant's id of the order.
    pub orderid: String,
    /// The currency.
    pub currency: String,
    /// The amount asked for, as text.
    pub amount: String,
    /// The amount paid, as text; zero unless it was paid.
    pub real_amount: String,
    /// The status that a notification has or will have; 10030 while the order has not ended.
    pub order_status: u32,
    /// The reason of a failure; empty if there is none.
    pub message: String,
}

impl OrderAnswer {
    /// Appends the answer's body.
    pub fn encode_into(&self, out: &mut Vec<u8>, key: &SigningKey) {
        encode_result(out, Status::Success, Some(key), |out| {
            ObjectWriter::open(out).nested("data", |out| self.write(out)).close();
        });
    }

    fn write(&self, out: &mut Vec<u8>) {
        ObjectWriter::open(out)
            .text("transactionid", &self.transactionid)
            .text("orderid", &self.orderid)
            .text("currency", &self.currency)
            .text("amount", &self.amount)
            .text("real_amount", &self.real_amount)
            .integer("order_status", self.order_status)
            .text("message", &self.message)
            .close();
    }

    /// Understands the answer of an envelope with status 10000.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] for the first member that is wrong.
    pub fn of(envelope: &Envelope) -> Result<Self, AnswerError> {
        let result = envelope.object()?;
        let data = result.get("data").ok_or(AnswerError::Member("data"))?;
        let data = data.object().map_err(AnswerError::Json)?;
        let status = data.get("order_status").and_then(|status| status.integer());
        Ok(Self {
            transactionid: id_of(&data).ok_or(AnswerError::Member("transactionid"))?,
            orderid: text(&data, "orderid")?,
            currency: text(&data, "currency")?,
            amount: text(&data, "amount")?,
            real_amount: text(&data, "real_amount")?,
            order_status: status.ok_or(AnswerError::Member("order_status"))?,
            message: message(&data),
        })
    }
}

fn text(object: &Object<'_>, name: &'static str) -> Result<String, AnswerError> {
    let text = object.get(name).and_then(Lexeme::text);
    text.map(String::from).ok_or(AnswerError::Member(name))
}

/// A query of the merchant's balances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceQuery {
    /// The merchant's account.
    pub uid: String,
    /// One currency, or all.
    pub currency: Option<String>,
    /// When the request was made, in Unix microseconds.
    pub timestamp: i64,
}

impl BalanceQuery {
    /// Reads the parameters `uid`, `timestamp` and, if it is there, `currency`; others are refused.
    ///
    /// # Errors
    ///
    /// [`FieldError`] for the first parameter that is wrong.
    pub fn decode(parameters: &Parameters) -> Result<Self, FieldError> {
        let own = ["uid", "currency", "timestamp"];
        read::only(parameters, &own, "uid, currency, timestamp, sign")?;
        let currency = read::optional(parameters, "currency", MAX_CURRENCY)?;
        Ok(Self {
            uid: read::required(parameters, "uid", MAX_UID)?,
            currency: currency.map(|_| read::currency(parameters)).transpose()?,
            timestamp: read::timestamp(parameters)?,
        })
    }

    /// The parameters, ready to be signed.
    ///
    /// # Errors
    ///
    /// [`ParametersError`] for a value that no receiver takes.
    pub fn to_parameters(&self) -> Result<Parameters, ParametersError> {
        let mut parameters = Parameters::default();
        parameters.push("uid", &self.uid)?;
        parameters.push("currency", self.currency.as_deref().unwrap_or_default())?;
        parameters.push("timestamp", &read::seconds(self.timestamp).to_string())?;
        Ok(parameters)
    }
}

/// The balance in one currency, amounts as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The currency.
    pub currency: String,
    /// What can be withdrawn.
    pub available: String,
    /// What accepted orders hold.
    pub held: String,
}

/// Appends the answer to a balance query.
pub fn encode_balances(out: &mut Vec<u8>, balances: &[Balance], key: &SigningKey) {
    encode_result(out, Status::Success, Some(key), |out| {
        ObjectWriter::open(out).nested("data", |out| write_balances(out, balances)).close();
    });
}

fn write_balances(out: &mut Vec<u8>, balances: &[Balance]) {
    out.push(b'[');
    for (at, balance) in balances.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        ObjectWriter::open(out)
            .text("currency", &balance.currency)
            .text("available", &balance.available)
            .text("held", &balance.held)
            .close();
    }
    out.push(b']');
}

/// Understands the balances of an envelope with status 10000.
///
/// # Errors
///
/// [`AnswerError`] for the first member that is wrong.
pub fn decode_balances(envelope: &Envelope) -> Result<Vec<Balance>, AnswerError> {
    let result = envelope.object()?;
    let data = result.get("data").and_then(|data| data.array(MAX_BALANCES));
    data.ok_or(AnswerError::Member("data"))?.into_iter().map(decode_balance).collect()
}

fn decode_balance(value: Lexeme<'_>) -> Result<Balance, AnswerError> {
    let object = value.object().map_err(AnswerError::Json)?;
    Ok(Balance {
        currency: text(&object, "currency")?,
        available: text(&object, "available")?,
        held: text(&object, "held")?,
    })
}
