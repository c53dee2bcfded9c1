//! The ledger against itself and against what unfinished payouts hold.

use std::collections::BTreeMap;

use super::source::{Kind, Source};
use super::{Check, each};
use crate::row::{Result, Row, get};

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

pub(super) fn entries(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    let kind = source.kind();
    let (line, order) = match kind {
        Kind::Sqlite => ("0", "id"),
        Kind::Postgres => ("line", "entry_id, line"),
    };
    let sql = format!(
        "SELECT entry_id, at, merchant_id, currency, reason, payout_id, debit, credit, \
         amount_minor, {line} FROM posting ORDER BY {order}"
    );
    let mut last: Option<(Head, i64)> = None;
    each(source, &sql, |row| {
        check.rows_checked += 1;
        let (head, line) = (head(row)?, get(row, 9)?);
        let (debit, credit): (String, String) = (get(row, 6)?, get(row, 7)?);
        let (entry, amount): (i64, i64) = (head.entry, get(row, 8)?);
        if amount <= 0 || debit == credit {
            check.violation(format!("entry {entry} moves {amount} from {debit} to {credit}"));
        }
        if let Some(wrong) = follow(kind, last.as_ref(), (&head, line)) {
            check.violation(wrong);
        }
        if (head.reason == "top-up") != head.payout.is_none() {
            check.violation(format!("entry {entry} ({}) names the wrong payout", head.reason));
        }
        last = Some((head, line));
        Ok(())
    })
}

/// What is wrong with a posting after the one before it. In SQLite entries are numbered without a
/// gap, one after the other; in PostgreSQL the lines of each entry are.
fn follow(kind: Kind, last: Option<&(Head, i64)>, (head, line): (&Head, i64)) -> Option<String> {
    let entry = head.entry;
    let (before, line_before) = last.map_or((0, 0), |(last, line)| (last.entry, *line));
    let same = entry == before;
    if same && last.is_none_or(|(last, _)| last != head) {
        return Some(format!("the postings of entry {entry} do not belong together"));
    }
    match kind {
        Kind::Sqlite => {
            let wrong = !same && entry != before + 1;
            wrong.then(|| format!("entry {entry} follows entry {before}"))
        }
        Kind::Postgres => {
            let due = if same { line_before + 1 } else { 1 };
            (line != due).then(|| format!("entry {entry} has line {line} in place of line {due}"))
        }
    }
}

fn head(row: &dyn Row) -> Result<Head> {
    Ok(Head {
        entry: get(row, 0)?,
        at: get(row, 1)?,
        merchant: get(row, 2)?,
        currency: get(row, 3)?,
        reason: get(row, 4)?,
        payout: get(row, 5)?,
    })
}

/// A sum in two columns, billions and the rest, because a turnover may be beyond what one holds.
fn sum(column: &str) -> String {
    format!(
        "CAST(sum({column} / 1000000000) AS BIGINT), CAST(sum({column} % 1000000000) AS BIGINT)"
    )
}

/// Reads a sum that begins at a column.
fn read_sum(row: &dyn Row, column: usize) -> Result<i128> {
    let (billions, rest): (i64, i64) = (get(row, column)?, get(row, column + 1)?);
    Ok(i128::from(billions) * 1_000_000_000 + i128::from(rest))
}

/// What every account comes to by its postings alone, with those of months that were taken out.
fn fold(source: &mut dyn Source) -> Result<BTreeMap<Account, i128>> {
    let amounts = sum("amount_minor");
    let sql = format!(
        "SELECT merchant_id, currency, debit, credit, {amounts} FROM posting \
         GROUP BY merchant_id, currency, debit, credit"
    );
    let mut fold = BTreeMap::new();
    each(source, &sql, |row| {
        let (merchant, currency): (i64, String) = (get(row, 0)?, get(row, 1)?);
        let amount = read_sum(row, 4)?;
        *fold.entry((merchant, currency.clone(), get(row, 2)?)).or_default() -= amount;
        *fold.entry((merchant, currency, get(row, 3)?)).or_default() += amount;
        Ok(())
    })?;
    if source.kind() == Kind::Postgres {
        each(source, "SELECT merchant_id, currency, account, minor FROM carried_balance", |row| {
            let account = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
            *fold.entry(account).or_default() += i128::from(get::<i64>(row, 3)?);
            Ok(())
        })?;
    }
    Ok(fold)
}

fn cached(source: &mut dyn Source, filter: &str) -> Result<BTreeMap<Account, i128>> {
    let sql = format!("SELECT merchant_id, currency, account, minor FROM balance {filter}");
    let mut cached = BTreeMap::new();
    each(source, &sql, |row| {
        let account = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
        cached.insert(account, i128::from(get::<i64>(row, 3)?));
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

pub(super) fn balances(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    let cached = cached(source, "")?;
    compare(check, &fold(source)?, &cached, "its postings come to");
    let mut sums: BTreeMap<(i64, &str), i128> = BTreeMap::new();
    for ((merchant, currency, _), minor) in &cached {
        *sums.entry((*merchant, currency)).or_default() += minor;
    }
    for ((merchant, currency), sum) in sums.into_iter().filter(|(_, sum)| *sum != 0) {
        check.violation(format!("merchant {merchant} {currency}: the balances sum to {sum}"));
    }
    Ok(())
}

pub(super) fn held(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    let (amounts, commissions) = (sum("amount_minor"), sum("commission_minor"));
    let sql = format!(
        "SELECT merchant_id, currency, {amounts}, {commissions} FROM payout \
         WHERE state IN ('awaiting-approval', 'approved', 'dispatched') \
         GROUP BY merchant_id, currency"
    );
    let mut owed = BTreeMap::new();
    each(source, &sql, |row| {
        let total = read_sum(row, 2)? + read_sum(row, 4)?;
        owed.insert((get(row, 0)?, get(row, 1)?, "held".to_owned()), total);
        Ok(())
    })?;
    // An account that has come back to zero keeps its row.
    let mut cached = cached(source, "WHERE account = 'held'")?;
    cached.retain(|account, minor| *minor != 0 || owed.contains_key(account));
    compare(check, &owed, &cached, "its payouts hold");
    Ok(())
}

pub(super) fn credit(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    check.count(source, "SELECT count(*) FROM balance WHERE account = 'available'")?;
    check.none_of(
        source,
        "SELECT format('merchant %s %s: %s is available with a credit limit of %s', \
                b.merchant_id, b.currency, b.minor, coalesce(m.credit_limit_minor, 0)) \
         FROM balance AS b LEFT JOIN merchant AS m ON m.id = b.merchant_id \
         WHERE b.account = 'available' AND b.minor < -coalesce(m.credit_limit_minor, 0)",
    )
}
