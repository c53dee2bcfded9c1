//! What a table comes to, whatever the order of its rows: how many they are, a checksum over every
//! column, and the money in them.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{Context, SHA256};

use super::tables::Table;
use crate::row::{Result, Value, get, text};

/// What the rows of a table come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many there are.
    pub rows: u64,
    /// The sum of a digest of each row, so that neither their order nor the database matters.
    pub checksum: u128,
    /// Minor units by currency and by what else the table tells money apart by: the account, the
    /// reason or the state.
    pub money: BTreeMap<(String, String), i128>,
}

impl Tally {
    /// Counts a row of a table in.
    pub(super) fn add(&mut self, table: &Table, row: &Vec<Value>) -> Result<()> {
        self.rows += 1;
        self.checksum = self.checksum.wrapping_add(digest(row));
        let places = table.money.map(|names| names.map(|name| table.place(name)));
        if let Some([Some(currency), Some(apart), Some(amount)]) = places {
            let name = (text(row, currency)?.to_owned(), text(row, apart)?.to_owned());
            *self.money.entry(name).or_default() += i128::from(get::<i64>(row, amount)?);
        }
        Ok(())
    }
}

/// The first half of the SHA-256 of the values, each with its kind and its length before it.
pub(super) fn digest(row: &[Value]) -> u128 {
    let mut context = Context::new(&SHA256);
    let mut put = |kind: u8, bytes: &[u8]| {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        context.update(&[kind]);
        context.update(&length.to_le_bytes());
        context.update(bytes);
    };
    for value in row {
        match value {
            Value::Null => put(0, &[]),
            Value::Number(number) => put(1, &number.to_le_bytes()),
            // SQLite has no type for yes and no.
            Value::Flag(flag) => put(1, &i64::from(*flag).to_le_bytes()),
            Value::Text(text) => put(2, text.as_bytes()),
            Value::Bytes(bytes) => put(3, bytes),
        }
    }
    let half =
        |bytes: &[u8]| bytes.iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte));
    half(context.finish().as_ref())
}

#[cfg(test)]
mod tests;
