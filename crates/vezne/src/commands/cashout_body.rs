//! A merchant's JSON of cash-outs: a request's whole body, or only its rows.

use serde_json::value::RawValue;
use vezne_wire::json::{Kind, Lexeme, Object, ObjectWriter};

use super::Error;

/// What was read, not yet looked into.
pub(super) struct CashoutBody<'a> {
    whole: Option<Object<'a>>,
    /// `cashout_data`.
    pub(super) rows: Lexeme<'a>,
}

impl<'a> CashoutBody<'a> {
    /// Reads the outermost level.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        // Some editors begin a file with a mark of its encoding.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let value = Lexeme::new(serde_json::from_slice::<&RawValue>(bytes)?);
        if value.kind() == Kind::Array {
            return Ok(Self { whole: None, rows: value });
        }
        let whole = Object::parse(bytes)?;
        let rows = whole.get("cashout_data").filter(|rows| rows.kind() == Kind::Array);
        let rows =
            rows.ok_or("the JSON is neither an array of rows nor a body with cashout_data")?;
        Ok(Self { whole: Some(whole), rows })
    }

    /// A member of the body; nothing when there are only rows.
    pub(super) fn get(&self, name: &str) -> Option<Lexeme<'a>> {
        self.whole.as_ref()?.get(name)
    }

    /// A text of the body that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = self.get(name)?.text()?;
        Some(text.into_owned()).filter(|text| !text.is_empty())
    }

    /// A body with these rows that can be read as a request, whether it was one or not.
    pub(super) fn as_request(&self, hash_key: &str) -> Vec<u8> {
        let mut body = Vec::new();
        ObjectWriter::open(&mut body)
            .text("merchant_key", "any")
            .text("hash_key", hash_key)
            .integer("cashout_type", 1)
            .raw("cashout_data", self.rows.raw())
            .close();
        body
    }
}
