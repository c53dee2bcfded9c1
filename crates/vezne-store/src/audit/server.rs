//! A database of PostgreSQL itself: what keeps its rows as they are, its sequences, and the links
//! between its tables that the schema leaves undeclared.

use super::source::Source;
use super::{Check, each};
use crate::row::{Result, get};

/// Each trigger, after its table.
const TRIGGERS: [(&str, &str); 23] = [
    ("payout", "payout_stays"),
    ("payout", "payout_terms_stay"),
    ("payout", "payout_loses_seal"),
    ("payout", "payout_rail_key_stays"),
    ("payout", "payout_is_counted"),
    ("payout", "payout_is_counted_again"),
    ("payout_reference", "reference_stays"),
    ("refusal", "refusal_stays"),
    ("used_proof", "used_proof_stays"),
    ("posting", "posting_is_written_once"),
    ("callback", "callback_stays"),
    ("callback", "callback_facts_stay"),
    ("callback", "callback_body_stays"),
    ("callback", "callback_is_counted"),
    ("callback", "callback_is_counted_again"),
    ("attempt", "attempt_is_written_once"),
    ("attempt", "attempt_stays"),
    ("trail", "trail_is_written_once"),
    ("taken_month", "taken_month_stays"),
    ("taken_payout", "taken_payout_stays"),
    ("taken_callback", "taken_callback_stays"),
    ("carried_balance", "carried_balance_stays"),
    ("carried_day_total", "carried_day_total_stays"),
];

/// Each constraint that has a name of its own or makes a promise, after its table.
const CONSTRAINTS: [(&str, &str); 14] = [
    ("payout", "payout_pkey"),
    ("payout", "state_is_whole"),
    ("payout", "rejection_is_signed"),
    ("payout", "dispatch_is_whole"),
    ("payout", "doubt_is_whole"),
    ("payout_reference", "payout_reference_pkey"),
    ("refusal", "refusal_pkey"),
    ("used_proof", "used_proof_pkey"),
    ("kept_count", "kept_count_pkey"),
    ("balance", "balance_pkey"),
    ("day_total", "day_total_pkey"),
    ("callback", "callback_pkey"),
    ("attempt", "attempt_pkey"),
    ("access", "access_dialect_login_key"),
];

/// Each table of the books and of the directory, with how many keys and constraints it has at
/// least.
const TABLES: [(&str, u8); 32] = [
    ("access", 4),
    ("allowed_network", 2),
    ("attempt", 4),
    ("balance", 1),
    ("bank", 2),
    ("callback", 8),
    ("carried_balance", 2),
    ("carried_day_total", 2),
    ("channel", 5),
    ("channel_bank", 2),
    ("channel_field", 5),
    ("channel_option", 2),
    ("channel_rule", 2),
    ("commit_mark", 2),
    ("day_total", 1),
    ("directory_version", 2),
    ("endpoint", 3),
    ("kept_count", 5),
    ("merchant", 8),
    ("merchant_option", 2),
    ("payout", 16),
    ("payout_reference", 1),
    ("posting", 6),
    ("refusal", 1),
    ("taken_callback", 2),
    ("taken_month", 5),
    ("taken_payout", 6),
    ("tally", 0),
    ("terms", 8),
    ("token_key", 2),
    ("trail", 0),
    ("used_proof", 3),
];

/// What may be wrong with those tables, and with their partitions.
const FINDINGS: [&str; 5] = [
    "SELECT format('table %s is missing', name) FROM kept \
     WHERE NOT EXISTS (SELECT 1 FROM ours WHERE ours.name = kept.name)",
    "SELECT format('table %s has %s keys and constraints of %s', name, count(k.oid), wanted) \
     FROM ours JOIN kept USING (name) LEFT JOIN pg_constraint AS k \
          ON k.conrelid = ours.oid AND k.contype IN ('p', 'u', 'f', 'c') \
     GROUP BY name, wanted HAVING count(k.oid) < wanted",
    "SELECT format('table %s does not survive a crash', name) FROM ours \
     WHERE relkind = 'r' AND relpersistence <> 'p'",
    "SELECT format('table %s has no place for rows of a month without partition', name) \
     FROM ours JOIN pg_partitioned_table AS p ON p.partrelid = ours.oid WHERE p.partdefid = 0",
    "SELECT format('partition %s is half detached', name) \
     FROM ours JOIN pg_inherits AS h ON h.inhrelid = ours.oid WHERE h.inhdetachpending",
];

