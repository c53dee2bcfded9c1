//! The positive control: the audit finds what is planted, and the triggers make planting hard.

use std::path::Path;

use rusqlite::Connection;
use vezne_store::audit::{audit, audit_with_key};

use super::healthy::healthy;
use crate::support::sqlite::Sqlite;

/// Opens a copy without any protection.
fn tamper(path: &Path) -> Connection {
    let connection = Connection::open(path).expect("it opens");
    let mut triggers = connection
        .prepare("SELECT format('DROP TRIGGER %s', name) FROM sqlite_schema WHERE type = 'trigger'")
        .expect("a query");
    let drops: Vec<String> =
        triggers.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    drop(triggers);
    let open = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;";
    connection.execute_batch(&(open.to_owned() + &drops.join(";"))).expect("it opens wide");
    connection
}

const PLANTED: [(&str, &str); 67] = [
    ("migrations", "UPDATE migration SET sha256 = 'x'"),
    ("migrations", "INSERT INTO migration VALUES (99, 'future', 'x', 0)"),
    ("file", "UPDATE payout SET state = 'settled' WHERE id = 1"),
    ("file", "UPDATE posting SET payout_id = 77 WHERE id = 2"),
    ("sequence", "DELETE FROM payout WHERE id = 2"),
    ("sequence", "DELETE FROM trail WHERE id = 2"),
    ("entries", "UPDATE posting SET amount_minor = -1000 WHERE id = 2"),
    ("entries", "UPDATE posting SET at = at + 1 WHERE debit = 'held' AND credit LIKE 'rail%'"),
    ("entries", "UPDATE posting SET currency = 'USD' WHERE credit = 'commission-income'"),
    ("entries", "UPDATE posting SET entry_id = entry_id + 1 WHERE id > 3"),
    ("entries", "DELETE FROM posting WHERE id = 3"),
    ("balances", "UPDATE posting SET amount_minor = amount_minor + 1 WHERE id = 2"),
    ("balances", "UPDATE balance SET minor = minor + 1 WHERE account = 'available'"),
    ("balances", "DELETE FROM balance WHERE account = 'commission-income'"),
    ("balances", "INSERT INTO balance VALUES (1, 'TRY', 'rail-clearing:x', 0)"),
    ("held", "UPDATE balance SET minor = minor - 1 WHERE account = 'held'"),
    ("held", "UPDATE payout SET amount_minor = amount_minor + 1 WHERE id = 1"),
    ("credit", "UPDATE balance SET minor = -1 WHERE account = 'available'"),
    ("references", "UPDATE refusal SET reference = 'r-1'"),
    ("references", "UPDATE refusal SET reopened_at = 5"),
    ("references", "DROP INDEX payout_reference; UPDATE payout SET reference = 'r-1' WHERE id = 2"),
    ("bookings", "UPDATE payout SET amount_minor = amount_minor + 1 WHERE id = 3"),
    ("bookings", "UPDATE payout SET state = 'approved', due_at = 1 WHERE id = 2"),
    ("bookings", "UPDATE payout SET rail = 'other' WHERE id = 3"),
    ("bookings", "UPDATE payout SET updated_at = updated_at + 1 WHERE id = 3"),
    ("bookings", "UPDATE payout SET created_at = created_at + 1 WHERE id = 1"),
    (
        "bookings",
        "INSERT INTO posting SELECT 99, 99, at, merchant_id, currency, reason, payout_id, debit, \
         credit, amount_minor FROM posting WHERE payout_id = 3 AND reason = 'settle' LIMIT 1",
    ),
    ("file", "UPDATE payout SET receiver_commission_minor = amount_minor WHERE id = 1"),
    ("file", "UPDATE used_proof SET merchant_id = 9"),
    ("bookings", "UPDATE payout SET receiver_commission_minor = 1 WHERE id = 3"),
    ("bookings", "UPDATE payout SET receiver_commission_minor = 21 WHERE id = 5"),
    ("bookings", "UPDATE payout SET receiver_commission_minor = NULL WHERE id = 5"),
    ("token-keys", "UPDATE token_key SET until = NULL"),
    ("token-keys", "UPDATE token_key SET until = since WHERE id = 'k2'"),
    ("token-keys", "UPDATE token_key SET until = since - 1 WHERE id = 'k1'"),
    ("token-keys", "UPDATE token_key SET since = since + 9, until = since + 9 WHERE id = 'k1'"),
    ("trail", "UPDATE trail SET action = 'x' WHERE action = 'payout.approved' AND payout_id = 7"),
    ("trail", "DELETE FROM trail WHERE action = 'payout.dispatched' AND payout_id = 3"),
    (
        "trail",
        "INSERT INTO trail VALUES (99, 1, 'rail', 'payout.settled', 1, 2, NULL, 'after the end')",
    ),
    ("trail", "UPDATE trail SET payout_id = 77 WHERE payout_id = 2"),
    ("day-totals", "UPDATE day_total SET minor = minor + 1"),
    ("day-totals", "DELETE FROM day_total"),
    ("day-totals", "INSERT INTO day_total VALUES (1, 5, 'papara', 1)"),
    ("callbacks", "DELETE FROM callback WHERE payout_id = 2"),
    (
        "callbacks",
        "INSERT INTO callback SELECT 99, 1, 1, 'settled', '', created_at, NULL, 0, 0, 0, 0, 'due', 1, 0, NULL, 0 \
         FROM callback WHERE id = 1",
    ),
    ("callbacks", "UPDATE payout SET callback_to = '' WHERE id = 3"),
    ("callbacks", "UPDATE payout SET callback_to = 'refunds' WHERE id = 5"),
    ("attempts", "DELETE FROM attempt"),
    ("attempts", "UPDATE callback SET attempts = 0"),
    ("attempts", "UPDATE callback SET forgotten = attempts WHERE attempts > 0"),
    ("folded", "UPDATE refusal SET reference = 'FlPccMWmEVMOivZovykVvB', scope = '#'"),
    ("folded", "UPDATE refusal SET reference = 'x', scope = '#', reopened_at = 5"),
    ("counts", "UPDATE kept_count SET refusals = refusals + 1"),
    ("counts", "UPDATE kept_count SET folded = folded + 1"),
    ("counts", "UPDATE kept_count SET idle_proofs = idle_proofs + 9"),
    ("counts", "DELETE FROM kept_count"),
    ("owners", "UPDATE callback SET merchant_id = 9 WHERE id = 1"),
    ("owners", "UPDATE used_proof SET merchant_id = 9"),
    ("schema", "DROP INDEX payout_due"),
    ("schema", "CREATE INDEX mine ON payout (account)"),
    ("schema", "CREATE TABLE mine (id)"),
    ("schema", "ALTER TABLE trail ADD COLUMN mine TEXT"),
    ("top-ups", "DELETE FROM trail WHERE action = 'merchant.topped-up'"),
    ("top-ups", "UPDATE trail SET detail = '1.00 TRY' WHERE action = 'merchant.topped-up'"),
    ("seals", "UPDATE payout SET account = 'TR330006100519786457841327' WHERE id = 1"),
    ("set-aside", "UPDATE payout SET set_aside_at = 1 WHERE id = 1"),
    ("contents", "UPDATE merchant SET webhook_secret = x'00'"),
];

