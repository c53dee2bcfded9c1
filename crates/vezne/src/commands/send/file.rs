//! The file of rows, read and checked whole before anything is sent.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use serde::Serialize;
use vezne_core::model::beneficiary::BeneficiaryError;
use vezne_core::model::channel::AccountKind;
use vezne_core::model::merchant::Mode;
use vezne_web::dialect::ccpayment::beneficiary;
use vezne_wire::ccpayment::Row;

use super::{document, table};
use crate::commands::Error;

#[cfg(test)]
mod tests;

/// The largest file that is read, in bytes.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// The most rows of a file.
pub(super) const MOST_ROWS: usize = 100_000;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// A row as it was read: the line it begins on, and the row or what is wrong with it.
pub(super) type Read = (u64, Result<Row, String>);

/// How spreadsheets on this side write CSV, so that ours opens in them too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) separator: u8,
    pub(super) bom: bool,
}

/// A file that was read.
pub(super) struct RowsFile {
    /// The rows that are right, each with a `unique_id`.
    pub(super) rows: Vec<Row>,
    /// Their lines.
    pub(super) lines: Vec<u64>,
    /// What is wrong with the others.
    pub(super) problems: Vec<Problem>,
    pub(super) form: Form,
    /// What a whole body says beside its rows.
    pub(super) merchant_key: Option<String>,
    pub(super) web_hook_key: Option<String>,
}

/// What is wrong with a row. It repeats no value: that may be a person's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    pub(super) line: u64,
    pub(super) problem: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl RowsFile {
    /// Reads a file, and checks it as a server does for a merchant of this mode. What is wrong with
    /// single rows is among the problems.
    pub(super) fn read(path: &Path, mode: Mode) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        let read =
            File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
        let named = |why: &dyn fmt::Display| Error::from(format!("{}: {why}", path.display()));
        let read = read.map_err(|error| named(&error))?;
        if u64::try_from(read).is_ok_and(|read| read > MOST_BYTES) {
            return Err(named(&format!("it has more than {MOST_BYTES} bytes")));
        }
        Self::of(&bytes, mode).map_err(|error| named(&error))
    }

    /// As [`RowsFile::read`], of a file's content.
    pub(super) fn of(bytes: &[u8], mode: Mode) -> Result<Self, Error> {
        let text = bytes.strip_prefix(BOM).unwrap_or(bytes);
        let form = Form { separator: b',', bom: text.len() < bytes.len() };
        let mut file = Self::empty(form);
        let read = match text.trim_ascii_start().first() {
            None => return Err("it is empty".into()),
            Some(b'[' | b'{') => document::read(text, &mut file)?,
            Some(_) => table::read(text, &mut file)?,
        };
        if read.is_empty() {
            return Err("there are no rows in it".into());
        }
        if read.len() > MOST_ROWS {
            return Err(format!("it has more than {MOST_ROWS} rows; send it in parts").into());
        }
        file.keep(read, &Ids::of(bytes), mode);
        let mut amounts = file.rows.iter().map(|row| row.amount_minor);
        // So no request's sum can be too large either.
        amounts.try_fold(0_i64, i64::checked_add).ok_or("its amounts are too large to add up")?;
        Ok(file)
    }

    fn empty(form: Form) -> Self {
        let (rows, lines, problems) = (Vec::new(), Vec::new(), Vec::new());
        Self { rows, lines, problems, form, merchant_key: None, web_hook_key: None }
    }

    fn keep(&mut self, read: Vec<Read>, ids: &Ids, mode: Mode) {
        let mut seen = HashMap::new();
        for (at, (line, row)) in read.into_iter().enumerate() {
            let row = row.and_then(|row| believable(row, mode));
            match row.and_then(|row| identify(row, line, ids.row(at + 1), &mut seen)) {
                Ok(row) => {
                    self.rows.push(row);
                    self.lines.push(line);
                }
                Err(problem) => self.problems.push(Problem { line, problem }),
            }
        }
    }

    /// The number and the sum of the right rows, by currency.
    pub(super) fn sums(&self) -> Vec<Sum> {
        sums(&self.rows)
    }
}

/// Checks what a server checks beyond the form of a row.
fn believable(row: Row, mode: Mode) -> Result<Row, String> {
    // Rows have no birth date, which is all that the day is for.
    match beneficiary(&row).check(AccountKind::Iban, mode, (1970, 1, 1)) {
        Ok(_) => Ok(row),
        Err(BeneficiaryError::Identity) => {
            Err("id_tc_kn is no identity number: its check digits do not fit.".to_owned())
        }
        Err(_) => Err("iban is no IBAN: its length or its check digits do not fit.".to_owned()),
    }
}

/// Gives a row an id if it has none. An id that stands twice would be paid once, or refused.
fn identify(
    row: Row,
    line: u64,
    own: String,
    seen: &mut HashMap<String, u64>,
) -> Result<Row, String> {
    let unique_id = row.unique_id.unwrap_or(own);
    match seen.insert(unique_id.clone(), line) {
        Some(earlier) => Err(format!("unique_id is the one of line {earlier} already.")),
        None => Ok(Row { unique_id: Some(unique_id), ..row }),
    }
}

/// The ids of rows that have none: a digest of the file's content and the row's place, so that the
/// same file has the same ids whenever it is sent, and any other file has others.
struct Ids(String);

impl Ids {
    fn of(content: &[u8]) -> Self {
        let digest = digest(&SHA256, content);
        let hex = digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}"));
        Self(hex.collect())
    }

    fn row(&self, number: usize) -> String {
        format!("vz-{}-{number}", self.0)
    }
}

/// Rows of one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Sum {
    pub(super) currency: String,
    pub(super) rows: usize,
    /// A plain decimal.
    pub(super) sum: String,
}

/// The number and the sum of rows, by currency.
pub(super) fn sums<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<Sum> {
    let mut sums: BTreeMap<&str, (usize, i128)> = BTreeMap::new();
    for row in rows {
        let (count, minor) = sums.entry(&row.currency).or_default();
        *count += 1;
        // 100,000 rows of i64 each stay far below the end of i128.
        *minor += i128::from(row.amount_minor);
    }
    let sum = |(currency, (rows, minor)): (&str, (usize, i128))| Sum {
        currency: currency.to_owned(),
        rows,
        sum: format!("{}.{:02}", minor / 100, minor % 100),
    };
    sums.into_iter().map(sum).collect()
}
