//! What a merchant may do on each channel, as rows.

use rusqlite::{Connection, Row, params};
use vezne_core::model::commission::Commission;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::{Merchant, Terms};

use super::super::error::{Result, get, optional_text, text};
use super::list;

const INSERT: &str = "INSERT INTO terms (merchant_id, position, channel, percent_ppm, \
     fixed_minor, minimum_minor, maximum_minor, least_amount_minor, most_amount_minor, \
     day_limit_minor, rail, receiver_percent_ppm, receiver_fixed_minor, \
     receiver_minimum_minor, receiver_maximum_minor) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Writes the terms of a merchant that has none in the table.
pub(super) fn write(connection: &Connection, merchant: &Merchant) -> Result<()> {
    for (at, terms) in (0_i64..).zip(&merchant.terms) {
        let Commission { percent_ppm, fixed_minor, minimum_minor, maximum_minor } =
            terms.commission;
        let receiver = terms.receiver_commission;
        connection.prepare_cached(INSERT)?.execute(params![
            merchant.id.0,
            at,
            terms.channel.as_str(),
            percent_ppm,
            fixed_minor,
            minimum_minor,
            maximum_minor,
            terms.amount.minimum_minor,
            terms.amount.maximum_minor,
            terms.day_limit_minor,
            terms.rail.as_ref().map(|rail| rail.as_str()),
            receiver.percent_ppm,
            receiver.fixed_minor,
            receiver.minimum_minor,
            receiver.maximum_minor,
        ])?;
    }
    Ok(())
}

/// Reads the terms of a merchant, in order.
pub(super) fn read(connection: &Connection, id: MerchantId) -> Result<Vec<Terms>> {
    let what = "channel, percent_ppm, fixed_minor, minimum_minor, maximum_minor, \
         least_amount_minor, most_amount_minor, day_limit_minor, rail, receiver_percent_ppm, \
         receiver_fixed_minor, receiver_minimum_minor, receiver_maximum_minor FROM terms";
    list(connection, what, id, read_row)
}

fn read_row(row: &Row<'_>) -> Result<Terms> {
    let amount = AmountLimit { minimum_minor: get(row, 5)?, maximum_minor: get(row, 6)? };
    Ok(Terms {
        channel: text(row, 0)?.into(),
        commission: read_commission(row, 1)?,
        receiver_commission: read_commission(row, 9)?,
        amount,
        day_limit_minor: get(row, 7)?,
        rail: optional_text(row, 8)?.map(Into::into),
    })
}

/// The four columns of a tariff that begin at `first`.
fn read_commission(row: &Row<'_>, first: usize) -> Result<Commission> {
    Ok(Commission {
        percent_ppm: get(row, first)?,
        fixed_minor: get(row, first + 1)?,
        minimum_minor: get(row, first + 2)?,
        maximum_minor: get(row, first + 3)?,
    })
}
