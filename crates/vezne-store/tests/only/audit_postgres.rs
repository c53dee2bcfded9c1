//! The positive control of the audit in PostgreSQL: it finds what a superuser plants.

use vezne_core::model::personal::Secret;
use vezne_store::PostgresOptions;
use vezne_store::audit::{Report, Verdict, audit_postgres, audit_postgres_with_key};
use vezne_store::postgres::migrate;
use vezne_testbed::{Database, Options, Server};

use super::healthy::healthy;
use crate::support::postgres::Postgres;

fn audit(database: &Database) -> Report {
    audit_postgres(database.url(), &Postgres::options()).expect("it can be audited")
}

/// Runs SQL past triggers and foreign keys. `$3` is the payout with the reference r-3.
fn tamper(database: &Database, sql: &str) {
    let payout = "(SELECT id FROM payout WHERE reference = 'r-";
    let mut sql = format!("SET session_replication_role = replica; {sql};");
    for number in ["1", "2", "3", "4", "6"] {
        sql = sql.replace(&format!("${number}"), &format!("{payout}{number}')"));
    }
    database.sql(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A healthy desk, to which nobody is connected any more: its connections end with their runtime.
fn desk() -> Database {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(healthy::<Postgres>()).database
}

/// The check of that name must find what was planted, and not for want of an answer.
fn is_found(database: &Database, name: &str, sql: &str) {
    tamper(database, sql);
    let (url, key) = (database.url(), Postgres::key());
    let report = audit_postgres_with_key(url, &Postgres::options(), Some(&key)).expect("it runs");
    let check = report.checks.iter().find(|check| check.name == name).expect(name);
    assert!(check.violation_count > 0, "{name} does not see: {sql}\n{report}");
    let failed = check.violations.iter().find(|what| what.contains("could not be checked"));
    assert_eq!(failed, None, "{name}: {sql}");
}

const TABLES: [&str; 13] = [
    "payout",
    "payout_reference",
    "posting",
    "balance",
    "day_total",
    "refusal",
    "used_proof",
    "kept_count",
    "callback",
    "attempt",
    "trail",
    "token_key",
    "endpoint",
];

/// Each in the rows of one desk, which are put back after it.
fn all_are_found(planted: &[(&str, &str)]) {
    let desk = desk();
    let keep = TABLES.map(|table| format!("CREATE TABLE kept.{table} AS TABLE {table}"));
    tamper(&desk, &format!("CREATE SCHEMA kept; {}", keep.join("; ")));
    let restore = TABLES.map(|table| {
        format!(
            "DELETE FROM {table}; \
             INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept.{table}"
        )
    });
    for (name, sql) in planted {
        is_found(&desk, name, sql);
        tamper(&desk, &restore.join("; "));
    }
    let report = audit(&desk);
    assert!(report.is_clean(), "{report}");
}

#[test]
fn what_is_planted_in_the_schema_is_found() {
    let desk = desk();
    for (name, sql) in [
        ("migrations", "UPDATE migration SET sha256 = 'x'"),
        ("migrations", "INSERT INTO migration VALUES (99, 'future', 'x', 99)"),
        ("schema", "ALTER TABLE posting DISABLE TRIGGER posting_is_written_once"),
        ("schema", "ALTER TABLE payout_default DISABLE TRIGGER payout_stays"),
        ("schema", "ALTER TABLE trail ENABLE REPLICA TRIGGER trail_is_written_once"),
        ("schema", "ALTER TABLE access DISABLE TRIGGER ALL"),
        ("schema", "DROP TRIGGER callback_stays ON callback"),
        ("schema", "DROP TRIGGER attempt_stays ON attempt"),
        ("schema", "ALTER TABLE payout_reference DROP CONSTRAINT payout_reference_pkey"),
        ("schema", "ALTER TABLE payout DROP CONSTRAINT state_is_whole"),
        ("schema", "ALTER TABLE balance ADD CHECK (minor <> 7) NOT VALID"),
        ("schema", "UPDATE pg_index SET indisvalid = FALSE WHERE indrelid = 'refusal'::regclass"),
        ("schema", "ALTER TABLE access DROP CONSTRAINT access_merchant_id_fkey"),
        ("schema", "ALTER TABLE payout DETACH PARTITION payout_default"),
        ("schema", "ALTER TABLE balance SET UNLOGGED"),
        ("schema", "DROP TABLE channel_rule"),
        ("sequence", "SELECT setval('payout_id', 1)"),
        ("sequence", "SELECT setval('entry_id', 1)"),
        ("sequence", "SELECT setval('callback_id', 1)"),
        ("sequence", "ALTER TABLE trail ALTER id RESTART"),
    ] {
        is_found(&desk.copy().expect("a copy"), name, sql);
    }
}

#[test]
fn what_is_planted_between_the_tables_is_found() {
    all_are_found(&[
        (
            "sequence",
            "CREATE TEMP TABLE twin AS SELECT * FROM payout WHERE id = $1; \
             UPDATE twin SET created_at = created_at + 1; INSERT INTO payout SELECT * FROM twin",
        ),
        (
            "sequence",
            "CREATE TEMP TABLE twin AS SELECT * FROM callback WHERE payout_id = $2; \
             UPDATE twin SET created_at = created_at + 1; INSERT INTO callback SELECT * FROM twin",
        ),
        (
            "sequence",
            "CREATE TEMP TABLE twin AS SELECT * FROM trail; \
             INSERT INTO trail OVERRIDING SYSTEM VALUE SELECT * FROM twin",
        ),
        ("sequence", "UPDATE posting SET merchant_id = 9 WHERE credit = 'commission-income'"),
        ("links", "DELETE FROM payout WHERE id = $2"),
        ("links", "UPDATE posting SET payout_id = 77777 WHERE payout_id = $3"),
        ("links", "UPDATE posting SET merchant_id = 9 WHERE payout_id = $1"),
        ("links", "DELETE FROM callback WHERE payout_id = $3"),
        ("links", "UPDATE attempt SET callback_id = 77777"),
        ("links", "UPDATE attempt SET merchant_id = 9"),
        ("links", "UPDATE trail SET callback_id = 77777 WHERE payout_id = $3"),
        ("links", "DELETE FROM payout_reference WHERE payout_id = $1"),
        ("links", "UPDATE payout_reference SET reference = 'x' WHERE payout_id = $1"),
        ("links", "UPDATE payout_reference SET scope = 'x' WHERE payout_id = $1"),
        ("links", "UPDATE payout_reference SET merchant_id = 9 WHERE payout_id = $1"),
        ("links", "UPDATE payout_reference SET payout_id = $2 WHERE payout_id = $1"),
        ("links", "INSERT INTO payout_reference VALUES (1, $1, 'second', '')"),
        ("links", "UPDATE payout SET scope = 'papara' WHERE id = $1"),
        ("callbacks", "UPDATE callback SET payout_id = 77777 WHERE payout_id = $2"),
        ("trail", "UPDATE trail SET payout_id = 77777 WHERE payout_id = $2"),
        ("owners", "UPDATE payout SET merchant_id = 9 WHERE id = $1"),
        ("owners", "UPDATE callback SET merchant_id = 9 WHERE payout_id = $2"),
        ("owners", "UPDATE attempt SET merchant_id = 9"),
        ("owners", "UPDATE payout_reference SET merchant_id = 9"),
        ("owners", "UPDATE used_proof SET merchant_id = 9"),
        ("references", "UPDATE refusal SET reference = 'r-1'"),
        ("references", "UPDATE refusal SET reopened_at = 5"),
        ("references", "UPDATE payout SET reference = 'r-1' WHERE id = $2"),
        ("attempts", "UPDATE callback SET forgotten = attempts WHERE attempts > 0"),
        ("folded", "UPDATE refusal SET reference = 'FlPccMWmEVMOivZovykVvB', scope = '#'"),
        ("folded", "UPDATE refusal SET reference = 'x', scope = '#', reopened_at = 5"),
        ("counts", "UPDATE kept_count SET refusals = refusals + 1"),
        ("counts", "UPDATE kept_count SET folded = folded + 1"),
        ("counts", "UPDATE kept_count SET idle_proofs = idle_proofs + 9"),
        ("counts", "DELETE FROM kept_count"),
        ("token-keys", "UPDATE token_key SET until = NULL"),
        ("token-keys", "UPDATE token_key SET until = since WHERE id = 'k2'"),
        ("token-keys", "UPDATE token_key SET until = since - 1 WHERE id = 'k1'"),
        ("token-keys", "UPDATE token_key SET since = since + 9, until = since + 9 WHERE id = 'k1'"),
    ]);
}

#[test]
fn what_is_planted_in_the_ledger_is_found() {
    all_are_found(&[
        ("entries", "UPDATE posting SET at = at + 1 WHERE debit = 'held' AND credit LIKE 'rail%'"),
        ("entries", "UPDATE posting SET currency = 'USD' WHERE credit = 'commission-income'"),
        ("entries", "UPDATE posting SET merchant_id = 9 WHERE credit = 'commission-income'"),
        ("entries", "UPDATE posting SET line = line + 1 WHERE reason = 'top-up'"),
        ("entries", "DELETE FROM posting WHERE reason = 'settle' AND line = 1"),
        ("entries", "INSERT INTO posting SELECT * FROM posting WHERE reason = 'top-up'"),
        (
            "entries",
            "UPDATE posting SET line = 9, entry_id = (SELECT max(entry_id) FROM posting) \
             WHERE reason = 'top-up'",
        ),
        ("entries", "UPDATE posting SET reason = 'top-up' WHERE payout_id = $1"),
        ("entries", "UPDATE posting SET payout_id = NULL WHERE payout_id = $1"),
        ("balances", "UPDATE posting SET amount_minor = amount_minor + 1 WHERE payout_id = $1"),
        ("balances", "UPDATE balance SET minor = minor + 1 WHERE account = 'available'"),
        ("balances", "DELETE FROM balance WHERE account = 'commission-income'"),
        ("balances", "INSERT INTO balance VALUES (1, 0, 'TRY', 'rail-clearing:x')"),
        ("held", "UPDATE balance SET minor = minor - 1 WHERE account = 'held'"),
        ("held", "UPDATE payout SET amount_minor = amount_minor + 1 WHERE id = $1"),
        ("credit", "UPDATE balance SET minor = -1 WHERE account = 'available'"),
        ("day-totals", "UPDATE day_total SET minor = minor + 1"),
        ("day-totals", "DELETE FROM day_total"),
        ("day-totals", "INSERT INTO day_total VALUES (1, 5, 1, 'papara')"),
    ]);
}

#[test]
fn what_is_planted_in_payouts_is_found() {
    all_are_found(&[
        ("bookings", "UPDATE payout SET amount_minor = amount_minor + 1 WHERE id = $3"),
        (
            "bookings",
            "UPDATE payout SET state = 'approved', due_at = 1, reason = NULL, rejected_by = NULL \
             WHERE id = $2",
        ),
        ("bookings", "UPDATE payout SET rail = 'other' WHERE id = $3"),
        ("bookings", "UPDATE payout SET updated_at = updated_at + 1 WHERE id = $3"),
        ("bookings", "UPDATE payout SET created_at = created_at + 1 WHERE id = $1"),
        ("bookings", "INSERT INTO posting SELECT * FROM posting WHERE payout_id = $3 LIMIT 1"),
        ("bookings", "DELETE FROM posting WHERE payout_id = $3 AND reason = 'settle'"),
        ("bookings", "UPDATE payout SET receiver_commission_minor = 1 WHERE id = $3"),
        ("bookings", "UPDATE payout SET receiver_commission_minor = 21 WHERE id = $6"),
        ("bookings", "UPDATE payout SET receiver_commission_minor = NULL WHERE id = $6"),
        ("bookings", "UPDATE posting SET currency = 'USD' WHERE payout_id = $1"),
        ("trail", "UPDATE trail SET action = 'x' WHERE action = 'payout.dispatched'"),
        ("trail", "DELETE FROM trail WHERE action = 'payout.dispatched' AND payout_id = $3"),
        (
            "trail",
            "INSERT INTO trail (merchant_id, payout_id, at, actor, action, detail) \
             VALUES (1, $2, 1795165200000009, 'rail', 'payout.settled', 'after the end')",
        ),
        ("callbacks", "DELETE FROM callback WHERE payout_id = $2"),
        ("callbacks", "UPDATE callback SET payout_id = $1 WHERE payout_id = $2"),
        ("callbacks", "UPDATE callback SET event = 'settled' WHERE payout_id = $4"),
        ("callbacks", "UPDATE callback SET created_at = created_at + 1 WHERE payout_id = $2"),
        ("callbacks", "UPDATE callback SET merchant_id = 9 WHERE payout_id = $2"),
        ("callbacks", "UPDATE payout SET callback_to = '' WHERE id = $3"),
        ("callbacks", "UPDATE payout SET callback_to = 'refunds' WHERE id = $6"),
        ("top-ups", "DELETE FROM trail WHERE action = 'merchant.topped-up'"),
        ("top-ups", "UPDATE trail SET at = at + 1 WHERE action = 'merchant.topped-up'"),
        ("set-aside", "UPDATE payout SET set_aside_at = 1 WHERE id = $1"),
        ("set-aside", "UPDATE callback SET set_aside_at = 1 WHERE payout_id = $2"),
        ("seals", "UPDATE payout SET account = 'TR330006100519786457841327' WHERE id = $1"),
        ("seals", "UPDATE payout SET name = 'Eve' WHERE id = $3"),
        ("seals", "UPDATE payout SET rail_reference = 'other' WHERE id = $3"),
        ("seals", "UPDATE payout SET rail_reference = 'x' WHERE id = $1"),
        ("seals", "UPDATE payout SET identity_tag = NULL WHERE id = $1"),
        ("seals", "UPDATE payout SET seal = NULL WHERE id = $3"),
        ("attempts", "DELETE FROM attempt"),
        ("attempts", "UPDATE attempt SET outcome = 'failed'"),
        ("attempts", "UPDATE callback SET attempts = 0"),
        ("attempts", "UPDATE callback SET refusals = 1"),
        (
            "attempts",
            "INSERT INTO attempt SELECT merchant_id, callback_id, number, at + 1, 1, 200, outcome, '' \
             FROM attempt",
        ),
    ]);
}

/// More rows than are read at a time, ids with gaps, and entries of two merchants that alternate.
#[test]
fn pages_gaps_and_alternating_merchants_are_no_violation() {
    let desk = desk();
    let rows = "WITH wanted AS (SELECT 5000 + 2 * n AS n FROM generate_series(1, 2500) AS n) \
         INSERT INTO posting (merchant_id, entry_id, line, at, amount_minor, currency, reason, \
         debit, credit) SELECT 1 + n / 2 % 2, n, 1, 1795165200000000, 1, 'TRY', 'top-up', \
         'funding', 'available' FROM wanted";
    let others = "INSERT INTO balance VALUES (2, 1250, 'TRY', 'available'), \
         (2, -1250, 'TRY', 'funding')";
    let copied = "INSERT INTO merchant SELECT 2, name, mode, status, currency, \
         credit_limit_minor, NULL, NULL, retry_refused, reference_scope, NULL, NULL, \
         webhook_secret, NULL, NULL, 0 FROM merchant";
    let first = "UPDATE balance SET minor = minor + CASE account WHEN 'funding' THEN -1250 \
         ELSE 1250 END WHERE merchant_id = 1 AND account IN ('funding', 'available')";
    let lines = "INSERT INTO trail (merchant_id, at, actor, action, detail) \
         SELECT 1 + n % 2, 1795165200000000, 'system', 'merchant.topped-up', '0.01 TRY' \
         FROM generate_series(1, 2500) AS n";
    for sql in [rows, lines, others, copied, first, "SELECT setval('entry_id', 20000)"] {
        tamper(&desk, sql);
    }
    let report = audit(&desk);
    assert!(report.is_clean(), "{report}");
    let entries = report.checks.iter().find(|check| check.name == "entries").expect("it is asked");
    assert!(entries.rows_checked > 2_500, "{report}");
}

#[test]
fn a_question_that_fails_keeps_no_other_from_being_asked() {
    let desk = desk();
    tamper(&desk, "ALTER TABLE token_key RENAME until TO expires; UPDATE balance SET minor = 7");
    let report = audit(&desk);
    let text = report.to_string();
    let failed = "could not be checked: database: column \"until\" does not exist (42703)";
    assert!(text.contains(failed), "{text}");
    assert!(
        text.contains("merchant 1 TRY held: the balance is 7, its payouts hold 1015"),
        "{text}"
    );
    assert!(text.contains("ok     owners"), "{text}");
}

#[test]
fn what_cannot_be_reached_is_not_audited() {
    let options = PostgresOptions { password: Some(Secret::new("x")), ..Postgres::options() };
    let refused = audit_postgres("postgres://nobody@127.0.0.1:1/none", &options);
    let refused = refused.expect_err("nobody is there").to_string();
    assert!(refused.contains("no primary was reached"), "{refused}");
}

#[test]
fn rows_that_a_policy_hides_are_no_clean_bill() {
    let desk = desk();
    let hide = "ALTER TABLE balance ENABLE ROW LEVEL SECURITY; \
         ALTER TABLE balance FORCE ROW LEVEL SECURITY";
    tamper(&desk, hide);
    let report = audit(&desk);
    let unseen = report.checks.iter().filter(|check| check.unanswered.is_some());
    let names: Vec<_> = unseen.map(|check| check.name).collect();
    assert_eq!(names, ["balances", "held", "credit", "owners"], "{report}");
    assert_eq!(report.verdict(), Verdict::Unknown, "{report}");
}

/// A role that may only read, by exactly what docs/high-availability.md grants it.
#[test]
fn the_documented_grants_are_enough_to_audit_and_fewer_are_no_wrong_books() {
    let docs = include_str!("../../../../docs/high-availability.md");
    let grants: Vec<&str> = docs.split('`').filter(|text| text.starts_with("GRANT ")).collect();
    assert!(grants.len() >= 3, "{grants:?}");
    let desk = desk();
    let role = format!("reader_{}", desk.name());
    let url = desk.url().replacen("vezne@", &format!("{role}@"), 1);
    let audited = || audit_postgres(&url, &Postgres::options()).expect("it is reached").verdict();
    desk.sql(&format!("CREATE ROLE {role} LOGIN")).expect("a role");
    assert_eq!(audited(), Verdict::Unknown);
    for grant in grants {
        desk.sql(&format!("{grant} TO {role}")).expect("it is granted");
    }
    assert_eq!(audited(), Verdict::Right);
    desk.sql("REVOKE SELECT ON balance FROM PUBLIC").expect("it is SQL");
    desk.sql(&format!("REVOKE SELECT ON balance FROM {role}")).expect("it is SQL");
    assert_eq!(audited(), Verdict::Unknown);
    // What is wrong stays wrong, whatever else could not be looked at.
    tamper(&desk, "DELETE FROM trail");
    assert_eq!(audited(), Verdict::Wrong);
    desk.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).expect("it goes");
}

#[test]
fn a_connection_that_is_lost_is_no_wrong_book() {
    let desk = desk();
    // The first question about token keys ends the session that asks it.
    let end = "ALTER TABLE token_key RENAME TO token_key_kept; \
         CREATE FUNCTION ended() RETURNS BOOLEAN LANGUAGE sql AS \
             'SELECT pg_terminate_backend(pg_backend_pid())'; \
         CREATE VIEW token_key AS SELECT * FROM token_key_kept WHERE ended(); \
         GRANT SELECT ON token_key TO PUBLIC";
    tamper(&desk, end);
    let report = audit(&desk);
    let check = report.checks.iter().find(|check| check.name == "owners").expect("it is asked");
    assert!(check.unanswered.is_some(), "{report}");
}

#[tokio::test]
async fn a_standby_is_audited_where_there_is_no_primary() {
    let primary = Server::start(&Options::default()).expect("a server");
    primary.create_database("desk").expect("a database");
    let migrated = migrate::migrate(&primary.url("desk"), &Postgres::options()).await;
    migrated.expect("it migrates");
    let standby = primary.standby("second", &Options::default()).expect("a standby");
    drop(primary);
    let report = audit_postgres(&standby.url("desk"), &Postgres::options()).expect("it is audited");
    assert!(report.is_clean(), "{report}");
}
