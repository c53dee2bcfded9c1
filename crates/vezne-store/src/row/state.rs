//! The states of a payout as columns: each reads back exactly as it was.

use vezne_core::model::identifier::RailCode;
use vezne_core::model::payout::{Dispatch, Ending, Payout, PayoutState, Progress};
use vezne_core::model::quarantine::DeskState;
use vezne_core::model::time::Timestamp;

use super::{Result, Row, StoreError, get, moment, optional_text, text, unknown};

/// The columns of a state, in the order they are read and bound in.
pub(crate) const COLUMNS: &str = "state, due_at, rail, rail_reference, dispatched_at, sends, \
     checks, progress, doubt_since, doubt_detail, rejected_by, reason, accepted, absent_since";
/// How many [`COLUMNS`] are.
pub(crate) const COUNT: usize = 14;

/// What is true of payouts in doubt at a desk: those whose last send had no clear answer, and
/// unfinished ones that are vouched for less often than it asks. A release leaves none that is on
/// its way without a doubt of its own but what does not read, so that afterwards only those are
/// gone through that wait for people, and never a backlog. `one_of` is how a database says that a
/// value is one of a query's, in its opening and its closing, so that it looks the ids up and
/// nothing else.
pub(crate) fn in_doubt(desk: &DeskState, one_of: (&str, &str)) -> String {
    let (open, close) = one_of;
    let asked = desk.asked_trust();
    if asked == 0 {
        return "progress = 'in-doubt'".to_owned();
    }
    let of = |state: &str| {
        format!("UNION ALL SELECT id FROM payout WHERE state = '{state}' AND trust < {asked}")
    };
    let on_their_way = match desk.quarantine {
        Some(_) => [of("approved"), of("dispatched")].join(" "),
        None => String::new(),
    };
    format!(
        "id {open}SELECT id FROM payout WHERE progress = 'in-doubt' {} {on_their_way}{close}",
        of("awaiting-approval")
    )
}

/// A state taken apart. What a state does not know is null.
#[derive(Default)]
pub(crate) struct StateColumns<'a> {
    pub(crate) state: &'static str,
    pub(crate) due_at: Option<i64>,
    pub(crate) rail: Option<&'a str>,
    pub(crate) rail_reference: Option<&'a str>,
    pub(crate) dispatched_at: Option<i64>,
    pub(crate) sends: Option<u32>,
    pub(crate) checks: Option<u32>,
    pub(crate) progress: Option<&'static str>,
    pub(crate) doubt_since: Option<i64>,
    pub(crate) doubt_detail: Option<&'a str>,
    pub(crate) rejected_by: Option<String>,
    pub(crate) reason: Option<&'a str>,
    pub(crate) accepted: Option<bool>,
    pub(crate) absent_since: Option<i64>,
}

impl<'a> StateColumns<'a> {
    /// Takes the state of a payout apart. An approved payout is due from its approval on.
    pub(crate) fn of(payout: &'a Payout) -> Self {
        let bare = Self { state: payout.state.code(), ..Self::default() };
        match &payout.state {
            PayoutState::AwaitingApproval => bare,
            PayoutState::Approved => Self { due_at: Some(payout.updated_at.micros()), ..bare },
            PayoutState::Dispatched(dispatch) => bare.dispatched(dispatch),
            PayoutState::Settled(ending) => bare.ended(ending),
            PayoutState::Rejected { by, reason } => {
                Self { rejected_by: Some(by.to_string()), reason: Some(reason), ..bare }
            }
            PayoutState::Failed { rail, reason } => {
                Self { rail: Some(rail.as_str()), reason: Some(reason), ..bare }
            }
            PayoutState::Returned { ending, reason } => {
                Self { reason: Some(reason), ..bare.ended(ending) }
            }
        }
    }

    fn ended(self, ending: &'a Ending) -> Self {
        let rail_reference = ending.rail_reference.as_deref();
        Self { rail: Some(ending.rail.as_str()), rail_reference, ..self }
    }

    fn dispatched(self, dispatch: &'a Dispatch) -> Self {
        let (progress, doubt) = match &dispatch.progress {
            Progress::Sending => ("sending", None),
            Progress::Unsent => ("unsent", None),
            Progress::Accepted => ("accepted", None),
            Progress::InDoubt { since, detail } => ("in-doubt", Some((since.micros(), detail))),
        };
        Self {
            due_at: Some(dispatch.due_at.micros()),
            rail: Some(dispatch.rail.as_str()),
            rail_reference: dispatch.rail_reference.as_deref(),
            dispatched_at: Some(dispatch.at.micros()),
            sends: Some(dispatch.attempt),
            checks: Some(dispatch.checks),
            progress: Some(progress),
            doubt_since: doubt.map(|(since, _)| since),
            doubt_detail: doubt.map(|(_, detail)| detail.as_str()),
            accepted: Some(dispatch.accepted),
            absent_since: dispatch.absent_since.map(Timestamp::micros),
            ..self
        }
    }
}

