//! The state of the whole database as a row.

use vezne_core::model::quarantine::{DeskState, Quarantine};
use vezne_core::model::time::Timestamp;

use super::{Result, Row, StoreError, get};

/// The columns, in the order they are read in; before them stands the incarnation as hex.
pub(crate) const COLUMNS: &str = "claims, releases, quarantined_at, reason, doubtful_until";

/// Reads the incarnation and [`COLUMNS`].
pub(crate) fn read(row: &impl Row) -> Result<DeskState> {
    let since: Option<i64> = get(row, 3)?;
    let reason: Option<String> = get(row, 4)?;
    let begun = since.map(Timestamp::from_micros).zip(reason);
    Ok(DeskState {
        incarnation: get::<Option<String>>(row, 0)?.unwrap_or_default(),
        claims: get(row, 1)?,
        releases: get(row, 2)?,
        quarantine: begun.map(|(since, reason)| Quarantine { since, reason }),
        doubtful_until: get::<Option<i64>>(row, 5)?.map(Timestamp::from_micros),
        moved: false,
    })
}

/// The beginning of the quarantine in microseconds.
pub(crate) fn since(state: &DeskState) -> Option<i64> {
    state.quarantine.as_ref().map(|quarantine| quarantine.since.micros())
}

/// Why it is in quarantine.
pub(crate) fn reason(state: &DeskState) -> Option<String> {
    state.quarantine.as_ref().map(|quarantine| quarantine.reason.clone())
}

/// What there is when the row is not.
pub(crate) fn missing() -> StoreError {
    StoreError::Broken("the database knows nothing of itself".to_owned())
}