/// The tables of ours, of which `one` is.
const OURS: &str = "FROM pg_class AS one \
     WHERE one.relnamespace = quote_ident(current_schema())::regnamespace";

pub(super) fn schema(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    check.count(source, &format!("SELECT count(*) {OURS}"))?;
    tables(source, check)?;
    missing(source, check, &TRIGGERS, "trigger", ("pg_trigger", "tgrelid", "tgname"))?;
    missing(source, check, &CONSTRAINTS, "constraint", ("pg_constraint", "conrelid", "conname"))?;
    // Partitions have triggers and indexes of their own, and foreign keys are triggers as well.
    let ours = format!("IN (SELECT one.oid {OURS})");
    check.none_of(
        source,
        &format!(
            "SELECT format('trigger %s of %s is not in force', tgname, tgrelid::regclass) \
             FROM pg_trigger WHERE tgenabled NOT IN ('O', 'A') AND tgrelid {ours}"
        ),
    )?;
    check.none_of(
        source,
        &format!(
            "SELECT format('constraint %s of %s is not proven', conname, conrelid::regclass) \
             FROM pg_constraint WHERE NOT convalidated AND conrelid {ours}"
        ),
    )?;
    check.none_of(
        source,
        &format!(
            "SELECT format('index %s of %s is not valid', indexrelid::regclass, \
             indrelid::regclass) FROM pg_index \
             WHERE NOT (indisvalid AND indisready AND indislive) AND indrelid {ours}"
        ),
    )
}

/// Looks at each table itself.
fn tables(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    let rows: Vec<_> =
        TABLES.iter().map(|(name, wanted)| format!("('{name}', {wanted})")).collect();
    let with = format!(
        "WITH kept (name, wanted) AS (VALUES {}), \
         ours AS (SELECT one.oid, CAST(one.relname AS TEXT) AS name, one.relkind, \
                         one.relpersistence {OURS} AND one.relkind IN ('r', 'p') \
              AND (one.relispartition OR one.relname IN (SELECT name FROM kept)))",
        rows.join(", ")
    );
    FINDINGS.iter().try_for_each(|finding| check.none_of(source, &format!("{with} {finding}")))
}

/// Names what a catalog lacks.
fn missing(
    source: &mut dyn Source,
    check: &mut Check,
    wanted: &[(&str, &str)],
    what: &str,
    (catalog, table, name): (&str, &str, &str),
) -> Result<()> {
    let rows: Vec<_> =
        wanted.iter().map(|(table, name)| format!("('{table}', '{name}')")).collect();
    let sql = format!(
        "SELECT format('{what} %s of %s is missing', wanted.name, wanted.place) \
         FROM (VALUES {}) AS wanted (place, name) \
         WHERE NOT EXISTS (SELECT 1 FROM {catalog} WHERE {name} = wanted.name AND {table} = \
              to_regclass(quote_ident(current_schema()) || '.' || wanted.place))",
        rows.join(", ")
    );
    check.none_of(source, &sql)
}

/// Each table with ids of its own: the id, and what gives it out.
const SEQUENCES: [(&str, &str, &str); 4] = [
    ("payout", "id", "payout_id"),
    ("callback", "id", "callback_id"),
    ("posting", "entry_id", "entry_id"),
    ("trail", "id", "trail_id_seq"),
];

/// Nodes take ids in advance and may lose some, so there are gaps. No key over all partitions keeps
/// an id from being used twice, and a sequence that was set back would give one out again.
pub(super) fn sequence(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    for (table, id, sequence) in SEQUENCES {
        let sql = format!(
            "SELECT count(*), coalesce(max({id}), 0), \
             coalesce(pg_sequence_last_value('{sequence}'), 0) FROM {table}"
        );
        each(source, &sql, |row| {
            let (rows, last, given): (i64, i64, i64) = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
            check.rows_checked += u64::try_from(rows).unwrap_or(0);
            if last > given {
                let found = format!("{table} has the id {last}; {sequence} has come to {given}");
                check.violation(found);
            }
            Ok(())
        })?;
    }
    for table in ["payout", "callback", "trail"] {
        let sql = format!(
            "SELECT format('%s rows of {table} have the id %s', count(*), id) FROM {table} \
             GROUP BY id HAVING count(*) > 1"
        );
        check.none_of(source, &sql)?;
    }
    check.none_of(
        source,
        "SELECT format('entry %s belongs to several merchants', entry_id) FROM posting \
         GROUP BY entry_id HAVING min(merchant_id) <> max(merchant_id)",
    )
}