/// The columns of a state as they stand in a row, each as text, to compare two by.
type Codes = [Option<String>; COUNT];

/// The columns of a state as a row of [`super::payout::select`] has them.
pub(crate) fn code_columns(row: &impl Row) -> Result<Codes> {
    const FIRST: usize = super::payout::STATE_FIRST;
    let text = |column: usize| -> Result<Option<String>> {
        Ok(optional_text(row, FIRST + column)?.map(str::to_owned))
    };
    let number = |column: usize| -> Result<Option<String>> {
        Ok(row.optional_number(FIRST + column)?.map(|number| number.to_string()))
    };
    Ok([
        text(0)?,
        number(1)?,
        text(2)?,
        text(3)?,
        number(4)?,
        number(5)?,
        number(6)?,
        text(7)?,
        number(8)?,
        text(9)?,
        text(10)?,
        text(11)?,
        row.optional_flag(FIRST + 12)?.map(|flag| flag.to_string()),
        number(13)?,
    ])
}

impl StateColumns<'_> {
    /// These columns as a row would have them.
    pub(crate) fn codes(&self) -> Codes {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        [
            Some(self.state.to_owned()),
            number(self.due_at),
            text(self.rail),
            text(self.rail_reference),
            number(self.dispatched_at),
            number(self.sends.map(i64::from)),
            number(self.checks.map(i64::from)),
            text(self.progress),
            number(self.doubt_since),
            text(self.doubt_detail),
            self.rejected_by.clone(),
            text(self.reason),
            self.accepted.map(|flag| flag.to_string()),
            number(self.absent_since),
        ]
    }
}

/// Puts a state together from the columns that begin at `first`.
pub(crate) fn read(row: &impl Row, first: usize) -> Result<PayoutState> {
    let code = text(row, first)?;
    Ok(match code {
        "awaiting-approval" => PayoutState::AwaitingApproval,
        "approved" => PayoutState::Approved,
        "dispatched" => PayoutState::Dispatched(read_dispatch(row, first)?),
        "settled" => PayoutState::Settled(read_ending(row, first)?),
        "rejected" => {
            PayoutState::Rejected { by: text(row, first + 10)?.into(), reason: reason(row, first)? }
        }
        "failed" => PayoutState::Failed { rail: rail(row, first)?, reason: reason(row, first)? },
        "returned" => {
            PayoutState::Returned { ending: read_ending(row, first)?, reason: reason(row, first)? }
        }
        other => return Err(unknown("payout state", other)),
    })
}

fn rail(row: &impl Row, first: usize) -> Result<RailCode> {
    Ok(text(row, first + 2)?.into())
}

fn rail_reference(row: &impl Row, first: usize) -> Result<Option<String>> {
    Ok(optional_text(row, first + 3)?.map(str::to_owned))
}

fn reason(row: &impl Row, first: usize) -> Result<String> {
    get(row, first + 11)
}

fn read_ending(row: &impl Row, first: usize) -> Result<Ending> {
    Ok(Ending { rail: rail(row, first)?, rail_reference: rail_reference(row, first)? })
}

fn read_dispatch(row: &impl Row, first: usize) -> Result<Dispatch> {
    Ok(Dispatch {
        rail: rail(row, first)?,
        at: moment(row, first + 4)?,
        attempt: get(row, first + 5)?,
        progress: read_progress(row, first)?,
        rail_reference: rail_reference(row, first)?,
        accepted: get(row, first + 12)?,
        absent_since: get::<Option<i64>>(row, first + 13)?.map(Timestamp::from_micros),
        checks: get(row, first + 6)?,
        due_at: moment(row, first + 1)?,
    })
}

fn read_progress(row: &impl Row, first: usize) -> Result<Progress> {
    Ok(match text(row, first + 7)? {
        "sending" => Progress::Sending,
        "unsent" => Progress::Unsent,
        "accepted" => Progress::Accepted,
        "in-doubt" => {
            let since: Option<i64> = get(row, first + 8)?;
            let missing = || StoreError::Broken("a doubt without its beginning".to_owned());
            let since = Timestamp::from_micros(since.ok_or_else(missing)?);
            Progress::InDoubt { since, detail: get(row, first + 9)? }
        }
        other => return Err(unknown("progress", other)),
    })
}
