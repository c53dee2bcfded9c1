//! What a copy came to, for people and for programs.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vezne_core::model::money::{Currency, Money};
use vezne_store::audit::Report;
use vezne_store::copy::{Compared, ComparedFact, ComparedTable, Copied};

use crate::commands::Error;
use crate::output::{Output, table};
use crate::stream::say;

/// What a copy came to.
pub(super) struct Summary {
    pub(super) to: String,
    pub(super) copied: Copied,
    pub(super) compared: Compared,
    /// The audit of the target, if it could be made.
    pub(super) books: Option<Report>,
}

/// A sum of money on both sides.
struct Sum {
    table: &'static str,
    apart: String,
    source: String,
    target: String,
}

impl Summary {
    /// Whether both sides are the same, and the books right.
    pub(super) fn is_right(&self) -> bool {
        self.compared.is_same() && self.books.as_ref().is_some_and(Report::is_clean)
    }

    pub(super) fn print(&self, output: Output) -> Result<(), Error> {
        output.either(&self.json(), || self.plain())
    }

    fn json(&self) -> Value {
        let line = |one: &ComparedTable| {
            json!({
                "table": one.name,
                "same": one.is_same(),
                "rows": [one.source.rows, one.target.rows],
                "checksum": [hex(one.source.checksum), hex(one.target.checksum)],
            })
        };
        let sum = |sum: Sum| {
            let Sum { table, apart, source, target } = sum;
            json!({ "table": table, "what": apart, "sum": [source, target] })
        };
        let fact = |one: &ComparedFact| {
            json!({
                "what": one.name,
                "same": one.is_same(),
                "said": [one.source, one.target],
            })
        };
        json!({
            "to": self.to,
            "was_there": self.copied.was_there,
            "rows": self.copied.rows,
            "same": self.compared.is_same(),
            "quarantine": self.copied.source.quarantine.as_ref().map(|one| &one.reason),
            "quarantine_began_now": self.copied.suspected,
            "incarnation_of_file": self.copied.source.incarnation,
            "desk": self.compared.desk.iter().map(fact).collect::<Vec<_>>(),
            "tables": self.compared.tables.iter().map(line).collect::<Vec<_>>(),
            "money": self.sums().into_iter().map(sum).collect::<Vec<_>>(),
            "books_right": self.books.as_ref().map(Report::is_clean),
        })
    }

    fn plain(&self) {
        let line = |one: &ComparedTable| {
            let (source, target) = (&one.source, &one.target);
            [
                verdict(one.is_same()).to_owned(),
                one.name.to_owned(),
                both(source.rows.to_string(), target.rows.to_string()),
                both(hex(source.checksum), hex(target.checksum)),
            ]
        };
        let lines = self.compared.tables.iter().map(line);
        say!("{}", table(&["", "table", "rows", "checksum of every column"], lines));
        let sum = |sum: Sum| {
            let same = sum.source == sum.target;
            let (what, name) = (sum.apart, sum.table.to_owned());
            [verdict(same).to_owned(), name, what, both(sum.source, sum.target)]
        };
        say!("\n{}", table(&["", "money in", "of", "sum"], self.sums().into_iter().map(sum)));
        let fact = |one: &ComparedFact| {
            let said = both(one.source.clone(), one.target.clone());
            [verdict(one.is_same()).to_owned(), one.name.to_owned(), said]
        };
        let facts = self.compared.desk.iter().map(fact);
        say!("\n{}", table(&["", "what the desk says of itself", "it says"], facts));
        say!("\n{}", self.conclusion());
    }

    fn conclusion(&self) -> String {
        let to = &self.to;
        if !self.compared.is_same() {
            return format!(
                "The two sides are NOT the same. Unless {to} was at work since, do not serve it: \
                 drop it, run `vezne copy --undo-move`, and copy into a fresh database."
            );
        }
        match &self.books {
            Some(report) if report.is_clean() => {}
            Some(report) => return format!("{report}\nThe books are WRONG, as they were."),
            None => return "Both sides are the same, but run `vezne audit` there.".to_owned(),
        }
        let done = match self.copied.was_there {
            true => "An earlier copy had come to its end.".to_owned(),
            false => format!("{} rows were copied.", self.copied.rows),
        };
        let quarantine = match &self.copied.source.quarantine {
            None => String::new(),
            Some(one) => format!(
                "\nIt is IN QUARANTINE, and sends nothing until a person releases it: {}. {} See \
                 `vezne quarantine status`.",
                one.reason,
                match self.copied.suspected {
                    true => "That began with this copy, in the file as well.",
                    false => "That was so in the file, and went along.",
                }
            ),
        };
        let own = &self.copied.source.incarnation;
        format!(
            "{done} Both sides are the same. The books are right.\n\
             The desk is at {to} now: set store.url to it and start. The file stays, and opens for \
             work no more.\n\
             What a copy changes: the desk there has an incarnation of its own, which the file's \
             mark names (the file's own is {own}), and what it says of itself is sealed over \
             that one.{quarantine}"
        )
    }

    /// Each sum of either side.
    fn sums(&self) -> Vec<Sum> {
        self.compared.tables.iter().flat_map(sums).collect()
    }
}

fn sums(one: &ComparedTable) -> Vec<Sum> {
    let (source, target) = (&one.source.money, &one.target.money);
    let names: BTreeSet<_> = source.keys().chain(target.keys()).collect();
    let sum = |name: &(String, String)| Sum {
        table: one.name,
        apart: name.1.clone(),
        source: amount(&name.0, source.get(name)),
        target: amount(&name.0, target.get(name)),
    };
    names.into_iter().map(sum).collect()
}

fn amount(currency: &str, minor: Option<&i128>) -> String {
    let minor = minor.copied().unwrap_or(0);
    match (currency.parse::<Currency>(), i64::try_from(minor)) {
        (Ok(currency), Ok(minor)) => Money::new(minor, currency).to_string(),
        // Beyond what one amount may be, a sum still has to be told from another.
        _ => format!("{minor} minor units of {currency}"),
    }
}

const fn verdict(same: bool) -> &'static str {
    if same { "same" } else { "DIFFERS" }
}

fn both(source: String, target: String) -> String {
    if source == target { source } else { format!("{source}, there {target}") }
}

fn hex(checksum: u128) -> String {
    format!("{checksum:032x}")
}
