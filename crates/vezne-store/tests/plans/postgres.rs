//! PostgreSQL: the plan of every statement, such as fits all parameters, on what of a database is
//! large.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use vezne_store::watch::{self, Asked};
use vezne_testbed::psql;

use super::fill::{Dialect, Kind, statements};
use super::operations::operations;
use super::sources::{assert_all_run, plain};
use crate::support::postgres::Postgres;
use crate::support::{Backend, HOUR, NOON, World};
use crate::{GROWING, is_allowed};

const DIALECT: Dialect = Dialect {
    yes: "TRUE",
    content: "'\\x00000000000000000000000000000000'::bytea",
    // Nothing reads these rows.
    seal: "'\\x00000000000000000000000000000000'::bytea",
    settled_before: HOUR,
};

/// Before each plan in the server's answer.
const MARK: &str = "plan of ";

/// Has a server plan statements as a session of the store has it do.
fn plans<'a>(url: &str, run: impl IntoIterator<Item = &'a Asked>) -> Vec<(String, Vec<String>)> {
    let mut script = format!("{};\n", watch::postgres_settings());
    let run: Vec<&Asked> = run.into_iter().collect();
    for (number, Asked { sql, types, .. }) in run.iter().enumerate() {
        let types: Vec<String> = types.iter().map(|name| format!("\"{name}\"")).collect();
        let types =
            if types.is_empty() { String::new() } else { format!("({})", types.join(", ")) };
        let nulls = vec!["NULL"; types.matches('"').count() / 2].join(", ");
        let nulls = if nulls.is_empty() { nulls } else { format!("({nulls})") };
        writeln!(script, "SELECT '{MARK}{number}';").expect("a string takes everything");
        writeln!(script, "PREPARE p{number} {types} AS {sql};\nEXPLAIN EXECUTE p{number} {nulls};")
            .expect("a string takes everything");
    }
    let answer = psql(url, &script).expect("every statement can be planned");
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for line in answer.lines() {
        match line.strip_prefix(MARK) {
            Some(number) => {
                let number: usize = number.trim().parse().expect("a number");
                all.push((run[number].sql.clone(), Vec::new()));
            }
            None => all.last_mut().into_iter().for_each(|(_, lines)| lines.push(line.to_owned())),
        }
    }
    assert_eq!(all.len(), run.len());
    all
}

/// By a part of its text, which index a statement must find rows of a growing table by, as
/// partitions call it. Another one would have a condition as well, and lead through what others
/// have.
const RIGHT: [(&str, &[&str]); 12] = [
    ("state >= $1", &["_state_id_idx"]),
    ("seal IS NULL", &["_id_idx1"]),
    ("set_aside_at IS NOT NULL)", &["_set_aside_at_idx", "_pkey"]),
    ("asked.waiting_channel", &["_merchant_id_channel_due_at_id_idx", "_payout_id_idx"]),
    ("asked.waiting_rail", &["_rail_progress_merchant_id_due_at_id_idx", "_payout_id_idx"]),
    ("WITH RECURSIVE line", &["_merchant_id_channel_due_at_id_idx"]),
    ("WITH RECURSIVE one AS ( (SELECT merchant_id", &["_rail_progress_merchant_id_due_at_id_idx"]),
    ("AND due_at <= $1 ORDER BY due_at", &["_due_at_merchant_id_rail_progress_idx"]),
    ("asked.room", &["_merchant_id_state_at_idx", "_payout_id_idx"]),
    ("AND state = 'settled' ORDER BY id", &["_merchant_id_state_id_idx", "_pkey"]),
    ("-state_at", &["_expr_idx", "_pkey", "_id_idx", "_progress_idx"]),
    ("$1 AND state = $2 ORDER BY id", &["_merchant_id_state_id_idx"]),
];

/// What follows the name of a partition in those of indexes that only have what is in doubt, has no
/// seal, or is set aside. They may be walked through.
const FEW: [&str; 3] = ["_id_idx", "_id_idx1", "_set_aside_at_idx"];

fn has_few(index: &str) -> bool {
    let of_partition = |before: &str| before.matches('_').count() == 1;
    FEW.iter().any(|end| index.strip_suffix(end).is_some_and(of_partition))
}

/// Whether a statement that must have another index is looked up by this one.
fn is_wrong(sql: &str, index: &str) -> bool {
    let sql = plain(sql);
    let right = RIGHT.iter().find(|(part, _)| sql.contains(part));
    right.is_some_and(|(_, right)| !right.iter().any(|end| index.ends_with(end)))
}

/// What of a plan goes through more than it needs.
fn faults(large: &BTreeSet<String>, sql: &str, plan: &[String]) -> Vec<String> {
    let newest = sql.contains("ORDER BY id DESC LIMIT") || sql.contains("ORDER BY c.id DESC LIMIT");
    let whole_list = newest && !sql.contains("WHERE");
    let mut found = Vec::new();
    for (place, line) in plan.iter().enumerate() {
        let text = line.trim_start().trim_start_matches("->").trim_start();
        let growing = |on: &str| large.contains(on.split_whitespace().next().unwrap_or_default());
        let on = text.split_once(" on ").map_or("", |(_, on)| on);
        let by_key =
            plan.get(place + 1).is_some_and(|next| next.trim_start().starts_with("Index Cond:"));
        let scans = text.starts_with("Seq Scan") && growing(on);
        let index = text.starts_with("Index Scan") || text.starts_with("Index Only Scan");
        let used = text.split_once(" using ").map_or("", |(_, used)| used);
        let used = if text.starts_with("Bitmap Index Scan") { on } else { used };
        let used = used.split_whitespace().next().unwrap_or_default();
        let walks = index && growing(on) && !by_key && !whole_list && !has_few(used);
        let bitmap =
            text.starts_with("Bitmap Index Scan") && growing(on) && !by_key && !has_few(used);
        let wrong = !used.is_empty() && growing(on) && is_wrong(sql, used);
        if scans || walks || bitmap || wrong {
            found.push(text.to_owned());
        }
    }
    found
}

