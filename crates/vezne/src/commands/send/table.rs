//! Rows as CSV: the document's field names on top, commas or semicolons between, as spreadsheets of
//! either habit write it.
//!
//! Every row becomes the JSON object that it would be, and is read by what reads requests.

use csv::{ReaderBuilder, StringRecord};
use vezne_wire::ccpayment::Row;
use vezne_wire::ccpayment::row::FIELDS;
use vezne_wire::json::{Object, ObjectWriter};

use super::file::{Form, Read, RowsFile};
use super::lines::Lines;
use crate::commands::Error;

/// The columns without which no row could be right.
const REQUIRED: [&str; 5] = ["name_surname", "iban", "amount", "currency", "gsm_number"];

/// Reads the rows, and into `file` how the file is separated.
pub(super) fn read(bytes: &[u8], file: &mut RowsFile) -> Result<Vec<Read>, Error> {
    let text = utf8(bytes)?;
    let (table, separator) = separator(text);
    let (skipped, mut lines) = (text.len() - table.len(), Lines::of(bytes));
    file.form = Form { separator, ..file.form };
    let mut builder = ReaderBuilder::new();
    // The number of fields is checked here, to say what is wrong by line.
    builder.delimiter(separator).has_headers(false).flexible(true);
    let mut reader = builder.from_reader(table.as_bytes());
    let mut records = reader.records();
    let head = records.next().ok_or("there is no header in it")??;
    let columns = columns(&head)?;
    let mut rows = Vec::new();
    for record in records {
        let record = record?;
        // Where the reader was before the record, often at the end of a line above it.
        let before = record.position().and_then(|at| usize::try_from(at.byte()).ok());
        let line = lines.after(skipped + before.unwrap_or(0));
        // Spreadsheets end with rows of separators only.
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push((line, row(&columns, &record)));
        }
    }
    Ok(rows)
}

fn utf8(bytes: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line} is not UTF-8: save the file as \"CSV UTF-8\"").into()
    })
}

/// The text from its header on, and what separates its fields. A line above such as `sep=;` is for
/// spreadsheets and says it.
fn separator(text: &str) -> (&str, u8) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    match first.trim_end() {
        "sep=;" => (rest, b';'),
        "sep=," => (rest, b','),
        head if head.matches(';').count() > head.matches(',').count() => (text, b';'),
        _ => (text, b','),
    }
}

/// The field of each column. A name that is not known is refused: were it passed on, a misspelled
/// field would be missing without a word.
fn columns(head: &StringRecord) -> Result<Vec<&'static str>, Error> {
    let mut columns = Vec::new();
    for cell in head {
        let name = cell.trim();
        let field = FIELDS.iter().find(|field| field.eq_ignore_ascii_case(name));
        let field = field.ok_or_else(|| {
            format!("the header has {name:?}, which is none of {}", FIELDS.join(", "))
        })?;
        if columns.contains(field) {
            return Err(format!("the header has {field} twice").into());
        }
        columns.push(*field);
    }
    match REQUIRED.iter().find(|field| !columns.contains(field)) {
        Some(missing) => Err(format!("the header has no {missing}").into()),
        None => Ok(columns),
    }
}

fn row(columns: &[&'static str], record: &StringRecord) -> Result<Row, String> {
    if record.len() != columns.len() {
        let (found, expected) = (record.len(), columns.len());
        return Err(format!("The row has {found} fields, the header {expected}."));
    }
    let mut json = Vec::new();
    let mut writer = ObjectWriter::open(&mut json);
    for (column, cell) in columns.iter().zip(record) {
        let cell = cell.trim();
        if is_shortened(column, cell) {
            return Err(format!(
                "{column} was shortened by a spreadsheet, and digits are lost; format its column \
                 as text."
            ));
        }
        match *column {
            _ if cell.is_empty() => &mut writer,
            "amount" => writer.text(column, &with_point(cell)),
            _ => writer.text(column, cell),
        };
    }
    writer.close();
    let object = Object::parse(&json).map_err(|error| error.to_string())?;
    Row::decode(&object).map_err(|problem| problem.message)
}

/// An amount as countries with a decimal comma write it. Only one or two digits after the comma are
/// taken for decimals: `1,000` may be a thousand, and stays what it is, to be refused.
fn with_point(cell: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match cell.split_once(',') {
        Some((whole, part)) if digits(whole) && digits(part) && part.len() <= 2 => {
            format!("{whole}.{part}")
        }
        Some(_) | None => cell.to_owned(),
    }
}

/// Whether a column has numbers, also such as are no amounts.
fn is_number(column: &str) -> bool {
    !matches!(column, "name_surname" | "name_of_bank" | "currency" | "description")
}

/// Whether a spreadsheet took a long number for a measurement, as in `9,01E+11` or `1.2e15`: digits
/// are lost.
fn is_shortened(column: &str, cell: &str) -> bool {
    let number = |text: &str| {
        let mut bytes = text.bytes();
        !text.is_empty() && bytes.all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
    };
    let parts = cell.split_once(['E', 'e']);
    // A merchant's own id may look like one without a sign.
    let signs = |exponent: &str| column != "unique_id" || exponent.starts_with(['+', '-']);
    is_number(column)
        && parts.is_some_and(|(digits, exponent)| {
            let power = exponent.trim_start_matches(['+', '-']);
            signs(exponent) && number(digits) && number(power)
        })
}
