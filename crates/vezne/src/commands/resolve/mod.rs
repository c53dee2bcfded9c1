//! `vezne payout resolve --file`: ends many doubts by what a statement or a bank has shown.
//!
//! Every line is checked before the first is booked, and a person sees count and sum of each
//! outcome first.

mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use vezne_core::model::money::{Currency, Money};

use super::Error;
use super::confirm::confirm;
use super::control::answers;
use crate::config::Config;
use crate::control::request::{DoubtResolution, PayoutQuery, PayoutRequest, Request};
use crate::control::view::{AmountView, PayoutView, Reply, or_none};
use crate::operator::Operator;
use crate::output::{Output, table};
use crate::stream::say;
use file::{Line, Subject};

/// A line that was booked, or why it was not.
#[derive(Serialize)]
struct Booked {
    line: u64,
    payout: i64,
    outcome: &'static str,
    amount: Option<AmountView>,
    booked: bool,
    answer: String,
}

pub(crate) fn run(
    config: &Config,
    operator: &Operator,
    path: &Path,
    yes: bool,
    output: Output,
) -> Result<ExitCode, Error> {
    let lines = file::read(path)?;
    let payouts = find(config, operator, &lines)?;
    if !yes {
        let show = || {
            say!("{}", table(&["outcome", "payouts", "sum"], sums(&lines, &payouts)?));
            Ok(())
        };
        confirm(output, "Book them?", "nothing was booked", show)?;
    }
    let requests = lines.iter().zip(&payouts).map(|(line, payout)| {
        let (resolution, evidence) = (line.resolution.clone(), line.evidence.clone());
        Request::Payout(PayoutRequest::Resolve { payout: payout.id, resolution, evidence })
    });
    let answers = answers(config, operator, requests.collect())?;
    let booked: Vec<_> = lines.iter().zip(&payouts).zip(answers).map(booked).collect();
    output.either(&booked, || {
        let row = |one: &Booked| {
            let (line, payout) = (one.line.to_string(), one.payout.to_string());
            let amount = or_none(one.amount.as_ref());
            [line, payout, one.outcome.to_owned(), amount, one.answer.clone()]
        };
        let head = ["line", "payout", "outcome", "amount", "answer"];
        say!("{}", table(&head, booked.iter().map(row)));
    })?;
    let all = booked.iter().all(|one| one.booked);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn booked(((line, payout), answer): ((&Line, &PayoutView), Result<Reply, String>)) -> Booked {
    let booked = answer.is_ok();
    let answer = match answer {
        Ok(Reply::Done(what)) => what,
        Ok(_) => "done".to_owned(),
        Err(complaint) => complaint,
    };
    let (outcome, amount) = (outcome(&line.resolution), payout.amount.clone());
    Booked { line: line.number, payout: payout.id, outcome, amount, booked, answer }
}

/// The payout of each line.
///
/// # Errors
/// When one is not there, not in doubt or named twice; all that is wrong, by line.
fn find(config: &Config, operator: &Operator, lines: &[Line]) -> Result<Vec<PayoutView>, Error> {
    let requests = lines.iter().map(|line| Request::Payout(question(&line.subject)));
    let (mut found, mut wrong, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (line, answer) in lines.iter().zip(answers(config, operator, requests.collect())?) {
        match answer.and_then(|reply| one_in_doubt(reply, &line.subject)) {
            Err(why) => wrong.push(format!("line {}: {why}", line.number)),
            Ok(payout) if !seen.insert(payout.id) => {
                wrong.push(format!("line {}: payout {} comes twice", line.number, payout.id));
            }
            Ok(payout) => found.push(payout),
        }
    }
    match wrong.is_empty() {
        true => Ok(found),
        false => Err(format!("nothing was booked:\n{}", wrong.join("\n")).into()),
    }
}

fn question(subject: &Subject) -> PayoutRequest {
    match subject {
        Subject::Payout { merchant: None, payout } => PayoutRequest::Show { payout: *payout },
        // The last of the merchant's up to this one: it, if it is the merchant's.
        Subject::Payout { merchant, payout } => PayoutRequest::List(PayoutQuery {
            merchant: merchant.clone(),
            before: Some(payout.saturating_add(1)),
            limit: 1,
            ..PayoutQuery::default()
        }),
        Subject::Reference { merchant, reference } => PayoutRequest::List(PayoutQuery {
            merchant: merchant.clone(),
            reference: Some(reference.clone()),
            in_doubt: true,
            limit: 2,
            ..PayoutQuery::default()
        }),
    }
}

fn one_in_doubt(reply: Reply, subject: &Subject) -> Result<PayoutView, String> {
    let found = match (reply, subject) {
        (Reply::Payout(detail), Subject::Payout { merchant: None, .. }) => vec![detail.payout],
        (Reply::Payouts(found), Subject::Payout { merchant: Some(merchant), payout }) => {
            let it = found.into_iter().find(|one| one.id == *payout);
            vec![it.ok_or_else(|| format!("merchant {merchant} has no payout {payout}"))?]
        }
        (Reply::Payouts(payouts), Subject::Reference { .. }) => payouts,
        _ => return Err("the server answered something else".to_owned()),
    };
    match <[PayoutView; 1]>::try_from(found) {
        Ok([payout]) if payout.in_doubt => Ok(payout),
        Ok([payout]) => {
            Err(format!("payout {} is {}, and not in doubt", payout.id, payout.standing()))
        }
        Err(none) if none.is_empty() => Err("no payout in doubt has this reference".to_owned()),
        Err(_) => Err("several payouts in doubt have this reference; name the merchant".to_owned()),
    }
}

/// Count and sum of each outcome and currency.
fn sums(lines: &[Line], payouts: &[PayoutView]) -> Result<Vec<[String; 3]>, Error> {
    let mut sums: BTreeMap<(&str, &str), (usize, i64)> = BTreeMap::new();
    for (line, payout) in lines.iter().zip(payouts) {
        let amount = payout.amount.as_ref().ok_or("a payout in doubt does not read")?;
        let key = (outcome(&line.resolution), amount.currency.as_str());
        let (count, sum) = sums.entry(key).or_default();
        *count += 1;
        *sum = sum.checked_add(amount.minor).ok_or("the amounts are too large to add up")?;
    }
    let row = |((outcome, currency), (count, sum)): ((&str, &str), (usize, i64))| {
        let currency: Currency = currency.parse().map_err(|_| "an unknown currency")?;
        let sum = Money::new(sum, currency).to_string();
        Ok([outcome.to_owned(), count.to_string(), sum])
    };
    sums.into_iter().map(row).collect()
}

fn outcome(resolution: &DoubtResolution) -> &'static str {
    match resolution {
        DoubtResolution::Paid(_) => "paid",
        DoubtResolution::NotPaid(_) => "not-paid",
        DoubtResolution::NeverSent => "never-sent",
    }
}
