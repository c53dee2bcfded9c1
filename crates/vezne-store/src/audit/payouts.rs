//! Payouts against the ledger and against the trail.

use super::source::{Kind, Source};
use super::{Check, each_group};
use crate::row::{Result, Row, get};
use vezne_core::engine::said::CONTRADICTED;

pub(super) fn references(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    check.count(source, "SELECT count(*) FROM payout")?;
    check.count(source, "SELECT count(*) FROM refusal")?;
    check.none_of(
        source,
        "SELECT format('payouts %s share one reference', string_agg(CAST(id AS TEXT), ', ')) \
         FROM payout GROUP BY merchant_id, reference, scope HAVING count(*) > 1",
    )?;
    check.none_of(
        source,
        "SELECT format('payout %s stands beside a refusal of its reference', p.id) \
         FROM refusal AS r JOIN payout AS p ON p.merchant_id = r.merchant_id \
              AND p.reference = r.reference AND p.scope = r.scope \
         WHERE r.reopened_at IS NULL",
    )?;
    // The promise of a reference outlives its payout's month.
    let kept_in = match source.kind() {
        Kind::Sqlite => "payout",
        Kind::Postgres => "payout_reference",
    };
    check.none_of(
        source,
        &format!(
            "SELECT format('merchant %s: a refusal was reopened and nothing stands in its place', \
                    r.merchant_id) \
             FROM refusal AS r WHERE r.reopened_at IS NOT NULL AND NOT EXISTS ( \
                  SELECT 1 FROM {kept_in} AS p WHERE p.merchant_id = r.merchant_id \
                  AND p.reference = r.reference AND p.scope = r.scope)"
        ),
    )
}

/// A payout beside one of its postings.
struct Booked {
    state: String,
    amount: i64,
    commission: i64,
    receiver_commission: i64,
    rail: Option<String>,
    created_at: i64,
    updated_at: i64,
    books: (i64, String),
    posting: Option<Posting>,
}

struct Posting {
    movement: Movement,
    at: i64,
    books: (i64, String),
}

/// Reason, debit, credit, amount.
type Movement = (String, String, String, i128);

fn read_booked(row: &dyn Row) -> Result<Booked> {
    let posting = match get::<Option<String>>(row, 9)? {
        None => None,
        Some(reason) => {
            let amount = i128::from(get::<i64>(row, 12)?);
            let movement = (reason, get(row, 10)?, get(row, 11)?, amount);
            Some(Posting { movement, at: get(row, 13)?, books: (get(row, 14)?, get(row, 15)?) })
        }
    };
    Ok(Booked {
        state: get(row, 1)?,
        amount: get(row, 2)?,
        commission: get(row, 3)?,
        receiver_commission: get(row, 16)?,
        rail: get(row, 4)?,
        created_at: get(row, 5)?,
        updated_at: get(row, 6)?,
        books: (get(row, 7)?, get(row, 8)?),
        posting,
    })
}

pub(super) fn bookings(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    let order = match source.kind() {
        Kind::Sqlite => "q.id",
        // Nodes take entry ids in advance, so their order is not that of time.
        Kind::Postgres => {
            "CASE q.reason WHEN 'hold' THEN 1 WHEN 'return' THEN 3 ELSE 2 END, q.entry_id, q.line"
        }
    };
    let sql = format!(
        "SELECT p.id, p.state, p.amount_minor, p.commission_minor, p.rail, p.created_at, \
         p.updated_at, p.merchant_id, p.currency, q.reason, q.debit, q.credit, q.amount_minor, \
         q.at, q.merchant_id, q.currency, coalesce(p.receiver_commission_minor, 0) \
         FROM payout AS p LEFT JOIN posting AS q ON q.payout_id = p.id ORDER BY p.id, {order}"
    );
    each_group(source, &sql, read_booked, |id, rows| {
        check.rows_checked += 1;
        let Some(payout) = rows.first() else { return };
        let postings = || rows.iter().filter_map(|row| row.posting.as_ref());
        if !postings().map(|posting| &posting.movement).eq(&expected(payout)) {
            let found = postings().map(|posting| posting.movement.clone()).collect::<Vec<_>>();
            check.violation(format!("payout {id} is {}, but is booked {found:?}", payout.state));
        } else if postings().any(|posting| posting.books != payout.books) {
            check.violation(format!("payout {id} is booked for another merchant or currency"));
        } else if !moments_agree(payout, postings()) {
            check.violation(format!("payout {id} changed at another moment than it was booked"));
        }
    })
}

