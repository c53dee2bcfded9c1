//! The cash-out request (both documents, "İstek").
//!
//! Two kinds of wrong: what keeps the request from being read or its sum from being made is the
//! whole request's, since then the `hash_key` cannot be checked; everything else in a row is the
//! row's. `cashout_data` nests as the documents show it, `[[{}],[{}]]`, or as SDKs send it,
//! `[{},{}]`, or with several objects in one inner list (`research/wire-facts.md` A3).

use std::fmt;

use super::hash_key::{self, Expected};
use super::row::{Row, RowProblem};
use crate::amount::{self, AmountError};
use crate::decimal::Decimal;
use crate::digest::ContentDigest;
use crate::field::{self, FieldError, Length, Problem};
use crate::json::{JsonError, Kind, Lexeme, Object};

#[cfg(test)]
mod tests;

/// The longest `merchant_key`, in characters; the samples' has 60.
pub const MAX_MERCHANT_KEY: usize = 255;
/// The longest `reverse_web_hook_key`, in characters.
pub const MAX_WEB_HOOK_KEY: usize = 100;
/// The most unknown members of all rows together: each costs far more memory than its text.
pub const MAX_EXTRAS: usize = 40_000;

/// A cash-out to bank.
#[derive(Clone)]
pub struct CashoutRequest {
    /// The merchant's identifier.
    pub merchant_key: String,
    /// The `hash_key` as sent, not yet verified.
    pub hash_key: String,
    /// `reverse_web_hook_key`, which names the webhook that is told the outcome.
    pub web_hook_key: Option<String>,
    /// The rows in the order sent; those that are refused already, with their reason.
    pub rows: Vec<Result<Row, RowProblem>>,
    /// The sum of all rows' amounts in minor units, refused rows included.
    pub sum_minor: i64,
    /// What the `hash_key` is made of.
    pub first: First,
}

/// The first row's fields as sent, right or wrong: a client makes its `hash_key` from these.
#[derive(Clone, PartialEq, Eq)]
pub struct First {
    /// `iban`, empty when it is no text.
    pub iban: String,
    /// `amount` in minor units; it may be nothing.
    pub amount_minor: i64,
    /// `currency`, empty when it is no text.
    pub currency: String,
    /// `gsm_number`, empty when it is neither text nor number.
    pub gsm: String,
}

/// Why a request cannot be read as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// A field outside the rows.
    Field(FieldError),
    /// `cashout_data` has no row.
    NoRows,
    /// `cashout_data` has more rows than are taken at once.
    TooManyRows {
        /// How many are taken.
        most: usize,
    },
    /// The rows have more than [`MAX_EXTRAS`] unknown members.
    TooManyExtras,
    /// An element is neither an object nor a list of objects.
    NotARow {
        /// Which, counted from zero.
        row: usize,
    },
    /// A row's object has a member twice, or too many.
    Row {
        /// Which, counted from zero.
        row: usize,
        /// What is wrong with it.
        error: JsonError,
    },
    /// An amount without which no sum can be made.
    Amount {
        /// Which row's, counted from zero.
        row: usize,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The sum is more than can be held.
    SumTooLarge,
}

impl CashoutRequest {
    /// Reads a request of at most `most_rows` rows.
    ///
    /// # Errors
    ///
    /// [`RequestError`] when it cannot be read as a whole.
    pub fn decode(object: &Object<'_>, most_rows: usize) -> Result<Self, RequestError> {
        let field = RequestError::Field;
        let length = Length::up_to(MAX_MERCHANT_KEY);
        let merchant_key = field::text(object, "merchant_key", length).map_err(field)?.into_owned();
        let hash_key = hash_key(object).map_err(field)?;
        only_to_bank(object).map_err(field)?;
        let web_hook_key = field::optional_text(object, "reverse_web_hook_key", MAX_WEB_HOOK_KEY);
        let web_hook_key = web_hook_key.map_err(field)?;
        let Rows { rows, sum, first, .. } = Rows::decode(object, most_rows)?;
        let sum_minor = sum.nearest_minor().ok_or(RequestError::SumTooLarge)?;
        let first = first.ok_or(RequestError::NoRows)?;
        Ok(Self { merchant_key, hash_key, web_hook_key, rows, sum_minor, first })
    }

