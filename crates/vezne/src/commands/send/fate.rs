//! What became of each row that was to be sent.

use std::collections::HashMap;

use vezne_wire::ccpayment::{Answer, Row, RowResult};

#[cfg(test)]
mod tests;

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The server answered it.
    Answered(RowResult),
    /// The server refused its whole request.
    Refused {
        /// The answer's code, if it has one.
        code: Option<i64>,
        /// Why.
        why: String,
    },
    /// It may have been accepted or not.
    InDoubt(String),
    /// It never reached the server.
    NotSent(String),
}

impl Fate {
    /// Whether the server says that it was accepted.
    pub(super) fn is_accepted(&self) -> bool {
        matches!(self, Self::Answered(result) if result.is_success())
    }

    /// What the server said, or what kept it from saying anything.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Answered(RowResult { code, message: why, .. })
            | Self::Refused { code: Some(code), why } => format!("code {code}: {why}"),
            Self::Refused { code: None, why } | Self::InDoubt(why) | Self::NotSent(why) => {
                why.clone()
            }
        }
    }
}

/// Spreads an answer over its rows. Ids come first, as an answer may leave rows out; what has no id
/// of ours counts by its place, if there is an answer for every row.
pub(super) fn of_answer(answer: Answer, rows: &[Row]) -> Vec<Fate> {
    if answer.is_success() && answer.rows.is_empty() {
        return rows.iter().map(|row| accepted(row, &answer.description)).collect();
    }
    let mut fates = vec![None; rows.len()];
    let ids = rows.iter().enumerate().filter_map(|(at, row)| Some((row.unique_id.as_deref()?, at)));
    let ids: HashMap<&str, usize> = ids.collect();
    let (every, mut nameless) = (answer.rows.len() == rows.len(), Vec::new());
    for (at, result) in answer.rows.into_iter().enumerate() {
        match result.unique_id.as_deref().and_then(|id| ids.get(id)) {
            Some(own) => put(&mut fates, *own, result),
            None => nameless.push((at, result)),
        }
    }
    for (at, result) in nameless.into_iter().filter(|_| every) {
        put(&mut fates, at, result);
    }
    let silent = || Fate::InDoubt("the answer says nothing of this row".to_owned());
    fates.into_iter().map(|fate| fate.unwrap_or_else(silent)).collect()
}

/// The first answer to a row stands.
fn put(fates: &mut [Option<Fate>], at: usize, result: RowResult) {
    if let Some(fate @ None) = fates.get_mut(at) {
        *fate = Some(Fate::Answered(result));
    }
}

/// One brand answers no rows when all of them pass.
fn accepted(row: &Row, description: &str) -> Fate {
    Fate::Answered(RowResult {
        unique_id: row.unique_id.clone(),
        code: 100,
        message: description.to_owned(),
        merchant_commission_minor: None,
        receiver_commission_minor: None,
    })
}
