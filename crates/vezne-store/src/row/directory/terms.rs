//! What a merchant may do on each channel, as rows.

use vezne_core::model::commission::Commission;
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::{Merchant, Terms};

use super::super::{Result, Row, Statement, get, optional_text, text};

pub(super) const SELECT: &str = "SELECT merchant_id, channel, percent_ppm, fixed_minor, \
     minimum_minor, maximum_minor, least_amount_minor, most_amount_minor, day_limit_minor, rail, \
     receiver_percent_ppm, receiver_fixed_minor, receiver_minimum_minor, receiver_maximum_minor \
     FROM terms ORDER BY merchant_id, position";

/// Writes the terms of a merchant that has none in the table.
pub(super) fn put(merchant: &Merchant) -> impl Iterator<Item = Statement> {
    (0_i64..).zip(&merchant.terms).map(|(at, terms)| {
        let Commission { percent_ppm, fixed_minor, minimum_minor, maximum_minor } =
            terms.commission;
        let receiver = terms.receiver_commission;
        let row = vec![
            ("merchant_id", merchant.id.0.into()),
            ("position", at.into()),
            ("channel", terms.channel.as_str().into()),
            ("percent_ppm", percent_ppm.into()),
            ("fixed_minor", fixed_minor.into()),
            ("minimum_minor", minimum_minor.into()),
            ("maximum_minor", maximum_minor.into()),
            ("least_amount_minor", terms.amount.minimum_minor.into()),
            ("most_amount_minor", terms.amount.maximum_minor.into()),
            ("day_limit_minor", terms.day_limit_minor.into()),
            ("rail", terms.rail.as_ref().map(|rail| rail.as_str()).into()),
            ("receiver_percent_ppm", receiver.percent_ppm.into()),
            ("receiver_fixed_minor", receiver.fixed_minor.into()),
            ("receiver_minimum_minor", receiver.minimum_minor.into()),
            ("receiver_maximum_minor", receiver.maximum_minor.into()),
        ];
        Statement::insert("terms", row)
    })
}

/// Reads a row of [`SELECT`].
pub(super) fn read(row: &impl Row) -> Result<Terms> {
    let amount = AmountLimit { minimum_minor: get(row, 6)?, maximum_minor: get(row, 7)? };
    Ok(Terms {
        channel: text(row, 1)?.into(),
        commission: read_commission(row, 2)?,
        receiver_commission: read_commission(row, 10)?,
        amount,
        day_limit_minor: get(row, 8)?,
        rail: optional_text(row, 9)?.map(Into::into),
    })
}

/// The four columns of a tariff that begin at `first`.
fn read_commission(row: &impl Row, first: usize) -> Result<Commission> {
    Ok(Commission {
        percent_ppm: get(row, first)?,
        fixed_minor: get(row, first + 1)?,
        minimum_minor: get(row, first + 2)?,
        maximum_minor: get(row, first + 3)?,
    })
}
