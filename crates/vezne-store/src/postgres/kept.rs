//! How much is kept of a merchant for nothing, and what is let go in the end, in PostgreSQL.
//!
//! Several nodes may tidy at once: callbacks and proofs that another one has are passed over, and
//! refusals are folded under the locks of their merchants, as groups change them.

use std::time::Duration;

use deadpool::managed::Object;
use tokio::time::timeout;
use tokio_postgres::types::Type;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::retention::{Horizon, KeptCounts, Pruned};
use vezne_core::model::time::Timestamp;
use vezne_core::port::Fault;

use super::session::{Query, Session, Sql, parameters};
use super::write::Write;
use super::{Desk, locks, of_pool};
use crate::row::refusal::fold;
use crate::row::{Result, Row, get};

/// So long one kind of tidying may take in one step.
const PATIENCE: Duration = Duration::from_secs(15);

/// Refusals by merchant, reference and scope, and by the digest of both where any merchant of them
/// has one that is old.
pub(super) static REFUSALS: Sql = Sql {
    text: "SELECT asked.place, r.code, r.amount_minor \
         FROM unnest($1, $2, $3) WITH ORDINALITY AS asked (merchant_id, reference, scope, place) \
         JOIN refusal AS r USING (merchant_id, reference, scope) WHERE r.reopened_at IS NULL \
         UNION ALL SELECT asked.place, r.code, r.amount_minor \
         FROM unnest($1, $4) WITH ORDINALITY AS asked (merchant_id, digest, place) \
         JOIN refusal AS r ON r.merchant_id = asked.merchant_id AND r.reference = asked.digest \
              AND r.scope = '#' \
         WHERE r.reopened_at IS NULL \
         AND EXISTS (SELECT 1 FROM kept_count WHERE merchant_id = ANY($1) AND folded > 0)",
    types: &[Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::TEXT_ARRAY, Type::TEXT_ARRAY],
};

static COUNTS: Sql = Sql {
    text: "SELECT merchant_id, refusals, idle_proofs FROM kept_count WHERE merchant_id = ANY($1)",
    types: &[Type::INT8_ARRAY],
};

static PUT: Sql = Sql {
    text: "INSERT INTO kept_count (merchant_id, refusals, folded, idle_proofs) \
         SELECT merchant_id, refusals, 0, idle_proofs \
         FROM unnest($1, $2, $3) AS now (merchant_id, refusals, idle_proofs) \
         ON CONFLICT (merchant_id) DO UPDATE SET refusals = excluded.refusals, \
         idle_proofs = excluded.idle_proofs",
    types: &[Type::INT8_ARRAY, Type::INT8_ARRAY, Type::INT8_ARRAY],
};

static UNFOLD: Sql = Sql {
    text: "WITH whole AS (UPDATE refusal AS r SET reference = asked.reference, scope = asked.scope \
              FROM unnest($1, $2, $3, $4) AS asked (merchant_id, reference, scope, digest) \
              WHERE r.merchant_id = asked.merchant_id AND r.reference = asked.digest \
              AND r.scope = '#' RETURNING r.merchant_id), \
         counted AS (SELECT merchant_id, count(*) AS rows FROM whole GROUP BY merchant_id) \
         UPDATE kept_count AS k SET folded = folded - counted.rows FROM counted \
         WHERE k.merchant_id = counted.merchant_id",
    types: &[Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::TEXT_ARRAY, Type::TEXT_ARRAY],
};

/// By the count the attempts may go, so it is set first.
static EMPTY_CALLBACKS: Sql = Sql {
    text: "WITH done AS (SELECT id, merchant_id, created_at FROM callback \
              WHERE state <> 'due' AND forgotten < attempts AND state_at < $1 \
              ORDER BY state_at LIMIT $2 FOR UPDATE SKIP LOCKED) \
         UPDATE callback AS c SET body = NULL, forgotten = c.attempts FROM done \
         WHERE c.id = done.id AND c.merchant_id = done.merchant_id \
         AND c.created_at = done.created_at RETURNING c.id, c.merchant_id",
    types: &[Type::INT8, Type::INT8],
};

