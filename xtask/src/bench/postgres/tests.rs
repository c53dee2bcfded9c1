use vezne_testbed::{Options, Server};

use super::plain::{Plain, Way, transactions};
use super::script;
use crate::workspace;

const MIGRATIONS: &str = "crates/vezne-store/src/postgres/migrations";

/// What the program leaves of one accepted payout.
const ONE_PAYOUT: &str = "
    INSERT INTO payout (merchant_id, id, created_at, updated_at, amount_minor, commission_minor,
        dialect, reference, scope, content, channel, currency, name, account, state)
    VALUES (3, 7, 1, 1, 25000, 500, 'bankopay', 'it''s', '', '\\x000102030405060708090a0b0c0d0e0f',
        'bank-transfer', 'TRY', 'Ahmet Demir', 'TR12', 'awaiting-approval');
    INSERT INTO payout_reference (merchant_id, payout_id, reference, scope)
    VALUES (3, 7, 'it''s', '');
    INSERT INTO posting (merchant_id, entry_id, line, at, amount_minor, payout_id, currency, reason,
        debit, credit) VALUES (3, 9, 1, 1, 25500, 7, 'TRY', 'hold', 'available', 'held');
    INSERT INTO balance (merchant_id, minor, currency, account)
    VALUES (3, 1000, 'TRY', 'available'), (3, 0, 'TRY', 'held');
    INSERT INTO day_total (merchant_id, day, minor, channel) VALUES (3, 20000, 0, 'bank-transfer');";

fn with_two_databases() -> Server {
    let server = Server::start(&Options::default()).expect("a server");
    for database in ["desk", "plain"] {
        server.create_database(database).expect("created");
        for path in workspace::files(MIGRATIONS, ".sql").expect("migrations") {
            let migration = workspace::read(&path).expect("a migration");
            let sql = format!("BEGIN;\nSET ROLE vezne;\n{migration}\nCOMMIT;");
            server.sql(database, &sql).expect("migrated");
        }
    }
    server.sql("desk", ONE_PAYOUT).expect("written");
    server
}

#[test]
fn pgbench_books_what_the_program_would_have() {
    let server = with_two_databases();
    let folder = tempfile::tempdir().expect("a folder");
    let mut plain = Plain::copied(&server, "desk", folder.path()).expect("copied");
    for (clients, pipelined) in [(1, false), (4, false), (4, true)] {
        let way = Way { clients, pipelined };
        assert!(plain.run(way, 1).expect("run") > 0.0, "{way}");
    }
    let count = plain.check().expect("as many rows as transactions");
    let books = "SELECT (SELECT minor FROM balance WHERE account = 'available'), \
         (SELECT minor FROM balance WHERE account = 'held'), (SELECT minor FROM day_total), \
         (SELECT count(DISTINCT reference) FROM payout WHERE name = 'Ahmet Demir')";
    let (held, total) = (count * 25_500, count * 25_000);
    let expected = format!("{}|{held}|{total}|{count}", 1_000 - i128::from(held));
    assert_eq!(server.sql("plain", books).as_deref(), Ok(&*expected));
}

#[test]
fn scripts_are_pipelined_or_not() {
    let statements = ["BEGIN;", "COMMIT;"].map(str::to_owned);
    let (plain, pipelined) = (script::of(&statements, false), script::of(&statements, true));
    assert!(plain.ends_with(":n\nBEGIN;\nCOMMIT;\n"), "{plain}");
    assert!(
        pipelined.ends_with("\\startpipeline\nBEGIN;\nCOMMIT;\n\\endpipeline\n"),
        "{pipelined}"
    );
}

#[test]
fn what_pgbench_says() {
    let text = "number of transactions actually processed: 4535\nnumber of failed transactions: 0 (0.000%)\n\
         tps = 907.562462 (without initial connection time)\n";
    assert_eq!(transactions(text), Some((4_535, 907.562_462)));
    assert_eq!(transactions("pgbench: error\n"), None);
}
