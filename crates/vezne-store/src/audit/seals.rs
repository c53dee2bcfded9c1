//! What only the master key can tell: that each payout is what was accepted and stands where it
//! was brought, and that whatever is sealed opens.

use vezne_core::model::payout::Payout;
use vezne_core::model::personal::Personal;

use super::source::Source;
use super::{Check, desk, each};
use crate::row::payout::{read, select};
use crate::row::state::{StateColumns, code_columns};
use crate::row::{Result, Row, bytes, get};
use crate::seal::{Place, Sealer};

/// What is asked with the key: the name, what must hold, and how that is found out.
pub(super) type Question = (&'static str, &'static str, Body);
type Body = fn(&mut dyn Source, &Sealer, &mut Check) -> Result<()>;

/// The checks that need the key. A new one is a function and a line.
pub(super) const CHECKS: [Question; 4] = [
    ("master-key", "the master key is the one of this desk", key),
    ("seals", "each payout bears the seal of what it says", payouts),
    ("desk-seal", "what the desk says of itself bears its seal", desk::seal),
    ("contents", "whatever is sealed opens in its place", contents),
];

/// Whether the key is right, and whether all payouts of the desk have seals.
fn key(source: &mut dyn Source, sealer: &Sealer, check: &mut Check) -> Result<()> {
    let mut right = false;
    each(source, "SELECT value FROM meta WHERE name = 'key_check'", |row| {
        check.rows_checked += 1;
        right = sealer.check_key(bytes(row, 0)?);
        Ok(())
    })?;
    if !right {
        check.violation("the desk was sealed under another master key".to_owned());
    }
    check.none_of(
        source,
        "SELECT 'the desk does not know its incarnation' FROM desk_state \
         WHERE NOT EXISTS (SELECT 1 FROM meta WHERE name = 'incarnation')",
    )?;
    if sealer.desk_sealed() {
        return Ok(());
    }
    check.none_of(
        source,
        "SELECT format('line %s says that the seals were confirmed, and the desk does not', id) \
         FROM trail WHERE action = 'seals.confirmed'",
    )
}

fn payouts(source: &mut dyn Source, sealer: &Sealer, check: &mut Check) -> Result<()> {
    // Without its tag a person is not found, which is no reason to set a payout aside.
    let sql = select("").replacen("SELECT ", "SELECT identity_tag, ", 1);
    each(source, &sql, |row| {
        check.rows_checked += 1;
        let row = &Shifted(row);
        match read(row, sealer) {
            Ok(payout) => check.whole(row, sealer, &payout)?,
            Err(error) if error.is_of_one_row() => {
                let id: i64 = get(row, 0)?;
                check.violation(format!("payout {id}: {error}"));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    })
}

impl Check {
    /// Names what a row says beside what its payout is.
    fn whole(&mut self, row: &Shifted<'_>, sealer: &Sealer, payout: &Payout) -> Result<()> {
        let identity = payout.beneficiary.identity.as_ref().map(Personal::expose);
        let tag = identity.map(|identity| sealer.identity_tag(identity));
        if row.0.optional_bytes(0)? != tag.as_ref().map(<[u8; 16]>::as_slice) {
            self.violation(format!("payout {} is found under another person", payout.id));
        }
        if code_columns(row)? != StateColumns::of(payout).codes() {
            let (id, state) = (payout.id, payout.state.code());
            self.violation(format!("payout {id} is {state}, and its row says more than that"));
        }
        Ok(())
    }
}

/// A row that has one column more in front.
struct Shifted<'r>(&'r dyn Row);

impl Row for Shifted<'_> {
    fn optional_number(&self, column: usize) -> Result<Option<i64>> {
        self.0.optional_number(column + 1)
    }

    fn optional_text(&self, column: usize) -> Result<Option<&str>> {
        self.0.optional_text(column + 1)
    }

    fn optional_bytes(&self, column: usize) -> Result<Option<&[u8]>> {
        self.0.optional_bytes(column + 1)
    }

    fn optional_flag(&self, column: usize) -> Result<Option<bool>> {
        self.0.optional_flag(column + 1)
    }
}

/// Each column of sealed values: its table, and what tells its rows apart.
const SEALED: [(&str, &str, &str, &str); 7] = [
    ("merchant", "webhook_secret", "id", "CAST(0 AS BIGINT)"),
    ("merchant", "former_webhook_secret", "id", "CAST(0 AS BIGINT)"),
    ("access", "key", "merchant_id", "position"),
    ("access", "former_key", "merchant_id", "position"),
    ("access", "callback_key", "merchant_id", "position"),
    ("token_key", "private", "number", "CAST(0 AS BIGINT)"),
    ("callback", "body", "id", "CAST(0 AS BIGINT)"),
];

fn contents(source: &mut dyn Source, sealer: &Sealer, check: &mut Check) -> Result<()> {
    for (table, column, id, part) in SEALED {
        let sql = format!("SELECT {id}, {part}, {column} FROM {table} WHERE {column} IS NOT NULL");
        each(source, &sql, |row| {
            check.rows_checked += 1;
            let place = Place { table, column, row: get(row, 0)?, part: get(row, 1)? };
            if sealer.open(place, bytes(row, 2)?).is_err() {
                check.violation(format!("{place} does not open"));
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// What is said of payouts from before seals, if any wait for a person.
pub(super) fn note(source: &mut dyn Source) -> Result<Option<String>> {
    let mut waiting = 0_i64;
    each(source, "SELECT count(*) FROM payout WHERE seal IS NULL", |row| {
        waiting = get(row, 0)?;
        Ok(())
    })?;
    let say =
        || format!("{waiting} payouts from before seals wait for a person: see vezne seal status");
    Ok((waiting > 0).then(say))
}