/// What foreign keys would say if the hot tables had any, merchants included. What a callback or a
/// line of the trail says of its payout is looked at beside the payout.
const LINKS: [&str; 5] = [
    "SELECT format('a posting of entry %s names payout %s of merchant %s, which does not exist', \
     q.entry_id, q.payout_id, q.merchant_id) FROM posting AS q \
     LEFT JOIN payout AS p ON p.id = q.payout_id AND p.merchant_id = q.merchant_id \
     WHERE q.payout_id IS NOT NULL AND p.id IS NULL AND NOT EXISTS ( \
          SELECT 1 FROM taken_payout AS k \
          WHERE k.payout_id = q.payout_id AND k.merchant_id = q.merchant_id)",
    "SELECT format('attempt %s names callback %s of merchant %s, which does not exist', \
     a.number, a.callback_id, a.merchant_id) FROM attempt AS a \
     LEFT JOIN callback AS c ON c.id = a.callback_id AND c.merchant_id = a.merchant_id \
     WHERE c.id IS NULL AND NOT EXISTS ( \
          SELECT 1 FROM taken_callback AS k \
          WHERE k.callback_id = a.callback_id AND k.merchant_id = a.merchant_id)",
    "SELECT format('line %s names callback %s, which does not exist', t.id, t.callback_id) \
     FROM trail AS t LEFT JOIN callback AS c ON c.id = t.callback_id \
     WHERE t.callback_id IS NOT NULL AND c.id IS NULL \
     AND NOT EXISTS (SELECT 1 FROM taken_callback AS k WHERE k.callback_id = t.callback_id)",
    "SELECT format('the reference of payout %s is not promised to it', p.id) \
     FROM payout AS p LEFT JOIN payout_reference AS r ON r.merchant_id = p.merchant_id \
          AND r.reference = p.reference AND r.scope = p.scope AND r.payout_id = p.id \
     WHERE r.payout_id IS NULL",
    "SELECT format('a reference of merchant %s is promised to payout %s, which does not have it', \
     r.merchant_id, r.payout_id) \
     FROM payout_reference AS r LEFT JOIN payout AS p ON p.merchant_id = r.merchant_id \
          AND p.reference = r.reference AND p.scope = r.scope AND p.id = r.payout_id \
     WHERE p.id IS NULL AND NOT EXISTS ( \
          SELECT 1 FROM taken_payout AS k \
          WHERE k.payout_id = r.payout_id AND k.merchant_id = r.merchant_id)",
];

/// What must hold of what is left of months that were taken out.
const TAKEN: [&str; 4] = [
    "SELECT format('month %s went with %s payouts, and %s are known', m.month, m.payouts, \
     count(k.payout_id)) FROM taken_month AS m LEFT JOIN taken_payout AS k USING (month) \
     GROUP BY m.month, m.payouts HAVING count(k.payout_id) <> m.payouts",
    "SELECT format('payout %s went with month %s and is there all the same', p.id, k.month) \
     FROM taken_payout AS k JOIN payout AS p ON p.id = k.payout_id",
    "SELECT format('payout %s went with month %s and has no reference', k.payout_id, k.month) \
     FROM taken_payout AS k LEFT JOIN payout_reference AS r \
          ON r.merchant_id = k.merchant_id AND r.payout_id = k.payout_id \
     WHERE r.payout_id IS NULL",
    "SELECT format('merchant %s %s: what month %s left sums to %s', merchant_id, currency, month, \
     sum(minor)) FROM carried_balance GROUP BY merchant_id, currency, month \
     HAVING sum(minor) <> 0",
];

pub(super) fn taken(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    for table in ["taken_month", "taken_payout", "carried_balance", "carried_day_total"] {
        check.count(source, &format!("SELECT count(*) FROM {table}"))?;
    }
    TAKEN.iter().try_for_each(|sql| check.none_of(source, sql))
}

pub(super) fn links(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    for table in ["posting", "attempt", "payout", "payout_reference"] {
        check.count(source, &format!("SELECT count(*) FROM {table}"))?;
    }
    LINKS.iter().try_for_each(|sql| check.none_of(source, sql))
}
