//! Writes what a group leaves behind: one statement per table, each with an array per column.

use std::collections::{BTreeSet, HashMap};

use tokio_postgres::types::Type;
use vezne_core::engine::view::Changes;
use vezne_core::model::callback::Attempt;
use vezne_core::model::identifier::{CallbackId, MerchantId};
use vezne_core::model::payout::MerchantReference;
use vezne_core::model::time::Timestamp;

use super::mark::Mark;
use super::session::{Query, Session, Sql, parameters};
use super::write::Write;
use super::{callback, desk_state, kept, ledger, payout};
use crate::row::directory::{LAST_TOKEN_KEY, statements};
use crate::row::payout::scope;
use crate::row::{Result, StoreError, Value, get};
use crate::seal::Sealer;

static PUT_REFUSALS: Sql = Sql {
    text: "INSERT INTO refusal (merchant_id, reference, scope, at, code, amount_minor) \
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6) ON CONFLICT (merchant_id, reference, scope) \
         DO UPDATE SET at = excluded.at, code = excluded.code, \
         amount_minor = excluded.amount_minor, reopened_at = NULL",
    types: &[
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
    ],
};

static REOPEN: Sql = Sql {
    text: "UPDATE refusal AS r SET reopened_at = $4 \
         FROM unnest($1, $2, $3) AS opened (merchant_id, reference, scope) \
         WHERE (r.merchant_id, r.reference, r.scope) \
             = (opened.merchant_id, opened.reference, opened.scope)",
    types: &[Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::TEXT_ARRAY, Type::INT8],
};

static PUT_PROOFS: Sql = Sql {
    text: "INSERT INTO used_proof (merchant_id, digest, content, at, until) \
         SELECT * FROM unnest($1, $2, $3, $4, $5) ON CONFLICT (merchant_id, digest) \
         DO UPDATE SET content = excluded.content, at = excluded.at, until = excluded.until",
    types: &[
        Type::INT8_ARRAY,
        Type::BYTEA_ARRAY,
        Type::BYTEA_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
    ],
};

static TRAIL: Sql = Sql {
    text: "INSERT INTO trail (at, actor, action, merchant_id, payout_id, callback_id, detail) \
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)",
    types: &[
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
    ],
};

static ADVANCE: Sql =
    Sql { text: "UPDATE directory_version SET version = $1", types: &[Type::INT8] };

static CONFIRM: Sql =
    Sql { text: "UPDATE meta SET value = $1 WHERE name = 'key_check'", types: &[Type::BYTEA] };

static TELL: Sql =
    Sql { text: "SELECT pg_notify('vezne_directory', $1::text)", types: &[Type::TEXT] };

/// The statements of all tables but those of the directory.
pub(super) fn queries(
    (sealer, home): (&Sealer, &str),
    at: Timestamp,
    changes: &Changes,
    owners: &HashMap<CallbackId, MerchantId>,
    seals: &payout::SeenSeals,
) -> Result<Vec<Write>> {
    let mut all = Vec::new();
    all.extend(payout::insert(sealer, &changes.payouts_added)?);
    all.extend(payout::insert_references(&changes.payouts_added));
    all.extend(payout::update(sealer, &changes.payouts_added, &changes.payouts_moved));
    all.extend(kept::unfold(&changed_references(changes)));
    all.extend(refusals(changes));
    all.extend(reopened(at, changes));
    all.extend(used_proofs(changes));
    all.extend(kept::put(&changes.kept));
    all.extend(ledger::insert(&changes.entries));
    all.extend(ledger::put_balances(&changes.balances));
    all.extend(ledger::put_day_totals(&changes.day_totals));
    all.extend(callback::insert(sealer, &changes.callbacks_added)?);
    all.extend(callback::update(&changes.callbacks_moved));
    all.extend(callback::update_composed(sealer, &changes.callbacks_moved)?);
    all.extend(callback::insert_attempts(&with_owners(&changes.attempts, owners)?));
    all.extend(payout::set_aside(at, &changes.set_aside.payouts, seals));
    all.extend(callback::set_aside(at, &changes.set_aside.callbacks));
    all.extend(payout::take_up(&changes.taken_up));
    all.extend(payout::seal_old(sealer, &changes.sealed));
    all.extend(confirmed(sealer, changes)?);
    all.extend(trail(changes));
    // Others that claim wait here until this group is committed, so it comes last.
    all.extend(desk_state::put((sealer, home), changes.desk_state.as_ref()));
    Ok(all)
}

/// Notes that everything has a seal.
fn confirmed(sealer: &Sealer, changes: &Changes) -> Result<Option<Write>> {
    if !changes.seals_confirmed {
        return Ok(None);
    }
    let query = Query::new(&CONFIRM, parameters![sealer.key_check()?]);
    Ok(Some(Write::new(query, 1)))
}

/// Attempts are of callbacks that were asked for by id, so whose they are is known.
fn with_owners<'a>(
    attempts: &'a [Attempt],
    owners: &HashMap<CallbackId, MerchantId>,
) -> Result<Vec<(MerchantId, &'a Attempt)>> {
    let unknown = |id| StoreError::Broken(format!("an attempt of callback {id}, which is unseen"));
    let owner = |attempt: &'a Attempt| {
        let id = attempt.callback;
        Ok((*owners.get(&id).ok_or_else(|| unknown(id))?, attempt))
    };
    attempts.iter().map(owner).collect()
}

