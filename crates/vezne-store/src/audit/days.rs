//! Day totals against the payouts that count for the day.

use std::collections::BTreeMap;

use rusqlite::Connection;
use vezne_core::model::time::Timestamp;

use super::{Check, each};

/// Merchant, Istanbul day, channel.
type Key = (i64, i32, String);

pub(super) fn totals(connection: &Connection, check: &mut Check) -> rusqlite::Result<()> {
    let mut open = fold(connection, check)?;
    each(connection, "SELECT merchant_id, day, channel, minor FROM day_total", |row| {
        let key: Key = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (kept, right) = (row.get::<_, i64>(3)?, open.remove(&key).unwrap_or(0));
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

fn fold(connection: &Connection, check: &mut Check) -> rusqlite::Result<BTreeMap<Key, i128>> {
    let sql = "SELECT merchant_id, created_at, channel, amount_minor FROM payout \
         WHERE state NOT IN ('rejected', 'failed')";
    let mut fold = BTreeMap::new();
    each(connection, sql, |row| {
        check.rows_checked += 1;
        let day = Timestamp::from_micros(row.get(1)?).day().number();
        let sum: &mut i128 = fold.entry((row.get(0)?, day, row.get(2)?)).or_default();
        *sum += i128::from(row.get::<_, i64>(3)?);
        Ok(())
    })?;
    Ok(fold)
}