static DELETE_ATTEMPTS: Sql = Sql {
    text: "DELETE FROM attempt AS a USING unnest($1, $2) AS done (id, merchant_id) \
         WHERE a.callback_id = done.id AND a.merchant_id = done.merchant_id",
    types: &[Type::INT8_ARRAY, Type::INT8_ARRAY],
};

static OLD_REFUSALS: Sql = Sql {
    text: "SELECT merchant_id, reference, scope FROM refusal \
         WHERE reopened_at IS NULL AND scope <> '#' AND at < $1 ORDER BY at LIMIT $2",
    types: &[Type::INT8, Type::INT8],
};

/// One that was changed since it was looked for is left for the next step.
static FOLD: Sql = Sql {
    text: "WITH folded AS (UPDATE refusal AS r SET reference = old.digest, scope = '#' \
              FROM unnest($1, $2, $3, $4) AS old (merchant_id, reference, scope, digest) \
              WHERE r.merchant_id = old.merchant_id AND r.reference = old.reference \
              AND r.scope = old.scope AND r.reopened_at IS NULL AND r.at < $5 \
              RETURNING r.merchant_id), \
         counted AS (SELECT merchant_id, count(*) AS rows FROM folded GROUP BY merchant_id), \
         summed AS (UPDATE kept_count AS k SET folded = folded + counted.rows FROM counted \
              WHERE k.merchant_id = counted.merchant_id) \
         SELECT count(*) FROM folded",
    types: &[Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::TEXT_ARRAY, Type::TEXT_ARRAY, Type::INT8],
};

static FORGET_PROOFS: Sql = Sql {
    text: "DELETE FROM used_proof AS p USING (SELECT merchant_id, digest FROM used_proof \
              WHERE until IS NOT NULL AND until < $1 ORDER BY until LIMIT $2 \
              FOR UPDATE SKIP LOCKED) AS past \
         WHERE p.merchant_id = past.merchant_id AND p.digest = past.digest",
    types: &[Type::INT8, Type::INT8],
};

/// Asks for what is counted of merchants.
pub(super) fn look(merchants: Vec<i64>) -> Query {
    Query::new(&COUNTS, parameters![merchants])
}

/// Reads a row of it.
pub(super) fn read(row: &impl Row) -> Result<(MerchantId, KeptCounts)> {
    let counts = KeptCounts { refusals: get(row, 1)?, idle_proofs: get(row, 2)? };
    Ok((MerchantId(get(row, 0)?), counts))
}

/// Reads what is counted of everybody.
pub(super) async fn read_all(session: &Session) -> Result<Vec<(MerchantId, KeptCounts)>> {
    let sql = "SELECT merchant_id, refusals, idle_proofs FROM kept_count ORDER BY merchant_id";
    session.free(sql, &[]).await?.rows.iter().map(read).collect()
}

/// Writes what is counted now.
pub(super) fn put(counts: &[(MerchantId, KeptCounts)]) -> Option<Write> {
    let query = Query::new(
        &PUT,
        parameters![
            counts.iter().map(|(merchant, _)| merchant.0).collect::<Vec<_>>(),
            counts.iter().map(|(_, counts)| counts.refusals).collect::<Vec<_>>(),
            counts.iter().map(|(_, counts)| counts.idle_proofs).collect::<Vec<_>>(),
        ],
    );
    (!counts.is_empty()).then(|| Write::new(query, counts.len()))
}

/// Gives refusals their references back that have a digest in their place: what stands under these
/// references is about to change.
pub(super) fn unfold(all: &[(i64, String, String)]) -> Option<Write> {
    let query = Query::new(&UNFOLD, keys(all));
    (!all.is_empty()).then(|| Write::where_needed(query))
}