/// The tables and indexes that have grown; a plan may go through an empty month.
fn large(url: &str) -> BTreeSet<String> {
    let sql = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'i') \
         AND relnamespace = current_schema()::regnamespace AND pg_relation_size(oid) > 200000";
    let names: BTreeSet<String> =
        psql(url, sql).expect("it answers").lines().map(str::to_owned).collect();
    for table in GROWING {
        let small = ["balance", "day_total"].contains(&table);
        assert!(small || names.iter().any(|name| name.starts_with(table)), "{table} is empty");
    }
    names
}

/// What else grows, in the months of the payouts.
const OTHERS: [&str; 8] = [
    "INSERT INTO payout_reference (merchant_id, payout_id, reference, scope) \
     SELECT merchant_id, id, reference, scope FROM payout WHERE id > 1000",
    "INSERT INTO taken_month VALUES ('2020-01', 1, 2, 3, 'ayse', 20000, 0)",
    "WITH one AS (INSERT INTO payout_reference (merchant_id, payout_id, reference, scope) \
         SELECT 1, i, 'gone-' || i, '' FROM generate_series(200001, 220000) AS i \
         RETURNING merchant_id, payout_id) \
     INSERT INTO taken_payout (merchant_id, payout_id, created_at, commission_minor, \
         receiver_commission_minor, content, currency, month) \
     SELECT merchant_id, payout_id, 1, 0, 0, decode(md5('c'), 'hex'), 'TRY', '2020-01' FROM one",
    "INSERT INTO refusal (merchant_id, at, reference, scope, code) \
     SELECT 1, i, 'no-' || i, '', 'no' FROM generate_series(1, 20000) AS i",
    "INSERT INTO used_proof (merchant_id, at, digest, content) \
     SELECT 1, i, decode(md5(i::text), 'hex'), decode(md5('c'), 'hex') \
     FROM generate_series(1, 20000) AS i",
    "INSERT INTO posting (merchant_id, entry_id, line, at, amount_minor, payout_id, currency, \
     reason, debit, credit) SELECT 1, id, 1, created_at, 1, id, 'TRY', 'hold', 'available', \
     'held' FROM payout WHERE id > 1000",
    "INSERT INTO attempt (merchant_id, callback_id, number, at, took_micros, outcome, detail) \
     SELECT 1, id, 1, created_at, 1, 'failed', '' FROM callback WHERE id > 1000",
    "INSERT INTO trail (merchant_id, at, payout_id, actor, action, detail) \
     SELECT 1, created_at, id, 'system', 'payout.sent', '' FROM payout",
];

fn assert_plans(large: &BTreeSet<String>, plans: Vec<(String, Vec<String>)>, when: &str) {
    let mut wrong = String::new();
    for (sql, plan) in plans {
        let found = faults(large, &sql, &plan);
        if !found.is_empty() && !is_allowed(&plain(&sql)) {
            wrong.push_str(&format!("{when}: {sql}\n  {}\n", found.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn every_statement_finds_its_rows_by_an_index() {
    let _turn = crate::TURN.lock().await;
    watch::begin();
    run_everything! { Postgres }
    crate::contract::usage::each_hears_of_the_others_once::<Postgres>().await;
    let world = World::<Postgres>::new().await;
    operations(&world, |_| ()).await;
    let (backend, _) = world.close().await;
    let mut run = watch::postgres();
    let texts: Vec<String> = run.iter().map(|asked| asked.sql.clone()).collect();
    assert_all_run("postgres", &texts);
    run.retain(|asked| names_growing(&asked.sql));
    let url = backend.database.url();
    // As a node keeps them that serves a desk from its first payout on.
    let kept: Vec<&Asked> = run.iter().filter(|asked| asked.kept).collect();
    assert!(kept.len() > 30, "{}", kept.len());
    let of_a_young_desk = plans(url, kept);
    let numbers = "SELECT i FROM generate_series(1001, 61000) AS i";
    for sql in statements(Kind::Mixed, numbers, NOON, &DIALECT) {
        psql(url, &sql).expect("it is filled");
    }
    for sql in OTHERS {
        psql(url, sql).expect("it is filled");
    }
    let large = large(url);
    assert_plans(&large, plans(url, &run), "without statistics");
    psql(url, "ANALYZE").expect("it is analysed");
    assert_plans(&large, plans(url, &run), "with statistics");
    assert_plans(&large, of_a_young_desk, "kept since the desk was young");
}

/// Whether any rows are asked for that grow in number. The audit's statements are not watched.
fn names_growing(sql: &str) -> bool {
    GROWING.iter().any(|table| sql.contains(table))
}
