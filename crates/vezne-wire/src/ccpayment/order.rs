//! The cash-out request as its sender makes it.

use std::fmt;

use super::hash_key::{Expected, make, plaintext};
use super::row::Row;
use crate::json::ObjectWriter;
use crate::secret::SecretText;

#[cfg(test)]
mod tests;

/// Rows to be sent, and for whom.
#[derive(Clone, Copy)]
pub struct CashoutOrder<'a> {
    /// The merchant's identifier.
    pub merchant_key: &'a str,
    /// `reverse_web_hook_key`, if an outcome is to be told to a webhook.
    pub web_hook_key: Option<&'a str>,
    /// The rows.
    pub rows: &'a [Row],
}

impl CashoutOrder<'_> {
    /// The body, `cashout_data` nested as in the documents' samples. `iv` and `salt` have to be
    /// random. `None` without rows, and when their sum is more than can be held.
    #[must_use]
    pub fn encode(&self, app_secret: &SecretText, iv: [u8; 8], salt: [u8; 2]) -> Option<Vec<u8>> {
        let text = plaintext(&self.expected()?);
        Some(self.write(&make(&text, app_secret.expose(), iv, salt)))
    }

    /// What the `hash_key` is of.
    fn expected(&self) -> Option<Expected<'_>> {
        let first = self.rows.first()?;
        let amounts = self.rows.iter().map(|row| row.amount_minor);
        Some(Expected {
            sum_minor: amounts.into_iter().try_fold(0_i64, i64::checked_add)?,
            iban: &first.iban,
            amount_minor: first.amount_minor,
            currency: &first.currency,
            gsm: &first.gsm,
        })
    }

    pub(super) fn write(&self, hash_key: &str) -> Vec<u8> {
        let mut body = Vec::with_capacity(512 + self.rows.len() * 320);
        let mut writer = ObjectWriter::open(&mut body);
        writer
            .text("merchant_key", self.merchant_key)
            .text("hash_key", hash_key)
            .integer("cashout_type", 1)
            .nested("cashout_data", |out| self.write_rows(out));
        if let Some(key) = self.web_hook_key {
            writer.text("reverse_web_hook_key", key);
        }
        writer.close();
        body
    }

    fn write_rows(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (at, row) in self.rows.iter().enumerate() {
            out.extend_from_slice(if at == 0 { b"[" } else { b",[" });
            row.encode_into(out);
            out.push(b']');
        }
        out.push(b']');
    }
}

/// The rows are about people.
impl fmt::Debug for CashoutOrder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CashoutOrder").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}