/// Merchants, references, scopes and digests.
fn keys(all: &[(i64, String, String)]) -> Vec<super::session::Parameter> {
    parameters![
        all.iter().map(|(merchant, ..)| *merchant).collect::<Vec<_>>(),
        all.iter().map(|(_, reference, _)| reference.clone()).collect::<Vec<_>>(),
        all.iter().map(|(.., scope)| scope.clone()).collect::<Vec<_>>(),
        all.iter().map(|(_, reference, scope)| fold(reference, scope)).collect::<Vec<_>>(),
    ]
}

async fn empty_callbacks(session: &Session, before: Timestamp, limit: i64) -> Result<usize> {
    let query = Query::new(&EMPTY_CALLBACKS, parameters![before.micros(), limit]);
    let done = session.begin(&query).await?.rows;
    let ids: Vec<i64> = done.iter().map(|row| get(row, 0)).collect::<Result<_>>()?;
    let merchants: Vec<i64> = done.iter().map(|row| get(row, 1)).collect::<Result<_>>()?;
    session.one(&DELETE_ATTEMPTS, parameters![ids, merchants]).await?;
    Ok(done.len())
}

async fn fold_refusals(session: &Session, before: Timestamp, limit: i64) -> Result<usize> {
    let query = Query::new(&OLD_REFUSALS, parameters![before.micros(), limit]);
    let old = session.begin(&query).await?.rows;
    let key = |row| Ok((get(row, 0)?, get(row, 1)?, get(row, 2)?));
    let old: Vec<(i64, String, String)> = old.iter().map(key).collect::<Result<_>>()?;
    let mut merchants: Vec<i64> = old.iter().map(|(merchant, ..)| *merchant).collect();
    merchants.sort_unstable();
    merchants.dedup();
    session.run(&[locks::merchants(merchants)]).await?;
    let mut values = keys(&old);
    values.push(Box::new(before.micros()));
    let folded = session.one(&FOLD, values).await?;
    let rows: Option<i64> = folded.rows.first().map(|row| get(row, 0)).transpose()?;
    Ok(usize::try_from(rows.unwrap_or(0)).unwrap_or(0))
}

async fn forget_proofs(session: &Session, now: Timestamp, limit: i64) -> Result<usize> {
    let query = Query::new(&FORGET_PROOFS, parameters![now.micros(), limit]);
    let forgotten = session.begin(&query).await?;
    Ok(usize::try_from(forgotten.written).unwrap_or(0))
}

impl Desk {
    /// Each kind in a transaction of its own, so that locks are held briefly. A commit that nobody
    /// heard of is as good: what it did was due.
    pub(super) async fn prune(
        &self,
        horizon: Horizon,
        most: usize,
    ) -> std::result::Result<Pruned, Fault> {
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let Horizon { now, callbacks, refusals } = horizon;
        Ok(Pruned {
            callbacks: self.tidy(async |one| empty_callbacks(one, callbacks, limit).await).await?,
            refusals: self.tidy(async |one| fold_refusals(one, refusals, limit).await).await?,
            proofs: self.tidy(async |one| forget_proofs(one, now, limit).await).await?,
        })
    }

    async fn tidy(
        &self,
        work: impl AsyncFnOnce(&Session) -> Result<usize>,
    ) -> std::result::Result<usize, Fault> {
        let session = self.keeper.get().await;
        let session = session.map_err(|error| Fault(of_pool(error).to_string()))?;
        let done = timeout(PATIENCE, async {
            let rows = work(&session).await?;
            session.batch("COMMIT").await?;
            Ok::<_, Fault>(rows)
        });
        let done = done.await.unwrap_or_else(|_| Err(Fault("tidying took too long".to_owned())));
        if done.is_err()
            && !matches!(timeout(PATIENCE, session.batch("ROLLBACK")).await, Ok(Ok(())))
        {
            // The server undoes what a lost connection had begun.
            drop(Object::take(session));
        }
        done
    }
}