#[tokio::test]
async fn each_planted_violation_is_found() {
    let backend = healthy::<Sqlite>().await;
    for (name, planted) in PLANTED {
        let copy = backend.path().with_file_name("copy.db");
        std::fs::copy(backend.path(), &copy).expect("it copies");
        tamper(&copy).execute_batch(planted).unwrap_or_else(|error| panic!("{planted}: {error}"));
        let report = audit_with_key(&copy, Some(&Sqlite::key())).expect("it can be audited");
        let check = report.checks.iter().find(|check| check.name == name).expect(name);
        assert!(check.violation_count > 0, "{name} does not see: {planted}\n{report}");
        for file in ["copy.db", "copy.db-wal", "copy.db-shm"] {
            drop(std::fs::remove_file(backend.path().with_file_name(file)));
        }
    }
}

#[tokio::test]
async fn a_flipped_byte_is_found_or_harmless() {
    let backend = healthy::<Sqlite>().await;
    let whole = std::fs::read(backend.path()).expect("it reads");
    let copy = backend.path().with_file_name("copy.db");
    let mut found = 0;
    for at in (4_096..whole.len()).step_by(whole.len() / 40) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&copy, &bytes).expect("it writes");
        let clean = audit(&copy).is_ok_and(|report| report.is_clean());
        found += usize::from(!clean);
    }
    assert!(found > 0, "no flipped byte was found");
}

#[tokio::test]
async fn the_report_reads_well() {
    let backend = healthy::<Sqlite>().await;
    tamper(&backend.path())
        .execute_batch("UPDATE balance SET minor = 7 WHERE account = 'held'")
        .expect("it writes");
    let text = audit(&backend.path()).expect("it can be audited").to_string();
    assert!(text.contains("ok     migrations"), "{text}");
    assert!(text.contains("WRONG  held"), "{text}");
    assert!(
        text.contains("merchant 1 TRY held: the balance is 7, its payouts hold 1015"),
        "{text}"
    );
}

#[tokio::test]
async fn what_is_written_once_stays() {
    let backend = healthy::<Sqlite>().await;
    let connection = Connection::open(backend.path()).expect("it opens");
    for statement in [
        "UPDATE posting SET amount_minor = 1",
        "DELETE FROM posting",
        "UPDATE trail SET actor = 'nobody'",
        "DELETE FROM trail",
        "UPDATE attempt SET outcome = 'failed'",
        "DELETE FROM attempt",
        "DELETE FROM payout",
        "UPDATE payout SET amount_minor = 1",
        "UPDATE payout SET private = NULL",
        "DELETE FROM callback",
        "UPDATE callback SET event = 'failed'",
        "DELETE FROM refusal",
        "UPDATE payout SET receiver_commission_minor = 1",
        "UPDATE payout SET bank_name = 'x'",
        "UPDATE payout SET callback_to = NULL",
        "DELETE FROM used_proof",
    ] {
        let refused = connection.execute(statement, []).expect_err(statement).to_string();
        assert!(
            ["append-only", "never deleted", "only the state", "never forgotten"]
                .iter()
                .any(|why| refused.contains(why)),
            "{statement}: {refused}"
        );
    }
}
