//! How rows and the types of the core become each other, whatever the database.
//!
//! A backend brings its SQL and its bindings. What a column says, which codes stand for what and
//! how a value is sealed is said here once.

pub(crate) mod callback;
pub(crate) mod desk_state;
pub(crate) mod directory;
pub(crate) mod error;
mod facts;
pub(crate) mod ledger;
mod list;
pub(crate) mod payout;
pub(crate) mod refusal;
pub(crate) mod sealed;
pub(crate) mod state;
pub(crate) mod trail;
pub(crate) mod used_proof;
mod value;
pub(crate) mod waiting;

use vezne_core::model::money::{Currency, Money};
use vezne_core::model::time::Timestamp;

pub(crate) use error::{Result, StoreError, alarm, of_one_row, unknown};
pub(crate) use list::Listed;
pub(crate) use value::{Statement, Value};

/// A row of any backend. Columns are counted from zero.
pub(crate) trait Row {
    /// A whole number.
    fn optional_number(&self, column: usize) -> Result<Option<i64>>;
    /// A text, borrowed.
    fn optional_text(&self, column: usize) -> Result<Option<&str>>;
    /// Bytes, borrowed.
    fn optional_bytes(&self, column: usize) -> Result<Option<&[u8]>>;
    /// Yes or no.
    fn optional_flag(&self, column: usize) -> Result<Option<bool>>;
}

/// What a column can be read as.
pub(crate) trait Column: Sized {
    /// Reads the column of a row.
    fn read(row: &(impl Row + ?Sized), column: usize) -> Result<Self>;
}

/// Reads the column of a row.
pub(crate) fn get<T: Column>(row: &(impl Row + ?Sized), column: usize) -> Result<T> {
    T::read(row, column)
}

/// The text of a column, borrowed.
pub(crate) fn text(row: &(impl Row + ?Sized), column: usize) -> Result<&str> {
    row.optional_text(column)?.ok_or_else(|| null(column))
}

/// The text of a column that may be null, borrowed.
pub(crate) fn optional_text(row: &(impl Row + ?Sized), column: usize) -> Result<Option<&str>> {
    row.optional_text(column)
}

/// The bytes of a column, borrowed.
pub(crate) fn bytes(row: &(impl Row + ?Sized), column: usize) -> Result<&[u8]> {
    row.optional_bytes(column)?.ok_or_else(|| null(column))
}

/// The bytes of a column that may be null, borrowed.
pub(crate) fn optional_bytes(row: &(impl Row + ?Sized), column: usize) -> Result<Option<&[u8]>> {
    row.optional_bytes(column)
}

/// A moment.
pub(crate) fn moment(row: &impl Row, column: usize) -> Result<Timestamp> {
    get(row, column).map(Timestamp::from_micros)
}

/// A currency.
pub(crate) fn currency(row: &impl Row, column: usize) -> Result<Currency> {
    let code = text(row, column)?;
    code.parse().map_err(|_| unknown("currency", code))
}

/// An amount in a currency.
pub(crate) fn money(row: &impl Row, column: usize, currency: Currency) -> Result<Money> {
    Ok(Money::new(get(row, column)?, currency))
}

/// A digest of sixteen bytes.
pub(crate) fn digest(row: &impl Row, column: usize) -> Result<[u8; 16]> {
    let wrong = |_| StoreError::Broken("a digest of wrong length".to_owned());
    bytes(row, column)?.try_into().map_err(wrong)
}

fn null(column: usize) -> StoreError {
    StoreError::Broken(format!("column {column} is null"))
}

impl Column for Option<i64> {
    fn read(row: &(impl Row + ?Sized), column: usize) -> Result<Self> {
        row.optional_number(column)
    }
}

impl Column for i64 {
    fn read(row: &(impl Row + ?Sized), column: usize) -> Result<Self> {
        row.optional_number(column)?.ok_or_else(|| null(column))
    }
}

/// A whole number that must fit a narrower type.
macro_rules! narrow {
    ($($number:ty)+) => {$(
        impl Column for Option<$number> {
            fn read(row: &(impl Row + ?Sized), column: usize) -> Result<Self> {
                let beyond = |wide| StoreError::Broken(format!("column {column} holds {wide}"));
                let narrow = |wide| <$number>::try_from(wide).map_err(|_| beyond(wide));
                row.optional_number(column)?.map(narrow).transpose()
            }
        }

        impl Column for $number {
            fn read(row: &(impl Row + ?Sized), column: usize) -> Result<Self> {
                get::<Option<$number>>(row, column)?.ok_or_else(|| null(column))
            }
        }
    )+};
}

narrow! { u8 u16 u32 }

impl Column for Option<String> {
    fn read(row: &(impl Row + ?Sized), column: usize) -> Result<Self> {
        Ok(row.optional_text(column)?.map(str::to_owned))
    }
}

impl Column for String {
    fn read(row: &(impl Row + ?Sized), column: usize) -> Result<Self> {
        text(row, column).map(str::to_owned)
    }
}

impl Column for bool {
    fn read(row: &(impl Row + ?Sized), column: usize) -> Result<Self> {
        row.optional_flag(column)?.ok_or_else(|| null(column))
    }
}
