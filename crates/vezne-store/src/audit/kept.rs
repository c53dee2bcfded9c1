//! What is kept of merchants for nothing: old refusals, and the counts.

use std::collections::HashSet;

use super::source::Source;
use super::{Check, each};
use crate::row::refusal::fold;
use crate::row::{Result, get, text};

/// A refusal that is old has a digest for its reference, so no join finds the payout beside it.
pub(super) fn folded(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    let mut refused: HashSet<(i64, String)> = HashSet::new();
    let sql = "SELECT merchant_id, reference, reopened_at IS NOT NULL FROM refusal \
         WHERE scope = '#'";
    each(source, sql, |row| {
        let merchant: i64 = get(row, 0)?;
        if get(row, 2)? {
            check.violation(format!("merchant {merchant}: a reopened refusal has no reference"));
        }
        refused.insert((merchant, get(row, 1)?));
        Ok(())
    })?;
    check.rows_checked = u64::try_from(refused.len()).unwrap_or(u64::MAX);
    if refused.is_empty() {
        return Ok(());
    }
    each(source, "SELECT merchant_id, id, reference, scope FROM payout", |row| {
        let (merchant, id): (i64, i64) = (get(row, 0)?, get(row, 1)?);
        if refused.contains(&(merchant, fold(text(row, 2)?, text(row, 3)?))) {
            check.violation(format!("payout {id} stands beside an old refusal of its reference"));
        }
        Ok(())
    })
}

/// Both sides of what is counted, by merchant. Proofs are counted that brought nothing when they
/// came, which no row says later, so there are no fewer than those.
pub(super) fn counts(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    check.count(source, "SELECT count(*) FROM kept_count")?;
    check.none_of(
        source,
        "SELECT format('merchant %s has %s refusals, of which %s are old; counted are %s and %s', \
                coalesce(r.merchant_id, k.merchant_id), coalesce(r.rows, 0), \
                coalesce(r.folded, 0), coalesce(k.refusals, 0), coalesce(k.folded, 0)) \
         FROM (SELECT merchant_id, count(*) AS rows, \
                      sum(CASE WHEN scope = '#' THEN 1 ELSE 0 END) AS folded \
               FROM refusal GROUP BY merchant_id) AS r \
         FULL JOIN kept_count AS k ON k.merchant_id = r.merchant_id \
         WHERE coalesce(r.rows, 0) <> coalesce(k.refusals, 0) \
            OR coalesce(r.folded, 0) <> coalesce(k.folded, 0)",
    )?;
    check.none_of(
        source,
        "SELECT format('merchant %s has %s proofs, of which %s are counted', k.merchant_id, \
                coalesce(p.rows, 0), k.idle_proofs) \
         FROM kept_count AS k LEFT JOIN (SELECT merchant_id, count(*) AS rows FROM used_proof \
              WHERE until IS NULL GROUP BY merchant_id) AS p ON p.merchant_id = k.merchant_id \
         WHERE k.idle_proofs > coalesce(p.rows, 0)",
    )
}
