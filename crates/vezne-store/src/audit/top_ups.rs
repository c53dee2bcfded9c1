//! Top-ups against the trail: money that came in was booked by somebody.

use std::collections::BTreeMap;

use super::source::Source;
use super::{Check, each};
use crate::row::{Result, get};

/// Merchant, moment, and the amount as digits without its point.
type TopUp = (i64, i64, String);

/// Each top-up has its line, of the same moment and amount, and no line tells of another one.
pub(super) fn lines(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    let mut open: BTreeMap<TopUp, i64> = BTreeMap::new();
    let sql = "SELECT merchant_id, at, CAST(amount_minor AS TEXT) FROM posting \
         WHERE reason = 'top-up'";
    each(source, sql, |row| {
        check.rows_checked += 1;
        *open.entry((get(row, 0)?, get(row, 1)?, get(row, 2)?)).or_default() += 1;
        Ok(())
    })?;
    let sql = "SELECT coalesce(merchant_id, 0), at, detail FROM trail \
         WHERE action = 'merchant.topped-up'";
    each(source, sql, |row| {
        let detail: String = get(row, 2)?;
        *open.entry((get(row, 0)?, get(row, 1)?, digits(&detail))).or_default() -= 1;
        Ok(())
    })?;
    for ((merchant, at, amount), count) in open {
        let wrong = match count {
            0 => continue,
            1.. => "has no line in the trail",
            _ => "stands in the trail and was not booked",
        };
        check.violation(format!("a top-up of merchant {merchant} of {amount} at {at} {wrong}"));
    }
    Ok(())
}

/// The amount that a line begins with, in minor units.
fn digits(detail: &str) -> String {
    let amount = detail.split_whitespace().next().unwrap_or_default();
    let digits: String = amount.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').to_owned()
}
