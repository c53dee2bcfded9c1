//! What `pgbench` runs: one payout in one transaction, with the rows that the program wrote for one
//! of its own. They are copied from there, so that both sides write the same columns and lengths.

use std::fmt::Write as _;

use vezne_testbed::Server;

use crate::workspace::Error;

const NOW: &str = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// Columns that differ from payout to payout, and what stands there instead: in the payout's own
/// row, in the one of its reference, and in its posting.
const PAYOUT: &[(&str, &str)] = &[
    ("id", "nextval('payout_id')"),
    ("reference", ":reference"),
    ("created_at", NOW),
    ("updated_at", NOW),
];
const REFERENCE: &[(&str, &str)] =
    &[("payout_id", "currval('payout_id')"), ("reference", ":reference")];
const POSTING: &[(&str, &str)] =
    &[("payout_id", "currval('payout_id')"), ("entry_id", "nextval('entry_id')"), ("at", NOW)];

/// The columns of a row with its values as SQL writes them.
struct Row(Vec<(String, String)>);

impl Row {
    /// The only row that a query gives.
    fn read(server: &Server, database: &str, query: &str) -> Result<Self, Error> {
        let sql = format!(
            "SELECT key, quote_nullable(value) \
             FROM ({query} LIMIT 1) AS t, jsonb_each_text(to_jsonb(t))"
        );
        let text = server.sql(database, &sql)?;
        let columns = text.lines().filter_map(|line| line.split_once('|'));
        let columns: Vec<_> = columns.map(|(key, value)| (key.into(), value.into())).collect();
        if columns.is_empty() { Err(format!("no row: {query}").into()) } else { Ok(Self(columns)) }
    }

    fn get(&self, name: &str) -> Result<&str, Error> {
        let found = self.0.iter().find(|(column, _)| column == name).map(|(_, value)| &**value);
        found.ok_or_else(|| format!("the tables have no column {name} any more").into())
    }

    /// A statement that inserts it, but for what differs.
    fn insert(&self, table: &str, differs: &[(&str, &str)]) -> Result<String, Error> {
        differs.iter().try_for_each(|(name, _)| self.get(name).map(drop))?;
        let columns: Vec<&str> = self.0.iter().map(|(name, _)| &**name).collect();
        let value = |(name, value): &'_ (String, String)| {
            let other = differs.iter().find(|(column, _)| column == name);
            other.map_or_else(|| value.clone(), |(_, other)| (*other).to_owned())
        };
        let values: Vec<String> = self.0.iter().map(value).collect();
        Ok(format!("INSERT INTO {table} ({}) VALUES ({});", columns.join(", "), values.join(", ")))
    }
}

/// The statements of one transaction: what is hot is locked and read, the reference is looked up,
/// three rows are written and three changed.
pub(super) fn statements(server: &Server, database: &str) -> Result<Vec<String>, Error> {
    let payout = Row::read(server, database, "SELECT * FROM payout")?;
    let (id, merchant) = (payout.get("id")?, payout.get("merchant_id")?);
    let (amount, scope) = (payout.get("amount_minor")?, payout.get("scope")?);
    let reference = format!("SELECT * FROM payout_reference WHERE payout_id = {id}");
    let reference = Row::read(server, database, &reference)?;
    let posting = format!("SELECT * FROM posting WHERE payout_id = {id}");
    let posting = Row::read(server, database, &posting)?;
    let (held, currency) = (posting.get("amount_minor")?, posting.get("currency")?);
    let balance = |sign, side| {
        let account = posting.get(side)?;
        Ok::<_, Error>(format!(
            "UPDATE balance SET minor = minor {sign} {held} WHERE merchant_id = {merchant} \
             AND currency = {currency} AND account = {account};"
        ))
    };
    Ok(vec![
        "BEGIN;".to_owned(),
        format!(
            "SELECT account, minor FROM balance WHERE merchant_id = {merchant} \
             AND currency = {currency} ORDER BY account FOR UPDATE;"
        ),
        format!(
            "SELECT payout_id FROM payout_reference WHERE merchant_id = {merchant} \
             AND reference = :reference AND scope = {scope};"
        ),
        payout.insert("payout", PAYOUT)?,
        reference.insert("payout_reference", REFERENCE)?,
        posting.insert("posting", POSTING)?,
        balance('-', "debit")?,
        balance('+', "credit")?,
        format!(
            "UPDATE day_total SET minor = minor + {amount} WHERE merchant_id = {merchant} \
             AND channel = {channel} AND day = (SELECT max(day) FROM day_total);",
            channel = payout.get("channel")?
        ),
        "COMMIT;".to_owned(),
    ])
}

/// The script. No two transactions share a reference: it is made of the run, the client and a
/// count.
pub(super) fn of(statements: &[String], pipelined: bool) -> String {
    let mut script = "\\set n :n + 1\n\
         \\set reference (:run * 10000 + :client_id) * 10000000000 + :n\n"
        .to_owned();
    let [start, end] = if pipelined { ["\\startpipeline\n", "\\endpipeline\n"] } else { [""; 2] };
    script.push_str(start);
    for statement in statements {
        // Writing to a text does not fail.
        let _ = writeln!(script, "{statement}");
    }
    script + end
}

/// What the merchants of one database have, copied into another.
pub(super) fn copy_balances(server: &Server, from: &str, to: &str) -> Result<(), Error> {
    for table in ["balance", "day_total"] {
        let rows = format!("SELECT coalesce(jsonb_agg(t), '[]') FROM {table} AS t");
        let rows = server.sql(from, &rows)?.replace('\'', "''");
        let copy = format!(
            "INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, '{rows}')"
        );
        server.sql(to, &copy)?;
    }
    Ok(())
}
