//! The ledger against itself and against what unfinished payouts hold.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};

use super::{Check, each};

/// Merchant, currency, account.
type Account = (i64, String, String);

/// What the postings of one entry must agree on.
#[derive(PartialEq, Eq)]
struct Head {
    entry: i64,
    at: i64,
    merchant: i64,
    currency: String,
    reason: String,
    payout: Option<i64>,
}

pub(super) fn entries(connection: &Connection, check: &mut Check) -> rusqlite::Result<()> {
    let sql = "SELECT entry_id, at, merchant_id, currency, reason, payout_id, debit, credit, \
         amount_minor FROM posting ORDER BY id";
    let mut last: Option<Head> = None;
    each(connection, sql, |row| {
        check.rows_checked += 1;
        let head = head(row)?;
        let (debit, credit): (String, String) = (row.get(6)?, row.get(7)?);
        let (entry, amount): (i64, i64) = (head.entry, row.get(8)?);
        if amount <= 0 || debit == credit {
            check.violation(format!("entry {entry} moves {amount} from {debit} to {credit}"));
        }
        let before = last.as_ref().map_or(0, |last| last.entry);
        if entry == before && last.as_ref() != Some(&head) {
            check.violation(format!("the postings of entry {entry} do not belong together"));
        } else if entry != before && entry != before + 1 {
            check.violation(format!("entry {entry} follows entry {before}"));
        }
        if (head.reason == "top-up") != head.payout.is_none() {
            check.violation(format!("entry {entry} ({}) names the wrong payout", head.reason));
        }
        last = Some(head);
        Ok(())
    })
}

fn head(row: &Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head {
        entry: row.get(0)?,
        at: row.get(1)?,
        merchant: row.get(2)?,
        currency: row.get(3)?,
        reason: row.get(4)?,
        payout: row.get(5)?,
    })
}

/// What every account comes to by its postings alone.
fn fold(connection: &Connection) -> rusqlite::Result<BTreeMap<Account, i128>> {
    let sql = "SELECT merchant_id, currency, debit, credit, sum(amount_minor) FROM posting \
         GROUP BY merchant_id, currency, debit, credit";
    let mut fold = BTreeMap::new();
    each(connection, sql, |row| {
        let (merchant, currency): (i64, String) = (row.get(0)?, row.get(1)?);
        let amount = i128::from(row.get::<_, i64>(4)?);
        *fold.entry((merchant, currency.clone(), row.get(2)?)).or_default() -= amount;
        *fold.entry((merchant, currency, row.get(3)?)).or_default() += amount;
        Ok(())
    })?;
    Ok(fold)
}

fn cached(connection: &Connection, filter: &str) -> rusqlite::Result<BTreeMap<Account, i128>> {
    let sql = format!("SELECT merchant_id, currency, account, minor FROM balance {filter}");
    let mut cached = BTreeMap::new();
    each(connection, &sql, |row| {
        let account = (row.get(0)?, row.get(1)?, row.get(2)?);
        cached.insert(account, i128::from(row.get::<_, i64>(3)?));
        Ok(())
    })?;
    Ok(cached)
}

/// Names every account on which two folds differ, and rows that either lacks.
fn compare(
    check: &mut Check,
    proven: &BTreeMap<Account, i128>,
    cached: &BTreeMap<Account, i128>,
    source: &str,
) {
    let mut accounts: Vec<&Account> = proven.keys().chain(cached.keys()).collect();
    accounts.sort_unstable();
    accounts.dedup();
    for account in accounts {
        check.rows_checked += 1;
        let (right, kept) = (proven.get(account), cached.get(account));
        if right != kept {
            let (merchant, currency, kind) = account;
            let show = |sum: Option<&i128>| sum.map_or("nothing".to_owned(), i128::to_string);
            let (right, kept) = (show(right), show(kept));
            check.violation(format!(
                "merchant {merchant} {currency} {kind}: the balance is {kept}, {source} {right}"
            ));
        }
    }
}

pub(super) fn balances(connection: &Connection, check: &mut Check) -> rusqlite::Result<()> {
    let cached = cached(connection, "")?;
    compare(check, &fold(connection)?, &cached, "its postings come to");
    let mut sums: BTreeMap<(i64, &str), i128> = BTreeMap::new();
    for ((merchant, currency, _), minor) in &cached {
        *sums.entry((*merchant, currency)).or_default() += minor;
    }
    for ((merchant, currency), sum) in sums.into_iter().filter(|(_, sum)| *sum != 0) {
        check.violation(format!("merchant {merchant} {currency}: the balances sum to {sum}"));
    }
    Ok(())
}

pub(super) fn held(connection: &Connection, check: &mut Check) -> rusqlite::Result<()> {
    let sql = "SELECT merchant_id, currency, sum(amount_minor), sum(commission_minor) FROM payout \
         WHERE state IN ('awaiting-approval', 'approved', 'dispatched') \
         GROUP BY merchant_id, currency";
    let mut owed = BTreeMap::new();
    each(connection, sql, |row| {
        let (amount, commission): (i64, i64) = (row.get(2)?, row.get(3)?);
        let total = i128::from(amount) + i128::from(commission);
        owed.insert((row.get(0)?, row.get(1)?, "held".to_owned()), total);
        Ok(())
    })?;
    // An account that has come back to zero keeps its row.
    let mut cached = cached(connection, "WHERE account = 'held'")?;
    cached.retain(|account, minor| *minor != 0 || owed.contains_key(account));
    compare(check, &owed, &cached, "its payouts hold");
    Ok(())
}

pub(super) fn credit(connection: &Connection, check: &mut Check) -> rusqlite::Result<()> {
    check.count(connection, "SELECT count(*) FROM balance WHERE account = 'available'")?;
    check.none_of(
        connection,
        "SELECT format('merchant %d %s: %d is available with a credit limit of %d', \
                b.merchant_id, b.currency, b.minor, ifnull(m.credit_limit_minor, 0)) \
         FROM balance AS b LEFT JOIN merchant AS m ON m.id = b.merchant_id \
         WHERE b.account = 'available' AND b.minor < -ifnull(m.credit_limit_minor, 0)",
    )
}
