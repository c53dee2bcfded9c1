//! The file of resolutions: CSV with a header, commas or semicolons between, as spreadsheets of
//! either habit write it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use vezne_core::engine::doubt::check_words;

use crate::cli::payout_id;
use crate::commands::Error;
use crate::control::request::DoubtResolution;

/// The largest file that is read, in bytes.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// The most lines of a file.
const MOST_LINES: usize = 20_000;

const COLUMNS: [&str; 7] =
    ["payout", "merchant", "reference", "outcome", "evidence", "rail_reference", "reason"];

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) subject: Subject,
    pub(super) resolution: DoubtResolution,
    pub(super) evidence: String,
}

/// How a line names its payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// By our id, and the merchant where it says one.
    Payout { merchant: Option<String>, payout: i64 },
    /// By the merchant's reference, and the merchant where it says one.
    Reference { merchant: Option<String>, reference: String },
}

/// Reads a file whole.
///
/// # Errors
/// All that is wrong with it, by line.
pub(super) fn read(path: &Path) -> Result<Vec<Line>, Error> {
    let named = |why: &dyn std::fmt::Display| Error::from(format!("{}: {why}", path.display()));
    let mut bytes = Vec::new();
    let opened = File::open(path);
    let size = opened.and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    let size = size.map_err(|error| named(&error))?;
    if u64::try_from(size).is_ok_and(|size| size > MOST_BYTES) {
        return Err(named(&format!("it has more than {MOST_BYTES} bytes")));
    }
    of(&bytes).map_err(|error| named(&error))
}

/// As [`read`], of a file's content.
fn of(bytes: &[u8]) -> Result<Vec<Line>, Error> {
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))?;
    let head = text.lines().next().unwrap_or_default();
    let separator = if head.contains(';') { b';' } else { b',' };
    let mut reader = ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
    let columns = reader.headers()?.clone();
    if let Some(unknown) = columns.iter().find(|name| !COLUMNS.contains(&name.trim())) {
        return Err(format!("{unknown} is no column; they are {}", COLUMNS.join(", ")).into());
    }
    let (mut lines, mut wrong) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record?;
        let number = record.position().map_or(0, csv::Position::line);
        match line(number, &columns, &record) {
            Ok(line) => lines.push(line),
            Err(why) => wrong.push(format!("line {number}: {why}")),
        }
    }
    match (wrong.is_empty(), lines.len()) {
        (false, _) => Err(format!("nothing was booked:\n{}", wrong.join("\n")).into()),
        (true, 0) => Err("there are no lines in it".into()),
        (true, count) if count > MOST_LINES => {
            Err(format!("it has more than {MOST_LINES} lines; book it in parts").into())
        }
        (true, _) => Ok(lines),
    }
}

fn line(number: u64, columns: &StringRecord, record: &StringRecord) -> Result<Line, String> {
    let cell = |name: &str| {
        let place = columns.iter().position(|column| column.trim() == name);
        let text = place.and_then(|place| record.get(place)).unwrap_or_default().trim();
        Some(text.to_owned()).filter(|text| !text.is_empty())
    };
    let subject = match (cell("payout"), cell("reference")) {
        (Some(id), None) => Subject::Payout { merchant: cell("merchant"), payout: payout_id(&id)? },
        (None, Some(reference)) => Subject::Reference { merchant: cell("merchant"), reference },
        (Some(_), Some(_)) => return Err("it names a payout and a reference: say one".to_owned()),
        (None, None) => return Err("it names neither a payout nor a reference".to_owned()),
    };
    let resolution = match (cell("outcome").as_deref(), cell("reason"), cell("rail_reference")) {
        (Some("paid"), None, rail_reference) => DoubtResolution::Paid(rail_reference),
        (Some("not-paid"), Some(reason), None) => DoubtResolution::NotPaid(reason),
        (Some("not-paid"), None, _) => {
            return Err("not-paid takes a reason, in words the merchant reads".to_owned());
        }
        (Some("never-sent"), None, None) => DoubtResolution::NeverSent,
        (Some("paid" | "not-paid" | "never-sent"), _, _) => {
            return Err("a reason goes with not-paid, and a rail_reference with paid".to_owned());
        }
        _ => return Err("the outcome is paid, not-paid or never-sent".to_owned()),
    };
    let evidence = cell("evidence").ok_or("it says no evidence")?;
    check_words(&resolution.clone().into(), &evidence).map_err(|refusal| refusal.to_string())?;
    Ok(Line { number, subject, resolution, evidence })
}

#[cfg(test)]
mod tests;
