//! The result file: a line for each row, as soon as its answer is known.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use csv::{Writer, WriterBuilder};
use vezne_wire::amount::two_decimals;
use vezne_wire::ccpayment::Row;

use super::fate::Fate;
use super::file::Form;
use crate::commands::Error;

#[cfg(test)]
mod tests;

const HEAD: [&str; 8] = [
    "line",
    "unique_id",
    "amount",
    "currency",
    "response_code",
    "response_message",
    "merchant commission",
    "receiver commission",
];

/// An open result file.
pub(super) struct ResultFile<W: Write> {
    writer: Writer<W>,
}

impl ResultFile<File> {
    /// Makes the file. One that exists has the only record of an earlier run, so it is replaced
    /// only when that is asked for.
    pub(super) fn create(path: &Path, overwrite: bool, form: Form) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        options.write(true).truncate(overwrite).create(overwrite).create_new(!overwrite);
        let failed = |error: io::Error| format!("{}: {error}", path.display());
        let file = options.open(path).map_err(failed)?;
        Self::begin(file, form)
    }
}

impl<W: Write> ResultFile<W> {
    /// Writes the header, as the input had it.
    pub(super) fn begin(mut to: W, form: Form) -> Result<Self, Error> {
        if form.bom {
            to.write_all("\u{feff}".as_bytes())?;
        }
        let mut writer = WriterBuilder::new().delimiter(form.separator).from_writer(to);
        writer.write_record(HEAD)?;
        writer.flush()?;
        Ok(Self { writer })
    }

    /// Writes what became of rows, and leaves it to the system.
    pub(super) fn write(
        &mut self,
        lines: &[u64],
        rows: &[Row],
        fates: &[Fate],
    ) -> Result<(), Error> {
        for ((line, row), fate) in lines.iter().zip(rows).zip(fates) {
            self.writer.write_record(record(*line, row, fate))?;
        }
        self.writer.flush()?;
        Ok(())
    }
}

fn record(line: u64, row: &Row, fate: &Fate) -> [String; 8] {
    let minor = |minor: Option<i64>| minor.map(two_decimals).unwrap_or_default();
    let (code, message, merchant, receiver) = match fate {
        Fate::Answered(result) => (
            Some(result.code),
            result.message.clone(),
            result.merchant_commission_minor,
            result.receiver_commission_minor,
        ),
        Fate::Refused { code, why } => (*code, why.clone(), None, None),
        Fate::InDoubt(why) => {
            (None, format!("in doubt, send the same file again: {why}"), None, None)
        }
        Fate::NotSent(why) => (None, format!("not sent: {why}"), None, None),
    };
    [
        line.to_string(),
        harmless(row.unique_id.as_deref().unwrap_or_default()),
        two_decimals(row.amount_minor),
        harmless(&row.currency),
        code.map(|code| code.to_string()).unwrap_or_default(),
        harmless(&message),
        minor(merchant),
        minor(receiver),
    ]
}

/// A text that no spreadsheet takes for a formula: the server wrote it, and whoever opens the file
/// trusts it.
fn harmless(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}") } else { text.to_owned() }
}
