//! The bank list's answer (section "Service: /api/bank-list/"); its request is [`Credentials`].
//!
//! Here a bank's id is a string, in the withdrawal's answer a number: both as the samples show.
//!
//! [`Credentials`]: super::Credentials

use super::answer::{AnswerError, message};
use super::code::AnswerCode;
use crate::field::{self, FieldError, Length};
use crate::json::{Lexeme, Object, ObjectWriter, push_string};

#[cfg(test)]
mod tests;

/// The most banks read from an answer.
pub const MAX_BANKS: usize = 1000;

/// The longest name of a bank, in characters.
pub const MAX_PROVIDER_NAME: usize = 200;

/// A bank that money can be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bank {
    /// The name for people.
    pub provider_name: String,
    /// What a request sends as `provider_id`.
    pub id: u32,
}

/// The banks in the order shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankList(pub Vec<Bank>);

/// Why a bank list was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BankListError {
    /// No answer of this protocol.
    Answer(AnswerError),
    /// The other side refused.
    Refused {
        /// The other side's code.
        code: i64,
        /// The reason for people.
        message: String,
    },
    /// `data` is not a list of objects, or too long.
    NoList,
    /// A bank has a wrong member.
    Bank(FieldError),
}

impl BankList {
    /// Appends the answer's body.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        ObjectWriter::open(out)
            .text("message", "Bank List")
            .integer("code", AnswerCode::Created.number())
            .text("type", "success")
            .nested("data", |out| self.write_banks(out))
            .close();
    }

    fn write_banks(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (index, bank) in self.0.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            bank.write(out);
        }
        out.push(b']');
    }

    /// Reads an answer of at most [`MAX_BANKS`] banks.
    ///
    /// # Errors
    ///
    /// [`BankListError`] tells what stands in the way.
    pub fn decode(body: &[u8]) -> Result<Self, BankListError> {
        let object =
            Object::parse(body).map_err(|e| BankListError::Answer(AnswerError::Json(e)))?;
        let code: Option<i64> = object.get("code").and_then(|code| code.integer());
        match code.ok_or(BankListError::Answer(AnswerError::NoCode))? {
            200 => {}
            code => return Err(BankListError::Refused { code, message: message(&object) }),
        }
        let banks = object.get("data").and_then(|data| data.array(MAX_BANKS));
        let banks = banks.ok_or(BankListError::NoList)?;
        banks.into_iter().map(Bank::decode).collect::<Result<_, _>>().map(Self)
    }
}

impl Bank {
    fn write(&self, out: &mut Vec<u8>) {
        let id = |out: &mut Vec<u8>| push_string(out, self.id.to_string().as_bytes());
        ObjectWriter::open(out).text("provider_name", &self.provider_name).nested("id", id).close();
    }

    fn decode(value: Lexeme<'_>) -> Result<Self, BankListError> {
        let object = value.object().map_err(|_| BankListError::NoList)?;
        let length = Length::up_to(MAX_PROVIDER_NAME);
        let name = field::text(&object, "provider_name", length).map_err(BankListError::Bank)?;
        let id = field::integer(&object, "id").map_err(BankListError::Bank)?;
        Ok(Self { provider_name: name.into_owned(), id })
    }
}

impl std::fmt::Display for BankListError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answer(error) => error.fmt(f),
            Self::Refused { code, message } => write!(f, "Refused with code {code}: {message}"),
            Self::NoList => f.write_str("The answer has no list of banks."),
            Self::Bank(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BankListError {}
