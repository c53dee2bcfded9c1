//! The outbox against the outcomes, and the attempts against the outbox.

use super::payouts::unless_taken;
use super::source::{Kind, Source};
use super::{Check, each_group};
use crate::row::{Result, Row, get};

/// A payout beside one of its callbacks.
struct Told {
    state: String,
    nowhere: bool,
    merchant: i64,
    updated_at: i64,
    callback: Option<(String, i64, i64)>,
}

fn read_told(row: &dyn Row) -> Result<Told> {
    let event: Option<String> = get(row, 4)?;
    let callback = match event {
        None => None,
        Some(event) => Some((event, get(row, 5)?, get(row, 6)?)),
    };
    let (merchant, updated_at) = (get(row, 2)?, get(row, 3)?);
    Ok(Told { state: get(row, 1)?, nowhere: get(row, 7)?, merchant, updated_at, callback })
}

pub(super) fn events(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    let order = match source.kind() {
        Kind::Sqlite => "c.id",
        // Nodes take callback ids in advance, so their order is not that of time.
        Kind::Postgres => "CASE c.event WHEN 'returned' THEN 2 ELSE 1 END, c.id",
    };
    let sql = format!(
        "SELECT p.id, p.state, p.merchant_id, p.updated_at, c.event, c.merchant_id, c.created_at, \
         coalesce(p.callback_to = '', FALSE) \
         FROM payout AS p LEFT JOIN callback AS c ON c.payout_id = p.id ORDER BY p.id, {order}"
    );
    each_group(source, &sql, read_told, |id, rows| {
        check.rows_checked += 1;
        let Some(payout) = rows.first() else { return };
        let callbacks = || rows.iter().filter_map(|row| row.callback.as_ref());
        let told: Vec<&str> = callbacks().map(|(event, _, _)| event.as_str()).collect();
        let expected = if payout.nowhere { &[] } else { expected(&payout.state) };
        if told != expected {
            check
                .violation(format!("payout {id} is {}, its callbacks tell {told:?}", payout.state));
        } else if callbacks().any(|(_, merchant, _)| *merchant != payout.merchant) {
            check.violation(format!("a callback of payout {id} is for another merchant"));
        } else if callbacks().next_back().is_some_and(|(_, _, at)| *at != payout.updated_at) {
            check.violation(format!("payout {id} ended at another moment than its callback tells"));
        }
    })?;
    let taken = unless_taken(source.kind(), "c");
    check.none_of(
        source,
        &format!(
            "SELECT format('callback %s names payout %s, which does not exist', c.id, c.payout_id) \
             FROM callback AS c \
             WHERE NOT EXISTS (SELECT 1 FROM payout AS p WHERE p.id = c.payout_id) {taken}"
        ),
    )
}

fn expected(state: &str) -> &'static [&'static str] {
    match state {
        "settled" => &["settled"],
        "rejected" => &["rejected"],
        "failed" => &["failed"],
        "returned" => &["settled", "returned"],
        _ => &[],
    }
}

/// A callback beside one of its attempts.
struct Tried {
    state: String,
    attempts: i64,
    refusals: i64,
    /// The attempts up to this number were let go.
    forgotten: i64,
    attempt: Option<(i64, String)>,
}

fn read_tried(row: &dyn Row) -> Result<Tried> {
    let number: Option<i64> = get(row, 4)?;
    let attempt = match number {
        None => None,
        Some(number) => Some((number, get(row, 5)?)),
    };
    let (attempts, refusals, forgotten) = (get(row, 2)?, get(row, 3)?, get(row, 6)?);
    Ok(Tried { state: get(row, 1)?, attempts, refusals, forgotten, attempt })
}

pub(super) fn attempts(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    let sql = "SELECT c.id, c.state, c.attempts, c.refusals, a.number, a.outcome, c.forgotten \
         FROM callback AS c LEFT JOIN attempt AS a ON a.callback_id = c.id ORDER BY c.id, a.number";
    each_group(source, sql, read_tried, |id, rows| {
        check.rows_checked += 1;
        let Some(callback) = rows.first() else { return };
        let tries = || rows.iter().filter_map(|row| row.attempt.as_ref());
        // A sender that was killed leaves a number unused; no number is beyond those claimed.
        if tries().any(|(number, _)| *number > callback.attempts) {
            let most = callback.attempts;
            check.violation(format!("callback {id} has an attempt beyond its count of {most}"));
        }
        let numbers = || tries().map(|(number, _)| *number);
        if numbers().zip(numbers().skip(1)).any(|(number, next)| number == next) {
            check.violation(format!("callback {id} has two attempts of one number"));
        }
        if callback.forgotten > callback.attempts || numbers().any(|one| one <= callback.forgotten)
        {
            let upto = callback.forgotten;
            check.violation(format!("callback {id} has attempts that were let go up to {upto}"));
        }
        let acknowledged = tries().any(|(_, outcome)| outcome == "acknowledged");
        if callback.state == "acknowledged" && !acknowledged && callback.forgotten == 0 {
            check.violation(format!("callback {id} is acknowledged, but no attempt was"));
        }
        let refused = tries().filter(|(_, outcome)| outcome == "refused").count();
        let refused = i64::try_from(refused).unwrap_or(i64::MAX);
        if callback.refusals > refused.saturating_add(callback.forgotten) {
            let counted = callback.refusals;
            check.violation(format!("callback {id} counts {counted} refusals of {refused}"));
        }
    })
}

const OWNED: [&str; 9] = [
    "payout",
    "refusal",
    "callback",
    "posting",
    "balance",
    "day_total",
    "used_proof",
    "kept_count",
    "endpoint",
];

/// Tables that name a merchant in PostgreSQL only.
const OWNED_OF_SERVERS: [&str; 3] = ["payout_reference", "attempt", "taken_payout"];

pub(super) fn owners(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    let more: &[&str] = match source.kind() {
        Kind::Sqlite => &[],
        Kind::Postgres => &OWNED_OF_SERVERS,
    };
    for table in OWNED.iter().chain(more) {
        let owners = format!("(SELECT DISTINCT merchant_id FROM {table}) AS owner");
        check.count(source, &format!("SELECT count(*) FROM {owners}"))?;
        let sql = format!(
            "SELECT format('{table} rows name merchant %s, which does not exist', merchant_id) \
             FROM {owners} WHERE merchant_id NOT IN (SELECT id FROM merchant)"
        );
        check.none_of(source, &sql)?;
    }
    Ok(())
}
