//! Rows as JSON: an array of them, or a request's whole body.

use vezne_wire::ccpayment::Row;
use vezne_wire::json::{Kind, Lexeme};

use super::file::{MOST_ROWS, Read, RowsFile};
use super::lines::Lines;
use crate::commands::Error;
use crate::commands::cashout_body::CashoutBody;

/// Reads the rows, and into `file` what a whole body says beside them. Its `hash_key` is of no use:
/// each request gets its own.
pub(super) fn read(bytes: &[u8], file: &mut RowsFile) -> Result<Vec<Read>, Error> {
    let body = CashoutBody::parse(bytes)?;
    if body.get("cashout_type").is_some_and(|value| value.integer() != Some(1_i64)) {
        return Err("cashout_type must be 1, to bank".into());
    }
    file.merchant_key = body.text("merchant_key");
    file.web_hook_key = body.text("reverse_web_hook_key");
    let too_many = || Error::from(format!("it has more than {MOST_ROWS} rows; send it in parts"));
    let (mut rows, mut lines) = (Vec::new(), Lines::of(bytes));
    // A value is a part of the text that it was read from.
    let mut line = |value: Lexeme<'_>| {
        lines.up_to(value.raw().as_ptr().addr().saturating_sub(bytes.as_ptr().addr()))
    };
    for element in body.rows.array(MOST_ROWS).ok_or_else(too_many)? {
        if element.kind() == Kind::Array {
            let inner = element.array(MOST_ROWS).ok_or_else(too_many)?;
            rows.extend(inner.into_iter().map(|value| (line(value), row(value))));
        } else {
            rows.push((line(element), row(element)));
        }
    }
    Ok(rows)
}

fn row(value: Lexeme<'_>) -> Result<Row, String> {
    if value.kind() != Kind::Object {
        return Err("The row must be an object.".to_owned());
    }
    let object = value.object().map_err(|error| error.to_string())?;
    Row::decode(&object).map_err(|problem| problem.message)
}
