//! The outbox against the outcomes, and the attempts against the outbox.

use rusqlite::{Connection, Row};

use super::{Check, each_group};

/// A payout beside one of its callbacks.
struct Told {
    state: String,
    nowhere: bool,
    merchant: i64,
    updated_at: i64,
    callback: Option<(String, i64, i64)>,
}

fn read_told(row: &Row<'_>) -> rusqlite::Result<Told> {
    let event: Option<String> = row.get(4)?;
    let callback = match event {
        None => None,
        Some(event) => Some((event, row.get(5)?, row.get(6)?)),
    };
    let (merchant, updated_at) = (row.get(2)?, row.get(3)?);
    Ok(Told { state: row.get(1)?, nowhere: row.get(7)?, merchant, updated_at, callback })
}

pub(super) fn events(connection: &Connection, check: &mut Check) -> rusqlite::Result<()> {
    let sql = "SELECT p.id, p.state, p.merchant_id, p.updated_at, c.event, c.merchant_id, \
         c.created_at, p.callback_to IS '' \
         FROM payout AS p LEFT JOIN callback AS c ON c.payout_id = p.id \
         ORDER BY p.id, c.id";
    each_group(connection, sql, read_told, |id, rows| {
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
    check.none_of(
        connection,
        "SELECT format('callback %d names payout %d, which does not exist', c.id, c.payout_id) \
         FROM callback AS c WHERE NOT EXISTS (SELECT 1 FROM payout AS p WHERE p.id = c.payout_id)",
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
    attempt: Option<(i64, String)>,
}

fn read_tried(row: &Row<'_>) -> rusqlite::Result<Tried> {
    let number: Option<i64> = row.get(4)?;
    let attempt = match number {
        None => None,
        Some(number) => Some((number, row.get(5)?)),
    };
    Ok(Tried { state: row.get(1)?, attempts: row.get(2)?, refusals: row.get(3)?, attempt })
}

pub(super) fn attempts(connection: &Connection, check: &mut Check) -> rusqlite::Result<()> {
    let sql = "SELECT c.id, c.state, c.attempts, c.refusals, a.number, a.outcome \
         FROM callback AS c LEFT JOIN attempt AS a ON a.callback_id = c.id ORDER BY c.id, a.number";
    each_group(connection, sql, read_tried, |id, rows| {
        check.rows_checked += 1;
        let Some(callback) = rows.first() else { return };
        let tries = || rows.iter().filter_map(|row| row.attempt.as_ref());
        // A sender that was killed leaves a number unused; no number is beyond those claimed.
        if tries().any(|(number, _)| *number > callback.attempts) {
            let most = callback.attempts;
            check.violation(format!("callback {id} has an attempt beyond its count of {most}"));
        }
        let acknowledged = tries().any(|(_, outcome)| outcome == "acknowledged");
        if callback.state == "acknowledged" && !acknowledged {
            check.violation(format!("callback {id} is acknowledged, but no attempt was"));
        }
        let refused = tries().filter(|(_, outcome)| outcome == "refused").count();
        if callback.refusals > i64::try_from(refused).unwrap_or(i64::MAX) {
            let counted = callback.refusals;
            check.violation(format!("callback {id} counts {counted} refusals of {refused}"));
        }
    })
}

const OWNED: [&str; 7] =
    ["refusal", "callback", "posting", "balance", "day_total", "used_proof", "endpoint"];

pub(super) fn owners(connection: &Connection, check: &mut Check) -> rusqlite::Result<()> {
    for table in OWNED {
        check.count(connection, &format!("SELECT count(DISTINCT merchant_id) FROM {table}"))?;
        let sql = format!(
            "SELECT DISTINCT format('{table} rows name merchant %d, which does not exist', \
             merchant_id) FROM {table} WHERE merchant_id NOT IN (SELECT id FROM merchant)"
        );
        check.none_of(connection, &sql)?;
    }
    Ok(())
}
