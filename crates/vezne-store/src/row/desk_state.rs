//! The state of the whole database as a row, and its seal.
//!
//! Whether the desk is in quarantine, and how often it was released, decides what is sent. So it
//! bears a keyed tag as a payout does; but for the claim number, which several nodes count up at
//! the same time, and which each node's marker knows. What does not bear it is a quarantine.

use vezne_core::model::quarantine::{DeskState, Quarantine};
use vezne_core::model::time::Timestamp;
use zeroize::Zeroizing;

use super::facts::Facts;
use super::{Result, Row, StoreError, get};
use crate::seal::{Seal, Sealer};

/// The columns, in the order they are read in; before them stands the incarnation as hex.
pub(crate) const COLUMNS: &str = "claims, releases, quarantined_at, reason, doubtful_until, seal";

/// How many columns there are with the incarnation; a store may have more behind them.
pub(crate) const WIDTH: usize = 7;

/// How often the payouts say that the desk was released; what the row says is not believed.
pub(crate) const MOST_TRUSTED: &str = "SELECT coalesce(max(trust), 0) FROM payout";

/// What is said of a row that is not the desk's own word.
const ALTERED: &str = "what the database says of its quarantine is not what the desk wrote";

/// Reads the incarnation and [`COLUMNS`]. A row that does not bear its seal is shown as a
/// quarantine in which everything is doubted, whatever it says.
pub(crate) fn read(row: &(impl Row + ?Sized), sealer: &Sealer) -> Result<DeskState> {
    read_of(row, get::<Option<String>>(row, 0)?.unwrap_or_default(), sealer)
}

/// Reads [`COLUMNS`] behind one that is passed over, for an incarnation.
pub(crate) fn read_of(
    row: &(impl Row + ?Sized),
    incarnation: String,
    sealer: &Sealer,
) -> Result<DeskState> {
    let since: Option<i64> = get(row, 3)?;
    let reason: Option<String> = get(row, 4)?;
    let begun = since.map(Timestamp::from_micros).zip(reason);
    let state = DeskState {
        incarnation,
        claims: get(row, 1)?,
        releases: get(row, 2)?,
        quarantine: begun.map(|(since, reason)| Quarantine { since, reason }),
        doubtful_until: get::<Option<i64>>(row, 5)?.map(Timestamp::from_micros),
        moved: false,
        sealed: sealer.desk_sealed(),
        altered: None,
    };
    Ok(match row.optional_bytes(6)? {
        Some(seal) if sealer.bears_seal(&facts(&state), seal) => state,
        None if !sealer.desk_sealed() => state,
        Some(_) | None => altered(state),
    })
}

fn altered(state: DeskState) -> DeskState {
    let since = state.quarantine.as_ref().map_or(Timestamp::from_micros(0), |one| one.since);
    let quarantine = Some(Quarantine { since, reason: ALTERED.to_owned() });
    let (releases, altered) = (i64::MAX - 1, Some(ALTERED.to_owned()));
    DeskState { releases, quarantine, altered, ..state }
}

/// The seal of the state that a desk is in.
pub(crate) fn seal(sealer: &Sealer, state: &DeskState) -> Seal {
    sealer.row_seal(&facts(state))
}

/// The seal of a desk that is opened for the first time.
pub(crate) fn first_seal(sealer: &Sealer, incarnation: [u8; 16]) -> Seal {
    seal(sealer, &DeskState { incarnation: hex_of(&incarnation), ..DeskState::default() })
}

/// An incarnation as it is read.
pub(crate) fn hex_of(incarnation: &[u8]) -> String {
    incarnation.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn facts(state: &DeskState) -> Zeroizing<Vec<u8>> {
    let DeskState {
        incarnation,
        claims: _,
        releases,
        quarantine,
        doubtful_until,
        moved: _,
        sealed: _,
        altered: _,
    } = state;
    let mut facts = Facts::begin(b"desk 1|");
    facts.text(incarnation);
    facts.number(*releases);
    facts.optional_number(quarantine.as_ref().map(|one| one.since.micros()));
    facts.optional_text(quarantine.as_ref().map(|one| one.reason.as_str()));
    facts.optional_number(doubtful_until.map(Timestamp::micros));
    facts.end()
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
