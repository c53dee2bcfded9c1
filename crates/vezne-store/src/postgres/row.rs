//! PostgreSQL's rows and values.

use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

use crate::row::{Result, Row, Value};

impl Row for tokio_postgres::Row {
    fn optional_number(&self, column: usize) -> Result<Option<i64>> {
        borrowed(self, column)
    }

    fn optional_text(&self, column: usize) -> Result<Option<&str>> {
        borrowed(self, column)
    }

    fn optional_bytes(&self, column: usize) -> Result<Option<&[u8]>> {
        borrowed(self, column)
    }

    fn optional_flag(&self, column: usize) -> Result<Option<bool>> {
        borrowed(self, column)
    }
}

fn borrowed<'r, T: FromSql<'r>>(row: &'r tokio_postgres::Row, column: usize) -> Result<Option<T>> {
    Ok(row.try_get(column)?)
}

impl ToSql for Value {
    fn to_sql(
        &self,
        wanted: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            // A flag that comes from SQLite, which has no type for it.
            Self::Number(number) if *wanted == Type::BOOL => (*number != 0).to_sql(wanted, out),
            Self::Number(number) => number.to_sql(wanted, out),
            Self::Flag(flag) => flag.to_sql(wanted, out),
            Self::Text(text) => text.to_sql(wanted, out),
            Self::Bytes(bytes) => bytes.to_sql(wanted, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Takes the values of a row out of the database.
pub(super) fn values(row: &tokio_postgres::Row) -> Result<Vec<Value>> {
    (0..row.len()).map(|column| value(row, column)).collect()
}

fn value(row: &tokio_postgres::Row, column: usize) -> Result<Value> {
    let of = row.columns().get(column).map(|column| column.type_().clone());
    Ok(match of {
        Some(Type::INT8) => row.optional_number(column)?.into(),
        Some(Type::BOOL) => row.optional_flag(column)?.into(),
        Some(Type::BYTEA) => row.optional_bytes(column)?.map(<[u8]>::to_vec).into(),
        _ => row.optional_text(column)?.into(),
    })
}

/// The type that a value is sent as; a null takes whatever type its place has.
pub(super) fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::UNKNOWN,
        Value::Number(_) => Type::INT8,
        Value::Flag(_) => Type::BOOL,
        Value::Text(_) => Type::TEXT,
        Value::Bytes(_) => Type::BYTEA,
    }
}
