//! `vezne send`: a merchant's file of cash-outs to a CCPayment server, ours or another.
//!
//! Nothing is sent unless every row is right, or those that are right are asked for. The result
//! file has what is known of each row at any moment, and the same file can be sent again: its rows
//! have the same ids.

mod document;
mod fate;
mod file;
mod lines;
mod progress;
mod report;
mod result;
mod sender;
mod table;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use vezne_core::model::merchant::Mode;
use vezne_core::port::Random;
use vezne_outbound::peer::Peer;
use vezne_wire::ccpayment::{CashoutOrder, TokenRequest};
use vezne_wire::secret::SecretText;

use super::{Error, runtime};
use crate::cli::SendArgs;
use crate::output::Output;
use crate::system::SystemRandom;
use fate::Fate;
use file::RowsFile;
use progress::Progress;
use report::{Checked, Report};
use result::ResultFile;
use sender::{Patience, Sender, Told};

/// The most of an answer's body that is read: 10,000 rows, each with a long message.
const MOST_ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// Checks a file, and sends it.
pub(crate) fn run(args: &SendArgs, output: Output) -> Result<ExitCode, Error> {
    let mode = if args.sandbox { Mode::Sandbox } else { Mode::Live };
    let file = RowsFile::read(&args.file, mode)?;
    let right = file.problems.is_empty();
    let some = args.skip_wrong && !file.rows.is_empty();
    if (right || some) && !args.dry_run {
        let report = runtime()?.block_on(send(args, &file, output))?;
        output.either(&report, || report.print())?;
        return Ok(code(report.is_whole()));
    }
    if args.result.is_some() {
        let wrong = file.problems.clone();
        ResultFile::create(&result_path(args)?, args.overwrite, file.form, wrong)?.end()?;
    }
    let checked = Checked::of(&file, batch(args));
    output.either(&checked, || checked.print())?;
    Ok(code(right))
}

fn code(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn batch(args: &SendArgs) -> usize {
    // The command line takes at least 1.
    usize::try_from(args.batch).unwrap_or(1).max(1)
}

async fn send(args: &SendArgs, file: &RowsFile, output: Output) -> Result<Report, Error> {
    let path = result_path(args)?;
    let merchant_key = args.merchant_key.as_ref().or(file.merchant_key.as_ref());
    let merchant_key = merchant_key.ok_or("give the merchant's key with --merchant-key")?;
    let web_hook_key = args.web_hook_key.as_ref().or(file.web_hook_key.as_ref());
    let progress = Progress::new(file.rows.len(), output);
    let mut sender = sender(args)?;
    sender.renew(&progress).await?;
    let result = ResultFile::create(&path, args.overwrite, file.form, file.problems.clone())?;
    let order = CashoutOrder {
        merchant_key,
        web_hook_key: web_hook_key.map(String::as_str),
        rows: &file.rows,
    };
    let mut run = Run { sender, result, progress, fates: Vec::new(), ended: None };
    run.all(order, &file.lines, batch(args)).await.map_err(|error| run.broken(&error, &path))?;
    run.progress.end();
    Ok(Report::of(file, &run.fates, run.ended, &path))
}

/// Where the answers go; an error when something is there that must stay.
fn result_path(args: &SendArgs) -> Result<PathBuf, Error> {
    let path = args.result.clone().unwrap_or_else(|| {
        let mut name = args.file.clone().into_os_string();
        name.push(".result.csv");
        name.into()
    });
    if !path.exists() {
        return Ok(path);
    }
    let shown = path.display();
    if !args.overwrite {
        return Err(format!("{shown} exists; --overwrite replaces it").into());
    }
    match path.canonicalize()? == args.file.canonicalize()? {
        true => Err(format!("{shown} is the file to be sent").into()),
        false => Ok(path),
    }
}

fn sender(args: &SendArgs) -> Result<Sender, Error> {
    // The command line asks for all three unless it is a dry run.
    let given = |value: &Option<String>| value.clone().unwrap_or_default();
    let app_secret = args.app_secret.clone().unwrap_or_else(|| SecretText::new(""));
    Ok(Sender {
        peer: Peer::new(Duration::from_secs(args.timeout), MOST_ANSWER_BYTES)?,
        base: given(&args.url).trim_end_matches('/').to_owned(),
        app: TokenRequest { app_id: given(&args.app_id), app_secret },
        token: SecretText::new(""),
        patience: Patience { retries: args.retries, wait: Duration::from_secs(args.retry_wait) },
    })
}

/// One run over all rows.
struct Run {
    sender: Sender,
    result: ResultFile<File>,
    progress: Progress,
    fates: Vec<Fate>,
    /// Why no further request is sent.
    ended: Option<String>,
}

impl Run {
    async fn all(
        &mut self,
        order: CashoutOrder<'_>,
        lines: &[u64],
        batch: usize,
    ) -> Result<(), Error> {
        for (rows, lines) in order.rows.chunks(batch).zip(lines.chunks(batch)) {
            let fates = match &self.ended {
                None => self.one(CashoutOrder { rows, ..order }).await?,
                Some(_) => {
                    let why = "an earlier request ended the run".to_owned();
                    vec![Fate::NotSent(why); rows.len()]
                }
            };
            // What is known is known, also if it cannot be written.
            self.fates.extend_from_slice(&fates);
            self.result.write(lines, rows, &fates)?;
            if self.ended.is_none() {
                self.progress.advance(rows.len());
            }
        }
        self.result.end()
    }

    async fn one(&mut self, order: CashoutOrder<'_>) -> Result<Vec<Fate>, Error> {
        let body = encode(&order, &self.sender.app.app_secret)?;
        match self.sender.cashout(&body, &self.progress).await {
            Told::Answer(answer) => Ok(fate::of_answer(answer, order.rows)),
            Told::End(fate) => {
                self.ended = Some(fate.reason());
                Ok(vec![fate; order.rows.len()])
            }
        }
    }

    fn broken(&self, error: &Error, path: &Path) -> Error {
        let (known, shown) = (self.fates.len(), path.display());
        format!("{shown}: {error}. Of the rows, {known} were sent; send the same file again.")
            .into()
    }
}

/// A request's bytes, made once: they are the same on every attempt.
fn encode(order: &CashoutOrder<'_>, app_secret: &SecretText) -> Result<Vec<u8>, Error> {
    let (mut iv, mut salt) = ([0; 8], [0; 2]);
    SystemRandom.fill(&mut iv);
    SystemRandom.fill(&mut salt);
    let body = order.encode(app_secret, iv, salt);
    body.ok_or_else(|| "the sum of a request is too large; send fewer rows with --batch".into())
}
