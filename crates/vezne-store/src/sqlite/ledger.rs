//! Entries, balances and day totals as rows.

use std::borrow::Cow;

use rusqlite::{Connection, Row, params};
use vezne_core::engine::view::DayKey;
use vezne_core::model::identifier::{EntryId, MerchantId, PayoutId};
use vezne_core::model::ledger::{AccountKind, Entry, EntryReason, LedgerAccount, Posting};
use vezne_core::model::time::Day;

use super::error::{Result, currency, get, moment, text, unknown};

const INSERT_POSTING: &str = "INSERT INTO posting (entry_id, at, merchant_id, currency, reason, \
     payout_id, debit, credit, amount_minor) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// The text of an account, without an allocation for those that every payout moves.
fn account_text(kind: &AccountKind) -> Cow<'static, str> {
    match kind {
        AccountKind::Available => "available".into(),
        AccountKind::Held => "held".into(),
        AccountKind::Funding => "funding".into(),
        AccountKind::CommissionIncome => "commission-income".into(),
        AccountKind::RailClearing(_) => kind.to_string().into(),
    }
}

fn read_account(row: &Row<'_>, column: usize) -> Result<AccountKind> {
    let code = text(row, column)?;
    AccountKind::parse(code).ok_or_else(|| unknown("ledger account", code))
}

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
        "SELECT currency, account, minor FROM balance WHERE merchant_id = ? \
         ORDER BY currency, account",
    )?;
    let mut rows = statement.query([merchant.0])?;
    let mut balances = Vec::new();
    while let Some(row) = rows.next()? {
        let (currency, kind) = (currency(row, 0)?, read_account(row, 1)?);
        balances.push((LedgerAccount { merchant, currency, kind }, get(row, 2)?));
    }
    Ok(balances)
}

/// Reads the totals of a merchant's day.
pub(super) fn read_day(
    connection: &Connection,
    merchant: MerchantId,
    day: Day,
) -> Result<Vec<(DayKey, i64)>> {
    let mut statement = connection
        .prepare_cached("SELECT channel, minor FROM day_total WHERE merchant_id = ? AND day = ?")?;
    let mut rows = statement.query([merchant.0, i64::from(day.number())])?;
    let mut totals = Vec::new();
    while let Some(row) = rows.next()? {
        let channel = text(row, 0)?.into();
        totals.push((DayKey { merchant, day, channel }, get(row, 1)?));
    }
    Ok(totals)
}

/// Reads the entries of a payout, in order.
pub(super) fn read_entries(connection: &Connection, payout: PayoutId) -> Result<Vec<Entry>> {
    let mut statement = connection.prepare_cached(
        "SELECT entry_id, at, merchant_id, currency, reason, debit, credit, amount_minor \
         FROM posting WHERE payout_id = ? ORDER BY id",
    )?;
    let mut rows = statement.query([payout.0])?;
    let mut entries: Vec<Entry> = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, posting) = (EntryId(get(row, 0)?), read_posting(row)?);
        match entries.last_mut().filter(|entry| entry.id == id) {
            Some(entry) => entry.postings.push(posting),
            None => entries.push(read_entry(row, id, payout, posting)?),
        }
    }
    Ok(entries)
}

fn read_posting(row: &Row<'_>) -> Result<Posting> {
    let (debit, credit) = (read_account(row, 5)?, read_account(row, 6)?);
    Ok(Posting { debit, credit, amount_minor: get(row, 7)? })
}

fn read_entry(row: &Row<'_>, id: EntryId, payout: PayoutId, posting: Posting) -> Result<Entry> {
    let code = text(row, 4)?;
    let reason = EntryReason::ALL.into_iter().find(|reason| reason.code() == code);
    Ok(Entry {
        id,
        at: moment(row, 1)?,
        merchant: MerchantId(get(row, 2)?),
        currency: currency(row, 3)?,
        reason: reason.ok_or_else(|| unknown("entry reason", code))?,
        payout: Some(payout),
        postings: vec![posting],
    })
}
