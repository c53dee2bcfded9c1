//! Callbacks and attempts as rows. The body is sealed, because it holds the callback key.

use std::time::Duration;

use vezne_core::model::callback::{
    Attempt, AttemptOutcome, Callback, CallbackEvent, CallbackState, SEVERAL_ATTEMPTS, Untold,
};
use vezne_core::model::identifier::{CallbackId, MerchantId, PayoutId};
use vezne_core::model::time::Timestamp;
use vezne_core::model::unread::Unread;

use super::{Result, Row, get, moment, of_one_row, optional_bytes, text, unknown};
use crate::seal::{Place, Sealer};

pub(crate) const fn place(id: i64) -> Place {
    Place::new("callback", "body", id)
}

/// A query for whole callbacks; `rest` is what follows `FROM callback AS c`.
pub(crate) fn select(rest: &str) -> String {
    const COLUMNS: &str = "c.id, c.merchant_id, c.payout_id, c.event, c.message, c.created_at, \
         c.body, c.attempts, c.refusals, c.state, c.state_at, c.failure_step, c.refusal_step, \
         c.set_aside_at, c.body_version";
    format!("SELECT {COLUMNS} FROM callback AS c {rest}")
}

/// A callback, or why its row does not read.
pub(crate) type Read = std::result::Result<Callback, Unread>;

/// Reads a row of [`select`] that must not keep others from being read.
pub(crate) fn read_one_of_many(row: &impl Row, sealer: &Sealer) -> Result<Read> {
    let set_aside = get::<Option<i64>>(row, 13)?.is_some();
    of_one_row(get(row, 0)?, set_aside, read(row, sealer))
}

/// Reads a row of [`select`].
/// The merchants, each with when the outcome was committed that it has not taken at several
/// attempts, of a table of callbacks.
pub(crate) fn untold_of(callback: &str) -> String {
    format!(
        "SELECT id, (SELECT created_at FROM {callback} WHERE merchant_id = merchant.id \
         AND state = 'due' AND set_aside_at IS NULL AND attempts > {SEVERAL_ATTEMPTS} \
         ORDER BY created_at LIMIT 1) FROM merchant"
    )
}

/// One of them; nothing of a merchant that takes what it is told.
pub(crate) fn read_untold(row: &impl Row) -> Result<Option<Untold>> {
    let merchant = MerchantId(get(row, 0)?);
    let since = get::<Option<i64>>(row, 1)?.map(Timestamp::from_micros);
    Ok(since.map(|since| Untold { merchant, since }))
}

pub(crate) fn read(row: &impl Row, sealer: &Sealer) -> Result<Callback> {
    let id = get(row, 0)?;
    let open = |sealed| sealer.open(place(id), sealed).map(|body| body.to_vec());
    Ok(Callback {
        id: CallbackId(id),
        merchant: MerchantId(get(row, 1)?),
        payout: PayoutId(get(row, 2)?),
        event: read_event(text(row, 3)?)?,
        message: get(row, 4)?,
        created_at: moment(row, 5)?,
        body: optional_bytes(row, 6)?.map(open).transpose()?,
        body_version: get(row, 14)?,
        attempts: get(row, 7)?,
        refusals: get(row, 8)?,
        failure_step: get(row, 11)?,
        refusal_step: get(row, 12)?,
        state: read_state(row)?,
    })
}

/// The columns of an attempt, in the order they are read in.
pub(crate) const ATTEMPT: &str = "number, at, took_micros, outcome, http_status, detail";

/// Reads a row of [`ATTEMPT`].
pub(crate) fn read_attempt(row: &impl Row, id: CallbackId) -> Result<Attempt> {
    let took = u64::try_from(get::<i64>(row, 2)?).unwrap_or(0);
    Ok(Attempt {
        callback: id,
        number: get(row, 0)?,
        at: moment(row, 1)?,
        took: Duration::from_micros(took),
        outcome: read_outcome(text(row, 3)?)?,
        http_status: get(row, 4)?,
        detail: get(row, 5)?,
    })
}

/// How long an attempt took, in whole microseconds.
pub(crate) fn took_micros(attempt: &Attempt) -> i64 {
    i64::try_from(attempt.took.as_micros()).unwrap_or(i64::MAX)
}

/// The code of a state, and its moment.
pub(crate) fn state_columns(state: CallbackState) -> (&'static str, i64) {
    let (CallbackState::Due(at) | CallbackState::Acknowledged(at) | CallbackState::Parked(at)) =
        state;
    (state.code(), at.micros())
}

fn read_state(row: &impl Row) -> Result<CallbackState> {
    let at = moment(row, 10)?;
    match text(row, 9)? {
        "due" => Ok(CallbackState::Due(at)),
        "acknowledged" => Ok(CallbackState::Acknowledged(at)),
        "parked" => Ok(CallbackState::Parked(at)),
        other => Err(unknown("callback state", other)),
    }
}

fn read_event(code: &str) -> Result<CallbackEvent> {
    let mut all = CallbackEvent::ALL.into_iter();
    all.find(|event| event.code() == code).ok_or_else(|| unknown("callback event", code))
}

fn read_outcome(code: &str) -> Result<AttemptOutcome> {
    let all = [AttemptOutcome::Acknowledged, AttemptOutcome::Refused, AttemptOutcome::Failed];
    let found = all.into_iter().find(|outcome| outcome.code() == code);
    found.ok_or_else(|| unknown("attempt outcome", code))
}