/// The movements that bring a payout to its state, in order.
fn expected(payout: &Booked) -> Vec<Movement> {
    let (amount, commission) = (i128::from(payout.amount), i128::from(payout.commission));
    let receiver_commission = i128::from(payout.receiver_commission);
    let paid = amount - receiver_commission;
    let clearing = format!("rail-clearing:{}", payout.rail.as_deref().unwrap_or_default());
    let line = |reason: &str, debit: &str, credit: &str, amount| {
        (reason.to_owned(), debit.to_owned(), credit.to_owned(), amount)
    };
    let mut lines = vec![line("hold", "available", "held", amount + commission)];
    match payout.state.as_str() {
        "settled" | "returned" => {
            lines.push(line("settle", "held", &clearing, paid));
            lines.push(line("settle", "held", "commission-income", commission));
            lines.push(line("settle", "held", "commission-income", receiver_commission));
        }
        "rejected" | "failed" => {
            lines.push(line("release", "held", "available", amount + commission));
        }
        _ => {}
    }
    if payout.state == "returned" {
        lines.push(line("return", &clearing, "available", paid));
    }
    lines.retain(|(_, _, _, amount)| *amount != 0);
    lines
}

/// The hold is of the moment the payout was made. Its end is booked in the commit that ended it,
/// and nothing changes afterwards.
fn moments_agree<'a>(payout: &Booked, postings: impl Iterator<Item = &'a Posting>) -> bool {
    let moments: Vec<i64> = postings.map(|posting| posting.at).collect();
    let ended = moments.len() > 1;
    moments.first() == Some(&payout.created_at)
        && (!ended || moments.last() == Some(&payout.updated_at))
}

pub(super) fn trail(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    let sql = "SELECT p.id, p.state, t.action FROM payout AS p \
         LEFT JOIN trail AS t ON t.payout_id = p.id ORDER BY p.id, t.id";
    let read = |row: &dyn Row| Ok((get(row, 1)?, get(row, 2)?));
    each_group(source, sql, read, |id, rows: &[(String, Option<String>)]| {
        check.rows_checked += 1;
        let Some((state, _)) = rows.first() else { return };
        let lines = rows.iter().filter_map(|(_, action)| action.as_deref());
        if let Some(wrong) = follow(state, lines) {
            check.violation(format!("payout {id} is {state}, but its trail {wrong}"));
        }
    })?;
    let taken = unless_taken(source.kind(), "t");
    check.none_of(
        source,
        &format!(
            "SELECT format('line %s names payout %s, which does not exist', t.id, t.payout_id) \
             FROM trail AS t WHERE t.payout_id IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM payout AS p WHERE p.id = t.payout_id) {taken}"
        ),
    )
}

/// What follows a condition, so that rows are left out whose payout went with its month.
pub(super) fn unless_taken(kind: Kind, row: &str) -> String {
    match kind {
        Kind::Sqlite => String::new(),
        Kind::Postgres => format!(
            "AND NOT EXISTS (SELECT 1 FROM taken_payout AS k WHERE k.payout_id = {row}.payout_id)"
        ),
    }
}

/// Walks the lines from submission on. A submission has no line, and is approved by policy or not.
fn follow<'a>(state: &str, lines: impl Iterator<Item = &'a str>) -> Option<String> {
    let (mut at, mut resolved) = ("submitted", false);
    let step = |action: &'a str| match action {
        "review.asked" => Some("asked"),
        // A payout that does not read, or of which a rail says otherwise, stands where it stood.
        "payout.set-aside" | "payout.taken-up" | CONTRADICTED => None,
        other => other.strip_prefix("payout."),
    };
    for next in lines.filter_map(step) {
        let allowed = match at {
            // What was doubted after a restore ends, or goes on, wherever it stood.
            "submitted" | "asked" | "approved" if next == "doubt-resolved" => true,
            "submitted" | "asked" | "approved" if resolved && ends(next) => true,
            "submitted" => matches!(next, "asked" | "approved" | "rejected" | "dispatched"),
            // Whom a person was asked about no policy lets go.
            "asked" => matches!(next, "approved" | "rejected"),
            "approved" => matches!(next, "rejected" | "dispatched"),
            "dispatched" => {
                matches!(next, "dispatched" | "doubt-resolved" | "settled" | "failed")
            }
            "settled" => next == "returned",
            _ => false,
        };
        if !allowed {
            return Some(format!("goes from {at} to {next}"));
        }
        resolved = next == "doubt-resolved";
        at = if resolved { at } else { next };
    }
    let arrived = match at {
        "submitted" => matches!(state, "awaiting-approval" | "approved"),
        "asked" => state == "awaiting-approval",
        _ => at == state,
    };
    (!arrived).then(|| format!("ends at {at}"))
}

/// Whether a payout was paid or not, by the word of whoever resolved its doubt.
fn ends(action: &str) -> bool {
    matches!(action, "settled" | "failed")
}
