//! Day totals against the payouts that count for the day.

use std::collections::BTreeMap;

use vezne_core::model::time::Timestamp;

use super::source::{Kind, Source};
use super::{Check, each};
use crate::row::{Result, get};

/// Merchant, Istanbul day, channel.
type Key = (i64, i64, String);

pub(super) fn totals(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    let mut open = fold(source, check)?;
    each(source, "SELECT merchant_id, day, channel, minor FROM day_total", |row| {
        let key: Key = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
        let (kept, right) = (get::<i64>(row, 3)?, open.remove(&key).unwrap_or(0));
        if i128::from(kept) != right {
            let (merchant, day, channel) = key;
            check.violation(format!(
                "merchant {merchant}, day {day}, {channel}: the total is {kept}, its payouts come \
                 to {right}"
            ));
        }
        Ok(())
    })?;
    for ((merchant, day, channel), right) in open {
        check.violation(format!(
            "merchant {merchant}, day {day}, {channel}: there is no total, its payouts come to \
             {right}"
        ));
    }
    Ok(())
}

fn fold(source: &mut dyn Source, check: &mut Check) -> Result<BTreeMap<Key, i128>> {
    let sql = "SELECT merchant_id, created_at, channel, amount_minor FROM payout \
         WHERE state NOT IN ('rejected', 'failed')";
    let mut fold = BTreeMap::new();
    each(source, sql, |row| {
        check.rows_checked += 1;
        let day = i64::from(Timestamp::from_micros(get(row, 1)?).day().number());
        let sum: &mut i128 = fold.entry((get(row, 0)?, day, get(row, 2)?)).or_default();
        *sum += i128::from(get::<i64>(row, 3)?);
        Ok(())
    })?;
    if source.kind() == Kind::Postgres {
        each(source, "SELECT merchant_id, day, channel, minor FROM carried_day_total", |row| {
            let key: Key = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
            *fold.entry(key).or_default() += i128::from(get::<i64>(row, 3)?);
            Ok(())
        })?;
    }
    Ok(fold)
}
