//! One row of `cashout_data` (`iqmoney-cashout.txt`, "Parametreler").
//!
//! What is wrong with a row is the row's own answer and stops no other. For optional fields an
//! empty string means absent, as the Sipay sample sends them so. Ids and telephones may come as
//! numbers; amounts by their text, as everywhere. Checksums are not the protocol's business.

use std::fmt;

use super::code::RowCode;
use crate::amount;
use crate::digest::ContentDigest;
use crate::extras::Extras;
use crate::field::{self, FieldError, Length, Problem};
use crate::json::{Object, ObjectWriter};
use crate::letters::{is_invisible, without_spaces};

#[cfg(test)]
mod tests;

/// The longest `unique_id`, in characters.
pub const MAX_UNIQUE_ID: usize = 64;
/// The longest `name_surname`, in characters.
pub const MAX_NAME: usize = 120;
/// The longest `iban`, in characters.
pub const MAX_IBAN: usize = 64;
/// The longest `name_of_bank`, in characters.
pub const MAX_BANK_NAME: usize = 120;
/// The longest `id_tc_kn`, in characters: 11 digits for people, 10 for companies.
pub const MAX_IDENTITY: usize = 32;
/// The longest `description`, in characters.
pub const MAX_DESCRIPTION: usize = 250;
/// The most bytes of unknown members in a row.
pub const MAX_ROW_EXTRAS: usize = 1024;

/// The digits that a telephone number has, by E.164.
const GSM_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// The longest `gsm_number` looked at, in characters, with its spaces and dashes.
const MAX_GSM: usize = 40;

/// The document's fields, in its order.
pub const FIELDS: &[&str] = &[
    "unique_id",
    "name_surname",
    "iban",
    "name_of_bank",
    "amount",
    "currency",
    "id_tc_kn",
    "gsm_number",
    "description",
];

/// A row whose fields have the form that the document asks for.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The merchant's id of this cash-out, if it sent one.
    pub unique_id: Option<String>,
    /// The receiver's name.
    pub name: String,
    /// The receiver's IBAN, as sent.
    pub iban: String,
    /// The bank's name.
    pub bank_name: Option<String>,
    /// The amount in minor units.
    pub amount_minor: i64,
    /// Three letters, made capitals.
    pub currency: String,
    /// The receiver's identity or tax number.
    pub identity: Option<String>,
    /// The receiver's telephone, digits only.
    pub gsm: String,
    /// What the receiver may see on the statement.
    pub description: Option<String>,
    /// Members that the document does not have.
    pub extras: Extras,
}

/// Why a row is refused before anybody looks at its money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// The code to answer.
    pub code: RowCode,
    /// What is wrong, for people.
    pub message: String,
    /// The row's id, if it sent one.
    pub unique_id: Option<String>,
}

impl Row {
    /// Reads a row; unknown members become `extras`.
    ///
    /// # Errors
    ///
    /// [`RowProblem`] for the first field that is wrong.
    pub fn decode(object: &Object<'_>) -> Result<Self, RowProblem> {
        let problem = |error: &FieldError, unique_id: Option<String>| RowProblem {
            code: error.into(),
            message: error.to_string(),
            unique_id,
        };
        let unique_id = unique_id(object).map_err(|error| problem(&error, None))?;
        Self::decode_fields(object)
            .map(|row| Self { unique_id: unique_id.clone(), ..row })
            .map_err(|error| problem(&error, unique_id))
    }

    fn decode_fields(object: &Object<'_>) -> Result<Self, FieldError> {
        let text = |field, max| field::text(object, field, Length::up_to(max)).map(String::from);
        Ok(Self {
            unique_id: None,
            name: text("name_surname", MAX_NAME)?,
            iban: text("iban", MAX_IBAN)?,
            bank_name: field::optional_text(object, "name_of_bank", MAX_BANK_NAME)?,
            amount_minor: field::amount(object, "amount")?,
            currency: currency(object)?,
            identity: field::optional_id(object, "id_tc_kn", MAX_IDENTITY)?,
            gsm: gsm(object)?,
            description: field::optional_text(object, "description", MAX_DESCRIPTION)?,
            extras: Extras::decode_within(object, FIELDS, MAX_ROW_EXTRAS)?,
        })
    }

