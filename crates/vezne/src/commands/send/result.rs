//! The result file: a line for each row, as soon as its answer is known.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use csv::{Writer, WriterBuilder};
use vezne_wire::amount::two_decimals;
use vezne_wire::ccpayment::Row;

use super::fate::Fate;
use super::file::{Form, Problem};
use crate::commands::Error;

#[cfg(test)]
mod tests;

const HEAD: [&str; 9] = [
    "line",
    "unique_id",
    "amount",
    "currency",
    "response_code",
    "response_message",
    "merchant commission",
    "receiver commission",
    "error",
];

/// An open result file.
pub(super) struct ResultFile<W: Write> {
    writer: Writer<W>,
    /// The rows that are wrong and not yet written, in the file's order.
    wrong: VecDeque<Problem>,
}

impl ResultFile<File> {
    /// Makes the file. One that exists has the only record of an earlier run, so it is replaced
    /// only when that is asked for.
    pub(super) fn create(
        path: &Path,
        overwrite: bool,
        form: Form,
        wrong: Vec<Problem>,
    ) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        options.write(true).truncate(overwrite).create(overwrite).create_new(!overwrite);
        let failed = |error: io::Error| format!("{}: {error}", path.display());
        let file = options.open(path).map_err(failed)?;
        Self::begin(file, form, wrong)
    }
}

impl<W: Write> ResultFile<W> {
    /// Writes the header, as the input had it. What is wrong is written where its row stood.
    pub(super) fn begin(mut to: W, form: Form, wrong: Vec<Problem>) -> Result<Self, Error> {
        if form.bom {
            to.write_all("\u{feff}".as_bytes())?;
        }
        let mut writer = WriterBuilder::new().delimiter(form.separator).from_writer(to);
        writer.write_record(HEAD)?;
        writer.flush()?;
        Ok(Self { writer, wrong: wrong.into() })
    }

    /// Writes what became of rows, and leaves it to the system.
    pub(super) fn write(
        &mut self,
        lines: &[u64],
        rows: &[Row],
        fates: &[Fate],
    ) -> Result<(), Error> {
        for ((line, row), fate) in lines.iter().zip(rows).zip(fates) {
            self.write_wrong(*line)?;
            self.writer.write_record(record(*line, row, fate))?;
        }
        self.writer.flush()?;
        Ok(())
    }

    /// Writes what is wrong with the rows behind the last one that was sent.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        self.write_wrong(u64::MAX)?;
        self.writer.flush()?;
        Ok(())
    }

    fn write_wrong(&mut self, before: u64) -> Result<(), Error> {
        while let Some(Problem { line, problem }) = self.wrong.pop_front_if(|one| one.line < before)
        {
            let mut record: [String; 9] = Default::default();
            record[0] = line.to_string();
            record[8] = format!("not sent: {problem}");
            self.writer.write_record(record)?;
        }
        Ok(())
    }
}

/// What the server said is under its own names, and what kept it from saying anything under ours.
fn record(line: u64, row: &Row, fate: &Fate) -> [String; 9] {
    let minor = |minor: Option<i64>| minor.map(two_decimals).unwrap_or_default();
    let (mut code, mut message, mut error) = (None, String::new(), String::new());
    let mut commissions = [None, None];
    match fate {
        Fate::Answered(result) => {
            (code, message) = (Some(result.code), result.message.clone());
            commissions = [result.merchant_commission_minor, result.receiver_commission_minor];
        }
        Fate::Refused { code: Some(told), why } => (code, message) = (Some(*told), why.clone()),
        Fate::Refused { code: None, why } => error = format!("refused: {why}"),
        Fate::InDoubt(why) => error = format!("in doubt, send the same file again: {why}"),
        Fate::NotSent(why) => error = format!("not sent: {why}"),
    }
    let [merchant, receiver] = commissions;
    [
        line.to_string(),
        harmless(row.unique_id.as_deref().unwrap_or_default()),
        two_decimals(row.amount_minor),
        harmless(&row.currency),
        code.map(|code| code.to_string()).unwrap_or_default(),
        harmless(&message),
        minor(merchant),
        minor(receiver),
        harmless(&error),
    ]
}

/// A text that no spreadsheet takes for a formula: the server wrote it, and whoever opens the file
/// trusts it.
fn harmless(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}") } else { text.to_owned() }
}