/// The references under which a refusal stood that another one or a payout takes the place of.
fn changed_references(changes: &Changes) -> Vec<(i64, String, String)> {
    let again = changes.refusals.iter().filter(|record| record.again);
    let again = again.map(|record| (record.merchant, &record.reference));
    let reopened = changes.reopened.iter().map(|(merchant, reference)| (*merchant, reference));
    let key = |(merchant, reference): (MerchantId, &MerchantReference)| {
        (merchant.0, reference.text.clone(), scope(reference).to_owned())
    };
    let all: BTreeSet<_> = again.chain(reopened).map(key).collect();
    all.into_iter().collect()
}

fn refusals(changes: &Changes) -> Option<Write> {
    // A reference that may be retried can be refused twice in a group; the last refusal stands.
    let mut last = HashMap::new();
    for record in &changes.refusals {
        last.insert((record.merchant, &record.reference), record);
    }
    let all: Vec<_> = last.into_values().collect();
    let query = Query::new(
        &PUT_REFUSALS,
        parameters![
            all.iter().map(|one| one.merchant.0).collect::<Vec<_>>(),
            all.iter().map(|one| one.reference.text.clone()).collect::<Vec<_>>(),
            all.iter().map(|one| scope(&one.reference).to_owned()).collect::<Vec<_>>(),
            all.iter().map(|one| one.at.micros()).collect::<Vec<_>>(),
            all.iter().map(|one| one.refusal.code.clone()).collect::<Vec<_>>(),
            all.iter().map(|one| one.refusal.amount_minor).collect::<Vec<_>>(),
        ],
    );
    (!all.is_empty()).then(|| Write::new(query, all.len()))
}

fn reopened(at: Timestamp, changes: &Changes) -> Option<Write> {
    let all = &changes.reopened;
    let query = Query::new(
        &REOPEN,
        parameters![
            all.iter().map(|(merchant, _)| merchant.0).collect::<Vec<_>>(),
            all.iter().map(|(_, reference)| reference.text.clone()).collect::<Vec<_>>(),
            all.iter().map(|(_, reference)| scope(reference).to_owned()).collect::<Vec<_>>(),
            at.micros(),
        ],
    );
    (!all.is_empty()).then(|| Write::new(query, all.len()))
}

fn used_proofs(changes: &Changes) -> Option<Write> {
    let last: HashMap<_, _> = changes.used_proofs.iter().copied().collect();
    let all: Vec<_> = last.into_iter().collect();
    let query = Query::new(
        &PUT_PROOFS,
        parameters![
            all.iter().map(|(key, _)| key.merchant.0).collect::<Vec<_>>(),
            all.iter().map(|(key, _)| key.digest.to_vec()).collect::<Vec<_>>(),
            all.iter().map(|(_, used)| used.content.0.to_vec()).collect::<Vec<_>>(),
            all.iter().map(|(_, used)| used.at.micros()).collect::<Vec<_>>(),
            all.iter().map(|(_, used)| used.until.map(|at| at.micros())).collect::<Vec<_>>(),
        ],
    );
    (!all.is_empty()).then(|| Write::new(query, all.len()))
}

fn trail(changes: &Changes) -> Option<Write> {
    let all = &changes.trail;
    let query = Query::new(
        &TRAIL,
        parameters![
            all.iter().map(|line| line.at.micros()).collect::<Vec<_>>(),
            all.iter().map(|line| line.actor.to_string()).collect::<Vec<_>>(),
            all.iter().map(|line| line.action.clone()).collect::<Vec<_>>(),
            all.iter().map(|line| line.merchant.map(|id| id.0)).collect::<Vec<_>>(),
            all.iter().map(|line| line.payout.map(|id| id.0)).collect::<Vec<_>>(),
            all.iter().map(|line| line.callback.map(|id| id.0)).collect::<Vec<_>>(),
            all.iter().map(|line| line.detail.clone()).collect::<Vec<_>>(),
        ],
    );
    (!all.is_empty()).then(|| Write::new(query, all.len()))
}

/// Writes merchants, channels and token keys, under a lock on the directory; everybody hears of it
/// once it is committed.
pub(super) async fn write_directory(
    session: &Session,
    sealer: &Sealer,
    changes: &Changes,
    version: Option<i64>,
) -> Result<()> {
    let Some(version) = version else { return Ok(()) };
    let last = session.free(LAST_TOKEN_KEY, &[]).await?;
    let last = last.rows.first().map(|row| get(row, 0)).transpose()?.unwrap_or(0);
    for statement in statements(sealer, changes, last)? {
        session.free(&statement.sql, &statement.values).await?;
    }
    for merchant in &changes.merchants {
        let sql = "INSERT INTO merchant_lock (merchant_id) VALUES ($1) ON CONFLICT DO NOTHING";
        session.free(sql, &[Value::Number(merchant.id.0)]).await?;
    }
    session.one(&ADVANCE, parameters![version]).await?;
    session.one(&TELL, parameters![version.to_string()]).await?;
    Ok(())
}

/// Runs all statements, and the mark behind them. One that wrote other rows than it was given
/// undoes the group: something else has changed what was locked.
pub(super) async fn run(
    session: &Session,
    writes: Vec<Write>,
    mark: &Mark,
    at: Timestamp,
) -> Result<()> {
    let (mut queries, rows): (Vec<_>, Vec<_>) =
        writes.into_iter().map(|write| (write.query, write.rows)).unzip();
    queries.push(mark.leave(at.micros()));
    let answers = session.run(&queries).await?;
    for (answer, rows) in answers.iter().zip(rows) {
        let written = answer.written;
        if let Some(rows) = rows.filter(|rows| usize::try_from(written) != Ok(*rows)) {
            let what = format!("{written} rows were written where there are {rows}");
            return Err(StoreError::Broken(what));
        }
    }
    Ok(())
}
