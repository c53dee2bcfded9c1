//! Values and statements of the tables that are written seldom: said once, run by any backend.

use super::{Result, Row, StoreError};

/// A value to bind, or one that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A statement with its values; its placeholders are `$1`, `$2`, ... in this order.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// What it says.
    pub(crate) sql: String,
    /// What is bound.
    pub(crate) values: Vec<Value>,
}

impl Statement {
    /// A statement in words of its own.
    pub(crate) fn new(sql: impl Into<String>, values: Vec<Value>) -> Self {
        Self { sql: sql.into(), values }
    }

    /// Adds one row: the table, and its columns beside their values.
    pub(crate) fn insert(table: &str, row: Vec<(&str, Value)>) -> Self {
        let (columns, values): (Vec<_>, Vec<_>) = row.into_iter().unzip();
        let places: Vec<_> = (1..=columns.len()).map(|place| format!("${place}")).collect();
        let (columns, places) = (columns.join(", "), places.join(", "));
        Self::new(format!("INSERT INTO {table} ({columns}) VALUES ({places})"), values)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u8> for Value {
    fn from(number: u8) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row whose values were taken out of the database.
impl Row for Vec<Value> {
    fn optional_number(&self, column: usize) -> Result<Option<i64>> {
        match self.get(column) {
            Some(Value::Number(number)) => Ok(Some(*number)),
            Some(Value::Null) => Ok(None),
            _ => Err(wrong(column, "number")),
        }
    }

    fn optional_text(&self, column: usize) -> Result<Option<&str>> {
        match self.get(column) {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            _ => Err(wrong(column, "text")),
        }
    }

    fn optional_bytes(&self, column: usize) -> Result<Option<&[u8]>> {
        match self.get(column) {
            Some(Value::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Value::Null) => Ok(None),
            _ => Err(wrong(column, "run of bytes")),
        }
    }

    fn optional_flag(&self, column: usize) -> Result<Option<bool>> {
        match self.get(column) {
            Some(Value::Flag(flag)) => Ok(Some(*flag)),
            // SQLite has no type for yes and no.
            Some(Value::Number(number)) => Ok(Some(*number != 0)),
            Some(Value::Null) => Ok(None),
            _ => Err(wrong(column, "flag")),
        }
    }
}

fn wrong(column: usize, wanted: &str) -> StoreError {
    StoreError::Broken(format!("column {column} is no {wanted}"))
}
