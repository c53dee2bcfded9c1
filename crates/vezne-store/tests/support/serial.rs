//! Whether what clients of one merchant were told at the same time could have happened one after
//! the other: a model of the merchant, and a search for an order that explains every answer.

use std::collections::HashSet;

use vezne_core::model::commission::Commission;
use vezne_core::model::money::{Currency, Money};

/// What is asked of one merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Submit(i64),
    TopUp(i64),
    Suspend(bool),
    Credit(i64),
    DayLimit(Option<i64>),
    Percent(u32),
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// A payout at this commission.
    Accepted(i64),
    Suspended,
    DayLimitReached(i64),
    Insufficient(i64),
    /// A top-up or an edit.
    Done,
    /// An edit that contradicts what is there.
    Invalid,
}

/// One call, and the moments when it was made and when it was answered.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) asked: Asked,
    pub(crate) answered: Answered,
}

/// A merchant, as far as its decisions go.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Model {
    suspended: bool,
    credit: i64,
    day_limit: Option<i64>,
    percent_ppm: u32,
    day: i64,
    pub(crate) available: i64,
}

impl Model {
    /// One that was just added, with the terms of the usual test merchant.
    pub(crate) fn new() -> Self {
        let percent_ppm = 15_000;
        Self { suspended: false, credit: 0, day_limit: None, percent_ppm, day: 0, available: 0 }
    }

    /// What it answers.
    pub(crate) fn ask(&mut self, asked: &Asked) -> Answered {
        match asked {
            Asked::Submit(minor) => return self.submit(*minor),
            Asked::TopUp(minor) => self.available += minor,
            Asked::Suspend(suspended) => return self.edit(|one| one.suspended = *suspended),
            Asked::Credit(credit) => return self.edit(|one| one.credit = *credit),
            Asked::DayLimit(limit) => return self.edit(|one| one.day_limit = *limit),
            Asked::Percent(ppm) => return self.edit(|one| one.percent_ppm = *ppm),
        }
        Answered::Done
    }

    fn edit(&mut self, change: impl FnOnce(&mut Self)) -> Answered {
        let mut next = self.clone();
        change(&mut next);
        if next.available + next.credit < 0 {
            return Answered::Invalid;
        }
        *self = next;
        Answered::Done
    }

    fn submit(&mut self, minor: i64) -> Answered {
        if self.suspended {
            return Answered::Suspended;
        }
        if let Some(limit) = self.day_limit.filter(|limit| self.day + minor > *limit) {
            return Answered::DayLimitReached(limit);
        }
        let tariff = Commission { percent_ppm: self.percent_ppm, ..Commission::default() };
        let commission = tariff.of(Money::new(minor, Currency::TRY)).expect("it fits").minor();
        if self.available + self.credit < minor + commission {
            return Answered::Insufficient(minor + commission);
        }
        self.available -= minor + commission;
        self.day += minor;
        Answered::Accepted(commission)
    }
}

/// Whether some order of the calls, in which none comes before one that was answered before it was
/// made, gives all the answers and leaves so much available.
pub(crate) fn is_serial(calls: &[Call], available: i64) -> bool {
    assert!(calls.len() < 64, "a history is short");
    let mut seen = HashSet::new();
    search(calls, 0, &Model::new(), available, &mut seen)
}

fn search(
    calls: &[Call],
    done: u64,
    model: &Model,
    available: i64,
    seen: &mut HashSet<(u64, Model)>,
) -> bool {
    if done.count_ones() as usize == calls.len() {
        return model.available == available;
    }
    if !seen.insert((done, model.clone())) {
        return false;
    }
    let open = || calls.iter().enumerate().filter(|(at, _)| done & (1 << at) == 0);
    let first_answer = open().map(|(_, call)| call.to).min().unwrap_or(u64::MAX);
    open().filter(|(_, call)| call.from < first_answer).any(|(at, call)| {
        let mut next = model.clone();
        next.ask(&call.asked) == call.answered
            && search(calls, done | (1 << at), &next, available, seen)
    })
}

/// The positive control: a story that has an order passes, and each that has none is seen.
mod tests {
    use super::{Answered, Asked, Call, is_serial};

    fn check(calls: &[(u64, u64, Asked, Answered)], available: i64, serial: bool) {
        let calls: Vec<Call> = calls
            .iter()
            .cloned()
            .map(|(from, to, asked, answered)| Call { from, to, asked, answered })
            .collect();
        assert_eq!(is_serial(&calls, available), serial, "{calls:?}");
    }

    #[test]
    fn an_order_is_found_where_there_is_one() {
        let (paid, poor) = (Answered::Accepted(2), Answered::Insufficient(102));
        let credit = (0, 9, Asked::Credit(500), Answered::Done);
        check(&[], 0, true);
        check(&[], 1, false);
        check(&[(1, 2, Asked::Submit(100), poor.clone())], 0, true);
        check(&[(1, 2, Asked::Submit(100), paid.clone())], -102, false);
        // While the edit is under way both answers are right, and in one order only.
        check(&[credit.clone(), (1, 2, Asked::Submit(100), paid.clone())], -102, true);
        check(&[credit.clone(), (1, 2, Asked::Submit(100), poor.clone())], 0, true);
        let first = (1, 2, Asked::Submit(100), paid.clone());
        check(&[credit.clone(), first.clone(), (3, 4, Asked::Submit(100), poor)], -102, false);
        // After a suspension was answered nothing is accepted.
        let suspended = (10, 11, Asked::Suspend(true), Answered::Done);
        let late = (12, 13, Asked::Submit(100), paid.clone());
        check(&[credit.clone(), suspended.clone(), late], -102, false);
        let meanwhile = (10, 13, Asked::Submit(100), paid);
        check(&[credit.clone(), suspended, meanwhile], -102, true);
        // No credit is taken back that is in use.
        let taken = (10, 11, Asked::Credit(0), Answered::Done);
        check(&[credit, first, taken], -102, false);
    }
}