    /// What the `hash_key` has to be of.
    #[must_use]
    pub fn expected(&self) -> Expected<'_> {
        Expected {
            sum_minor: self.sum_minor,
            iban: &self.first.iban,
            amount_minor: self.first.amount_minor,
            currency: &self.first.currency,
            gsm: &self.first.gsm,
        }
    }
}

impl CashoutRequest {
    /// A digest of the rows, whatever `hash_key` they came with: two requests with one digest ask
    /// for the same cash-outs.
    #[must_use]
    pub fn rows_digest(&self) -> [u8; 16] {
        let mut digest = ContentDigest::of(b"vezne ccpayment rows 1");
        for row in &self.rows {
            match row {
                Ok(row) => digest.part(&row.content_digest()),
                Err(problem) => digest.part(problem.message.as_bytes()),
            }
        }
        digest.finish()
    }

    /// A digest of the whole request. The `hash_key` counts with its IV, so that one with a changed
    /// IV is another request (`research/reliability.md` PB2).
    #[must_use]
    pub fn content_digest(&self) -> [u8; 16] {
        let mut digest = ContentDigest::of(b"vezne ccpayment request 1");
        digest.part(hash_key::canonical(&self.hash_key).as_bytes());
        digest.part(&self.rows_digest());
        digest.part(self.web_hook_key.as_deref().unwrap_or_default().as_bytes());
        digest.finish()
    }
}

/// Any text that is not empty: what is wrong with it has the one answer of a wrong `hash_key`, and
/// line feeds in it are tolerated.
fn hash_key(object: &Object<'_>) -> Result<String, FieldError> {
    let wrong = |problem| Err(FieldError::new("hash_key", problem));
    let value = field::required(object, "hash_key")?;
    if value.kind() != Kind::String {
        return wrong(Problem::WrongType { expected: "a string" });
    }
    match value.text() {
        Some(text) if text.trim().is_empty() => wrong(Problem::Empty),
        Some(text) => Ok(text.into_owned()),
        None => wrong(Problem::BadCharacter),
    }
}

/// Only 1, to bank, is documented (`research/wire-facts.md` A16).
fn only_to_bank(object: &Object<'_>) -> Result<(), FieldError> {
    let value = field::required(object, "cashout_type")?;
    if value.integer() == Some(1_i64) {
        return Ok(());
    }
    Err(FieldError::new("cashout_type", Problem::NotOneOf { allowed: "1" }))
}

/// The rows read so far.
struct Rows {
    rows: Vec<Result<Row, RowProblem>>,
    most: usize,
    sum: Decimal,
    extras: usize,
    first: Option<First>,
}

impl Rows {
    fn decode(object: &Object<'_>, most: usize) -> Result<Self, RequestError> {
        let data = field::required(object, "cashout_data").map_err(RequestError::Field)?;
        if data.kind() != Kind::Array {
            let problem = Problem::WrongType { expected: "an array of objects" };
            return Err(RequestError::Field(FieldError::new("cashout_data", problem)));
        }
        let too_many = RequestError::TooManyRows { most };
        let outer = data.array(most).ok_or(too_many.clone())?;
        let rows = Vec::with_capacity(outer.len());
        let mut all = Self { rows, most, sum: Decimal::ZERO, extras: 0, first: None };
        for element in outer {
            if element.kind() == Kind::Array {
                let inner = element.array(most).ok_or(too_many.clone())?;
                // Each list holds a row, so that a bound on rows is one on lists as well.
                inner.first().ok_or(RequestError::NotARow { row: all.rows.len() })?;
                inner.into_iter().try_for_each(|value| all.take(value))?;
            } else {
                all.take(element)?;
            }
        }
        Ok(all)
    }

