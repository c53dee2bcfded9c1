//! The judge of one cycle: what was answered, and what the database holds.

use std::collections::BTreeMap;

use vezne_wire::ccpayment::Row;
use vezne_wire::ccpayment::answer::{Answer as CashoutAnswer, RowResult};

use crate::moment::Moment;
use crate::wire::Answer;

#[cfg(test)]
mod tests;

/// A payout, as its row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Booked {
    pub(crate) reference: String,
    pub(crate) amount_minor: i64,
    /// The merchant's and the receiver's.
    pub(crate) commissions_minor: [i64; 2],
}

/// Everything there is to judge by.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    /// What an undisturbed merchant was answered.
    pub(crate) control: Answer,
    /// What was answered before the kill, if anything was.
    pub(crate) first: Option<Answer>,
    /// How many payouts there were after the kill.
    pub(crate) found: usize,
    /// What the same bytes were answered after it.
    pub(crate) again: Answer,
    /// And what they were answered then.
    pub(crate) once_more: Answer,
    /// All payouts in the end.
    pub(crate) payouts: Vec<Booked>,
}

/// What does not hold, in words.
pub(crate) fn complaints(rows: &[Row], evidence: &Evidence) -> Vec<String> {
    match CashoutAnswer::decode(&evidence.control.body) {
        Ok(control) => {
            let mut complaints = as_asked(rows, &control.rows);
            complaints.extend(as_undisturbed(evidence));
            complaints.extend(all_or_nothing(&control.rows, evidence));
            complaints.extend(booked(rows, &control.rows, &evidence.payouts));
            complaints
        }
        Err(error) => vec![format!("the control answer is none: {error}")],
    }
}

/// The control answer has every row at its place, some of them accepted and some refused. An
/// undisturbed answer that says nothing of interest would prove nothing.
fn as_asked(rows: &[Row], answered: &[RowResult]) -> Vec<String> {
    let named = |(row, answer): (&Row, &RowResult)| {
        row.unique_id.is_some() && row.unique_id != answer.unique_id
    };
    let accepted = answered.iter().filter(|row| row.is_success()).count();
    let rules = [
        (answered.len() != rows.len(), "has not every row"),
        (rows.iter().zip(answered).any(named), "names a row by another id"),
        (accepted * 2 < rows.len(), "refuses most rows"),
        (accepted == answered.len(), "refuses no row"),
    ];
    let broken = rules.into_iter().filter(|(broken, _)| *broken);
    broken.map(|(_, why)| format!("the control answer {why}")).collect()
}

/// Whatever was answered, before the kill and after it, is what the undisturbed merchant got.
fn as_undisturbed(evidence: &Evidence) -> Vec<String> {
    let Evidence { control, first, again, once_more, .. } = evidence;
    let all = [("first", first.as_ref()), ("again", Some(again)), ("once more", Some(once_more))];
    let others = all.into_iter().filter(|(_, answer)| answer.is_some_and(|it| it != control));
    let text = |answer: &Answer| String::from_utf8_lossy(&answer.body).into_owned();
    let said = |answer: Option<&Answer>| answer.map(text).unwrap_or_default();
    others.map(|(when, answer)| format!("answered {when} with {}", said(answer))).collect()
}

/// The kill left the whole batch or nothing of it, and the whole batch if it was answered.
fn all_or_nothing(answered: &[RowResult], evidence: &Evidence) -> Option<String> {
    let accepted = answered.iter().filter(|row| row.is_success()).count();
    let nothing = evidence.found == 0 && evidence.first.is_none();
    let whole = evidence.found == accepted;
    (!nothing && !whole).then(|| format!("a kill left {} of {accepted} payouts", evidence.found))
}

/// Each accepted row is one payout under its id, at its amount and the commissions that were
/// answered, and there is no other.
fn booked(rows: &[Row], answered: &[RowResult], payouts: &[Booked]) -> Vec<String> {
    let mut left: BTreeMap<&str, Vec<&Booked>> = BTreeMap::new();
    payouts.iter().for_each(|booked| left.entry(&booked.reference).or_default().push(booked));
    let mut complaints = Vec::new();
    for (row, answer) in rows.iter().zip(answered).filter(|(_, answer)| answer.is_success()) {
        let wanted = wanted(row, answer);
        let found = left.remove(wanted.reference.as_str()).unwrap_or_default();
        if found != [&wanted] {
            complaints.push(format!("{wanted:?} is booked as {found:?}"));
        }
    }
    complaints.extend(left.into_values().flatten().map(|other| format!("{other:?} is too much")));
    complaints
}

fn wanted(row: &Row, answer: &RowResult) -> Booked {
    let commissions = [answer.merchant_commission_minor, answer.receiver_commission_minor];
    Booked {
        reference: answer.unique_id.clone().unwrap_or_default(),
        amount_minor: row.amount_minor,
        // A commission that is not told is none that a payout could have.
        commissions_minor: commissions.map(|minor| minor.unwrap_or(-1)),
    }
}

impl Evidence {
    /// When the kill came.
    pub(crate) fn moment(&self) -> Moment {
        match (&self.first, self.found) {
            (Some(_), _) => Moment::AfterAnswer,
            (None, 0) => Moment::BeforeCommit,
            (None, _) => Moment::BeforeAnswer,
        }
    }
}
