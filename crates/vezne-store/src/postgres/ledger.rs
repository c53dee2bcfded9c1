//! Entries, balances and day totals in PostgreSQL.

use tokio_postgres::types::Type;
use vezne_core::engine::view::DayKey;
use vezne_core::model::ledger::{Entry, LedgerAccount, Posting};

use super::session::{Query, Sql, parameters};
use super::write::Write;
use crate::row::ledger::account_text;

static INSERT: Sql = Sql {
    text: "INSERT INTO posting (entry_id, line, at, merchant_id, currency, reason, payout_id, \
         debit, credit, amount_minor) \
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    types: &[
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
    ],
};

static PUT_BALANCES: Sql = Sql {
    text: "INSERT INTO balance (merchant_id, currency, account, minor) \
         SELECT * FROM unnest($1, $2, $3, $4) \
         ON CONFLICT (merchant_id, currency, account) DO UPDATE SET minor = excluded.minor",
    types: &[Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::TEXT_ARRAY, Type::INT8_ARRAY],
};

static PUT_DAY_TOTALS: Sql = Sql {
    text: "INSERT INTO day_total (merchant_id, day, channel, minor) \
         SELECT * FROM unnest($1, $2, $3, $4) \
         ON CONFLICT (merchant_id, day, channel) DO UPDATE SET minor = excluded.minor",
    types: &[Type::INT8_ARRAY, Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::INT8_ARRAY],
};

/// Writes new entries.
pub(super) fn insert(entries: &[Entry]) -> Option<Write> {
    let lines = |entry| (1_i64..).zip(postings(entry)).map(move |(line, one)| (entry, line, one));
    let all: Vec<(&Entry, i64, &Posting)> = entries.iter().flat_map(lines).collect();
    let query = Query::new(
        &INSERT,
        parameters![
            all.iter().map(|(entry, ..)| entry.id.0).collect::<Vec<_>>(),
            all.iter().map(|(_, line, _)| *line).collect::<Vec<_>>(),
            all.iter().map(|(entry, ..)| entry.at.micros()).collect::<Vec<_>>(),
            all.iter().map(|(entry, ..)| entry.merchant.0).collect::<Vec<_>>(),
            all.iter().map(|(entry, ..)| entry.currency.code()).collect::<Vec<_>>(),
            all.iter().map(|(entry, ..)| entry.reason.code()).collect::<Vec<_>>(),
            all.iter().map(|(entry, ..)| entry.payout.map(|id| id.0)).collect::<Vec<_>>(),
            all.iter().map(|(.., one)| account_text(&one.debit)).collect::<Vec<_>>(),
            all.iter().map(|(.., one)| account_text(&one.credit)).collect::<Vec<_>>(),
            all.iter().map(|(.., one)| one.amount_minor).collect::<Vec<_>>(),
        ],
    );
    (!all.is_empty()).then(|| Write::new(query, all.len()))
}

fn postings(entry: &Entry) -> &[Posting] {
    &entry.postings
}

/// Writes balances as they are now.
pub(super) fn put_balances(balances: &[(LedgerAccount, i64)]) -> Option<Write> {
    let query = Query::new(
        &PUT_BALANCES,
        parameters![
            balances.iter().map(|(account, _)| account.merchant.0).collect::<Vec<_>>(),
            balances.iter().map(|(account, _)| account.currency.code()).collect::<Vec<_>>(),
            balances.iter().map(|(account, _)| account_text(&account.kind)).collect::<Vec<_>>(),
            balances.iter().map(|(_, minor)| *minor).collect::<Vec<_>>(),
        ],
    );
    (!balances.is_empty()).then(|| Write::new(query, balances.len()))
}

/// Writes day totals as they are now.
pub(super) fn put_day_totals(totals: &[(DayKey, i64)]) -> Option<Write> {
    let query = Query::new(
        &PUT_DAY_TOTALS,
        parameters![
            totals.iter().map(|(key, _)| key.merchant.0).collect::<Vec<_>>(),
            totals.iter().map(|(key, _)| i64::from(key.day.number())).collect::<Vec<_>>(),
            totals.iter().map(|(key, _)| key.channel.as_str().to_owned()).collect::<Vec<_>>(),
            totals.iter().map(|(_, minor)| *minor).collect::<Vec<_>>(),
        ],
    );
    (!totals.is_empty()).then(|| Write::new(query, totals.len()))
}