    fn take(&mut self, value: Lexeme<'_>) -> Result<(), RequestError> {
        let at = self.rows.len();
        if at == self.most {
            return Err(RequestError::TooManyRows { most: self.most });
        }
        if value.kind() != Kind::Object {
            return Err(RequestError::NotARow { row: at });
        }
        let object = value.object().map_err(|error| RequestError::Row { row: at, error })?;
        let wrong = |problem| RequestError::Amount { row: at, problem };
        let amount = read_amount(&object).map_err(wrong)?;
        self.sum = self.sum.plus(amount).ok_or(RequestError::SumTooLarge)?;
        if self.first.is_none() {
            self.first = Some(First::decode(&object, amount).map_err(wrong)?);
        }
        self.keep(Row::decode(&object))
    }

    fn keep(&mut self, row: Result<Row, RowProblem>) -> Result<(), RequestError> {
        self.extras += row.as_ref().map_or(0, |row| row.extras.len());
        if self.extras > MAX_EXTRAS {
            return Err(RequestError::TooManyExtras);
        }
        self.rows.push(row);
        Ok(())
    }
}

/// An amount with all its decimals, which are too many for the row but not for the sum.
fn read_amount(object: &Object<'_>) -> Result<Decimal, Problem> {
    let value = object.get("amount").ok_or(Problem::Missing)?;
    let text = text_or_number(value);
    let decimal = text.as_ref().and_then(|text| Decimal::parse(text.as_bytes()));
    // A number that a client's runtime printed of a double stands for the amount; a text is one.
    let printed = |decimal: Decimal| match value.number() {
        Some(_) if decimal.exact_minor().is_none() => {
            decimal.of_double(2).map_or(decimal, Decimal::of_minor)
        }
        _ => decimal,
    };
    decimal.map(printed).ok_or_else(|| {
        let reason = amount::from_lexeme(value, 2).err().unwrap_or(AmountError::TooLarge);
        Problem::NotAnAmount(reason)
    })
}

impl First {
    /// A first amount that is no whole number of minor units could not be compared with the hash's,
    /// so its request is told here what it would otherwise only be told of the hash.
    fn decode(object: &Object<'_>, amount: Decimal) -> Result<Self, Problem> {
        let text = |name| object.get(name).and_then(text_or_number).unwrap_or_default();
        let finer = Problem::NotAnAmount(AmountError::TooManyDecimals { allowed: 2 });
        Ok(Self {
            iban: text("iban"),
            amount_minor: amount.exact_minor().ok_or(finer)?,
            currency: text("currency"),
            gsm: text("gsm_number"),
        })
    }
}

fn text_or_number(value: Lexeme<'_>) -> Option<String> {
    super::answer::text_or_number(value)
}

/// Keys and personal data stay out of logs.
impl fmt::Debug for CashoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CashoutRequest")
            .field("rows", &self.rows.len())
            .field("sum_minor", &self.sum_minor)
            .finish_non_exhaustive()
    }
}

/// Whose account and telephone it is stays out of logs.
impl fmt::Debug for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("First").field("amount_minor", &self.amount_minor).finish_non_exhaustive()
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(error) => error.fmt(f),
            Self::NoRows => f.write_str("cashout_data must not be empty."),
            Self::TooManyRows { most } => {
                write!(f, "cashout_data must not have more than {most} rows.")
            }
            Self::TooManyExtras => f.write_str("cashout_data has too many unknown members."),
            Self::NotARow { row } => write!(f, "cashout_data[{row}] must be an object."),
            Self::Row { row, error } => write!(f, "cashout_data[{row}] is not valid: {error}"),
            Self::Amount { row, problem } => {
                // The problem's own words, after the row's name.
                let error = FieldError::new("amount", *problem);
                write!(f, "cashout_data[{row}].{error}")
            }
            Self::SumTooLarge => f.write_str("The sum of cashout_data is too large."),
        }
    }
}

impl std::error::Error for RequestError {}
