//! SQLite's rows and values.

use rusqlite::types::{ToSql, ToSqlOutput, Type, ValueRef};

use crate::row::{Result, Row, StoreError, Value};

impl Row for rusqlite::Row<'_> {
    fn optional_number(&self, column: usize) -> Result<Option<i64>> {
        let value = self.get_ref(column)?;
        value.as_i64_or_null().map_err(|_| wrong_type(column, value.data_type()))
    }

    fn optional_text(&self, column: usize) -> Result<Option<&str>> {
        let value = self.get_ref(column)?;
        value.as_str_or_null().map_err(|_| wrong_type(column, value.data_type()))
    }

    fn optional_bytes(&self, column: usize) -> Result<Option<&[u8]>> {
        let value = self.get_ref(column)?;
        value.as_blob_or_null().map_err(|_| wrong_type(column, value.data_type()))
    }

    fn optional_flag(&self, column: usize) -> Result<Option<bool>> {
        Ok(self.optional_number(column)?.map(|number| number != 0))
    }
}

fn wrong_type(column: usize, found: Type) -> StoreError {
    StoreError::Broken(format!("column {column} is of type {found}"))
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self {
            Self::Null => ValueRef::Null,
            Self::Number(number) => ValueRef::Integer(*number),
            Self::Flag(flag) => ValueRef::Integer((*flag).into()),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

/// Takes the values of a row out of the database.
pub(crate) fn values(row: &rusqlite::Row<'_>) -> Result<Vec<Value>> {
    let columns = 0..row.as_ref().column_count();
    columns.map(|column| value(row.get_ref(column)?, column)).collect()
}

fn value(value: ValueRef<'_>, column: usize) -> Result<Value> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map(Value::Text);
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Number(number)),
        ValueRef::Text(bytes) => text(bytes).map_err(|_| wrong_type(column, Type::Text)),
        ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes.to_vec())),
        ValueRef::Real(_) => Err(wrong_type(column, Type::Real)),
    }
}
