//! Entries, balances and day totals as rows.

use std::borrow::Cow;

use vezne_core::engine::view::DayKey;
use vezne_core::model::identifier::{EntryId, MerchantId, PayoutId};
use vezne_core::model::ledger::{AccountKind, Entry, EntryReason, LedgerAccount, Posting};
use vezne_core::model::time::Day;

use super::{Result, Row, currency, get, moment, text, unknown};

/// The text of an account, without an allocation for those that every payout moves.
pub(crate) fn account_text(kind: &AccountKind) -> Cow<'static, str> {
    match kind {
        AccountKind::Available => "available".into(),
        AccountKind::Held => "held".into(),
        AccountKind::Funding => "funding".into(),
        AccountKind::CommissionIncome => "commission-income".into(),
        AccountKind::RailClearing(_) => kind.to_string().into(),
    }
}

fn read_account(row: &impl Row, column: usize) -> Result<AccountKind> {
    let code = text(row, column)?;
    AccountKind::parse(code).ok_or_else(|| unknown("ledger account", code))
}

/// Reads merchant, currency, account and what it comes to.
pub(crate) fn read_balance(row: &impl Row) -> Result<(LedgerAccount, i64)> {
    let (merchant, currency) = (MerchantId(get(row, 0)?), currency(row, 1)?);
    Ok((LedgerAccount { merchant, currency, kind: read_account(row, 2)? }, get(row, 3)?))
}

/// Reads channel and total of a merchant's day.
pub(crate) fn read_day(row: &impl Row, merchant: MerchantId, day: Day) -> Result<(DayKey, i64)> {
    Ok((DayKey { merchant, day, channel: text(row, 0)?.into() }, get(row, 1)?))
}

/// The columns of a posting, in the order they are read in.
pub(crate) const POSTING: &str =
    "entry_id, at, merchant_id, currency, reason, debit, credit, amount_minor";

/// Adds a row of [`POSTING`] to the entries of its payout; the rows come in order.
pub(crate) fn add_posting(
    entries: &mut Vec<Entry>,
    row: &impl Row,
    payout: PayoutId,
) -> Result<()> {
    let (id, posting) = (EntryId(get(row, 0)?), read_posting(row)?);
    match entries.last_mut().filter(|entry| entry.id == id) {
        Some(entry) => entry.postings.push(posting),
        None => entries.push(read_entry(row, id, payout, posting)?),
    }
    Ok(())
}

fn read_posting(row: &impl Row) -> Result<Posting> {
    let (debit, credit) = (read_account(row, 5)?, read_account(row, 6)?);
    Ok(Posting { debit, credit, amount_minor: get(row, 7)? })
}

fn read_entry(row: &impl Row, id: EntryId, payout: PayoutId, posting: Posting) -> Result<Entry> {
    Ok(Entry {
        id,
        at: moment(row, 1)?,
        merchant: MerchantId(get(row, 2)?),
        currency: currency(row, 3)?,
        reason: read_reason(text(row, 4)?)?,
        payout: Some(payout),
        postings: vec![posting],
    })
}

/// Why an entry was made, by its code.
pub(crate) fn read_reason(code: &str) -> Result<EntryReason> {
    let reason = EntryReason::ALL.into_iter().find(|reason| reason.code() == code);
    reason.ok_or_else(|| unknown("entry reason", code))
}