    /// Appends the row as a merchant sends it: members in the document's order, extras last, what
    /// is absent left out.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        let optional = |writer: &mut ObjectWriter<'_>, name, value: &Option<String>| {
            if let Some(value) = value {
                writer.text(name, value);
            }
        };
        let mut writer = ObjectWriter::open(out);
        optional(&mut writer, "unique_id", &self.unique_id);
        writer.text("name_surname", &self.name).text("iban", &self.iban);
        optional(&mut writer, "name_of_bank", &self.bank_name);
        writer.raw("amount", &amount::php_number(self.amount_minor));
        writer.text("currency", &self.currency);
        optional(&mut writer, "id_tc_kn", &self.identity);
        writer.text("gsm_number", &self.gsm);
        optional(&mut writer, "description", &self.description);
        self.extras.write(&mut writer);
        writer.close();
    }

    /// A digest of every document field. Two rows with one `unique_id` are the same row when their
    /// digests are equal: 10 and 10.00 are the same amount, the spaces and case of an IBAN and an
    /// extra member make no other cash-out.
    #[must_use]
    pub fn content_digest(&self) -> [u8; 16] {
        let mut digest = ContentDigest::of(b"vezne ccpayment cashout 1");
        digest.part(self.name.as_bytes());
        digest.part(without_spaces(&self.iban).to_ascii_uppercase().as_bytes());
        digest.part(&self.amount_minor.to_be_bytes());
        digest.part(self.currency.as_bytes());
        digest.part(self.gsm.as_bytes());
        for text in [&self.unique_id, &self.bank_name, &self.identity, &self.description] {
            // An empty text is an absent one.
            digest.part(text.as_deref().unwrap_or_default().as_bytes());
        }
        digest.finish()
    }
}

/// The id becomes a part of the text that the webhook's `hash_key` holds.
fn unique_id(object: &Object<'_>) -> Result<Option<String>, FieldError> {
    let unique_id = field::optional_id(object, "unique_id", MAX_UNIQUE_ID)?;
    if unique_id.as_ref().is_some_and(|id| id.chars().any(is_invisible)) {
        return Err(FieldError::new("unique_id", Problem::Invisible));
    }
    if unique_id.as_ref().is_some_and(|id| id.contains('|')) {
        return Err(FieldError::new("unique_id", Problem::CannotBeSigned));
    }
    Ok(unique_id)
}

fn currency(object: &Object<'_>) -> Result<String, FieldError> {
    let text = field::text(object, "currency", Length::up_to(MAX_GSM))?;
    if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        let problem = Problem::NotOneOf { allowed: "codes of three letters, as TRY" };
        return Err(FieldError::new("currency", problem));
    }
    Ok(text.to_ascii_uppercase())
}

/// The telephone's digits.
fn gsm(object: &Object<'_>) -> Result<String, FieldError> {
    field::required(object, "gsm_number")?;
    let sent = field::optional_id(object, "gsm_number", MAX_GSM)?;
    let sent = sent.ok_or(FieldError::new("gsm_number", Problem::Empty))?;
    let digits = plain_gsm(&sent);
    if GSM_DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(digits);
    }
    let problem = Problem::NotDigits { min: *GSM_DIGITS.start(), max: *GSM_DIGITS.end() };
    Err(FieldError::new("gsm_number", problem))
}

/// The documents ask for no `+`, SDKs send it all the same (`research/wire-facts.md` 2.4).
fn plain_gsm(sent: &str) -> String {
    without_spaces(sent).replace(['+', '-'], "")
}

/// The rest of a row is personal data.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("unique_id", &self.unique_id)
            .field("amount_minor", &self.amount_minor)
            .field("currency", &self.currency)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RowProblem {}
