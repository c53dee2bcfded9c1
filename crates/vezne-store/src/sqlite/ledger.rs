//! Entries, balances and day totals in SQLite.

use rusqlite::{Connection, params};
use vezne_core::engine::view::DayKey;
use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::model::ledger::{Entry, LedgerAccount};
use vezne_core::model::time::Day;

use crate::row::Result;
use crate::row::ledger::{POSTING, account_text, add_posting, read_balance, read_day};

const INSERT_POSTING: &str = "INSERT INTO posting (entry_id, at, merchant_id, currency, reason, \
     payout_id, debit, credit, amount_minor) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Writes new entries.
pub(super) fn insert(connection: &Connection, entries: &[Entry]) -> Result<()> {
    let mut statement = connection.prepare_cached(INSERT_POSTING)?;
    for entry in entries {
        for posting in &entry.postings {
            statement.execute(params![
                entry.id.0,
                entry.at.micros(),
                entry.merchant.0,
                entry.currency.code(),
                entry.reason.code(),
                entry.payout.map(|payout| payout.0),
                account_text(&posting.debit),
                account_text(&posting.credit),
                posting.amount_minor,
            ])?;
        }
    }
    Ok(())
}

/// Writes balances as they are now.
pub(super) fn put_balances(
    connection: &Connection,
    balances: &[(LedgerAccount, i64)],
) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO balance (merchant_id, currency, account, minor) VALUES (?, ?, ?, ?) \
         ON CONFLICT DO UPDATE SET minor = excluded.minor",
    )?;
    for (account, minor) in balances {
        let kind = account_text(&account.kind);
        statement.execute(params![account.merchant.0, account.currency.code(), kind, minor])?;
    }
    Ok(())
}

/// Writes day totals as they are now.
pub(super) fn put_day_totals(connection: &Connection, totals: &[(DayKey, i64)]) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO day_total (merchant_id, day, channel, minor) VALUES (?, ?, ?, ?) \
         ON CONFLICT DO UPDATE SET minor = excluded.minor",
    )?;
    for (key, minor) in totals {
        let DayKey { merchant, day, channel } = key;
        statement.execute(params![merchant.0, day.number(), channel.as_str(), minor])?;
    }
    Ok(())
}

/// Reads the balances of a merchant.
pub(super) fn read_balances(
    connection: &Connection,
    merchant: MerchantId,
) -> Result<Vec<(LedgerAccount, i64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT merchant_id, currency, account, minor FROM balance WHERE merchant_id = ? \
         ORDER BY currency, account",
    )?;
    let mut rows = statement.query([merchant.0])?;
    let mut balances = Vec::new();
    while let Some(row) = rows.next()? {
        balances.push(read_balance(row)?);
    }
    Ok(balances)
}

/// Reads the totals of a merchant's day.
pub(super) fn read_day_totals(
    connection: &Connection,
    merchant: MerchantId,
    day: Day,
) -> Result<Vec<(DayKey, i64)>> {
    let mut statement = connection
        .prepare_cached("SELECT channel, minor FROM day_total WHERE merchant_id = ? AND day = ?")?;
    let mut rows = statement.query([merchant.0, i64::from(day.number())])?;
    let mut totals = Vec::new();
    while let Some(row) = rows.next()? {
        totals.push(read_day(row, merchant, day)?);
    }
    Ok(totals)
}

/// Reads the entries of a payout, in order.
pub(super) fn read_entries(connection: &Connection, payout: PayoutId) -> Result<Vec<Entry>> {
    let sql = format!("SELECT {POSTING} FROM posting WHERE payout_id = ? ORDER BY id");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([payout.0])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        add_posting(&mut entries, row, payout)?;
    }
    Ok(entries)
}
