//! A desk moves from its file to PostgreSQL, and works on there.

use vezne_testbed::Database;

use crate::support::program::Program;

/// A desk with a merchant that has money, on a file.
fn desk() -> Program {
    let program = Program::on_file("");
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001"]);
    program.ok(&["merchant", "top-up", "1001", "1000.00"]);
    program
}

#[test]
fn a_desk_moves_and_works_on() {
    let (program, database) = (desk(), Database::fresh().expect("a database"));
    let copy = ["copy", "--to", database.url()];
    let server = program.serve();
    program.fails(&copy, "open in another vezne process");
    assert_eq!(server.stop().0, 0);

    let plain = program.ok(&copy);
    for words in [
        "Both sides are the same.",
        "1000.00 TRY",
        "available",
        "set store.url",
        "an incarnation of its own",
    ] {
        assert!(plain.stdout.contains(words), "{words}: {}", plain.stdout);
    }
    assert!(!plain.stdout.contains("DIFFERS"), "{}", plain.stdout);
    assert!(plain.stderr.contains("vezne: posting: 1 rows are copied"), "{}", plain.stderr);
    assert!(plain.stderr.contains("100 % of all"), "{}", plain.stderr);
    program.fails(&["merchant", "list"], database.name());
    program.fails(&["serve"], "this desk moved to");

    let ran = program.run(&[&["--json"], &copy[..]].concat());
    assert!(!ran.stderr.contains("rows are"), "{}", ran.stderr);
    let again = program.json(&copy);
    for fact in ["was_there", "same", "books_right"] {
        assert_eq!(again[fact], true, "{fact}: {again}");
    }
    let facts = again["desk"].as_array().expect("a list");
    let of = |what: &str| facts.iter().find(|fact| fact["what"] == what).expect("it is compared");
    assert!(facts.iter().all(|fact| fact["same"] == true), "{again}");
    assert_eq!(of("claims")["said"], serde_json::json!(["0", "0"]));
    assert_ne!(of("incarnation")["said"][1], again["incarnation_of_file"], "it has its own");
    assert_eq!(again["quarantine_began_now"], false);
    let merchant = |table: &serde_json::Value| table["table"] == "merchant";
    let tables = again["tables"].as_array().expect("a list");
    let merchant = tables.iter().find(|table| merchant(table)).expect("it is copied");
    assert_eq!(merchant["rows"], serde_json::json!([1, 1]));
    assert_eq!(merchant["checksum"][0], merchant["checksum"][1]);

    let program = program.environment("VEZNE_STORE_URL", database.url());
    assert!(program.ok(&["merchant", "list"]).stdout.contains("Shop"));
    program.ok(&["merchant", "top-up", "1001", "1.00"]);
    let server = program.serve();
    assert!(program.ok(&["merchant", "show", "1001"]).stdout.contains("1001.00 TRY"));
    assert_eq!(server.stop().0, 0);
    // By now the two differ, and whoever asks is told so.
    let ran = program.run(&["copy"]);
    assert!(ran.code == 1 && ran.stdout.contains("NOT the same"), "{ran:?}");
    assert!(ran.stdout.contains("1000.00 TRY, there 1001.00 TRY"), "{}", ran.stdout);
}

#[test]
fn what_cannot_move_is_refused_and_a_move_can_be_undone() {
    let (program, database) = (desk(), Database::fresh().expect("a database"));
    let (url, file) = (database.url(), program.database());
    let from = format!("sqlite:{}", file.display());
    program.fails(&["copy"], "set store.url");
    program.fails(&["copy", "--from", url, "--to", &from], "from SQLite to PostgreSQL only");
    program.fails(&["copy", "--from", "here", "--to", url], "sqlite:PATH");
    program.fails(&["copy", "--to", "there"], "postgres://");
    program.fails(&["copy", "--from", "sqlite:/nowhere", "--to", url], "does not exist");
    program.fails(&["copy", "--undo-move"], "has not moved");
    database.sql("CREATE TABLE photo (name text)").expect("a table");
    program.fails(&["copy", "--to", url], "not one of vezne");
    database.sql("DROP TABLE photo").expect("it goes");

    program.ok(&["copy", "--from", &from, "--to", url]);
    program.fails(&["copy", "--to", Database::fresh().expect("another").url()], "this desk moved");
    assert!(program.ok(&["copy", "--undo-move"]).stdout.contains("must never be served"));
    assert!(program.ok(&["merchant", "list"]).stdout.contains("Shop"));
    program.fails(&["copy", "--to", url], "createdb");
}
