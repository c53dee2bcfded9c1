//! Quarantine: what is known of a database as a whole, and when it may be a restored copy.
//!
//! A copy that was made before payouts were sent would send them again. Each node therefore keeps a
//! [`Marker`] outside the database, and a database that is behind it sends nothing until a person
//! releases it.

use super::time::Timestamp;

/// Why and since when a database sends nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// Since when.
    pub since: Timestamp,
    /// Why, in words for the operator.
    pub reason: String,
}

/// What a database knows of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskState {
    /// The id that was drawn when it was first opened, as hex.
    pub incarnation: String,
    /// The claim number: grows with every commit that claims payouts for sending, or in which a
    /// person ends one.
    pub claims: i64,
    /// How often it was released from a quarantine.
    pub releases: i64,
    /// The quarantine it is in.
    pub quarantine: Option<Quarantine>,
    /// When its last quarantine began. What a rail denied before may have been sent since.
    pub doubtful_until: Option<Timestamp>,
    /// Whether it stands on another server than it was begun on, which only a store of many nodes
    /// can tell.
    pub moved: bool,
    /// Whether it must bear a seal, as each desk does that was begun with seals or confirmed since.
    pub sealed: bool,
    /// Why what it says is not its own word, if it is not. Then it shows a quarantine, and as many
    /// releases as its payouts are vouched for, whatever it says.
    pub altered: Option<String>,
}

impl DeskState {
    /// How many releases an unfinished payout must be vouched for, lest it be in doubt. Within a
    /// quarantine it is one more than any payout has, so that all are in doubt that are there, and
    /// those too that are first seen there; and the release counts that one, so that they stay so.
    pub fn asked_trust(&self) -> i64 {
        self.releases.saturating_add(i64::from(self.quarantine.is_some()))
    }

    /// This state, in a quarantine from a moment on.
    #[must_use]
    pub fn quarantined(self, since: Timestamp, reason: String) -> Self {
        let quarantine = Some(Quarantine { since, reason });
        let (doubtful_until, altered) = (Some(since), None);
        Self { quarantine, doubtful_until, moved: false, altered, ..self }
    }
}

/// The highest claim number that a node has seen committed, kept outside the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The incarnation it was seen in.
    pub incarnation: String,
    /// The number of releases it was seen after.
    pub releases: i64,
    /// The claim number.
    pub claims: i64,
    /// Whether it was seen sealed. An older word of it that demands no seals can be put back.
    pub sealed: bool,
}

impl Marker {
    /// The marker of a node that has seen this.
    pub fn of(state: &DeskState) -> Self {
        let DeskState { releases, claims, sealed, .. } = *state;
        Self { incarnation: state.incarnation.clone(), releases, claims, sealed }
    }

    /// The marker of a node that trusts this database again once it was released, and not before:
    /// not even when another copy of it is put in its place.
    pub fn distrusting(state: &DeskState) -> Self {
        Self { claims: i64::MAX, ..Self::of(state) }
    }

    /// Whether it has seen what another one has not. A release counts above all claims before it.
    pub fn is_ahead_of(&self, other: &Self) -> bool {
        (self.releases, self.claims) > (other.releases, other.claims)
            || (self.sealed && !other.sealed)
    }

    /// Why this database may be a restored copy, if it may.
    pub fn objection(&self, state: &DeskState) -> Option<String> {
        let found = Self::of(state);
        if self.incarnation != found.incarnation {
            return Some("this is another database than the one this node worked on".to_owned());
        }
        let behind = || {
            let seen = self.claims;
            match found.claims {
                _ if self.sealed && !found.sealed => {
                    "this node has seen it sealed, and it asks for no seals now".to_owned()
                }
                _ if self.releases > found.releases => {
                    "this node has seen a release that it does not know of".to_owned()
                }
                _ if seen == i64::MAX => "this node has not seen it released".to_owned(),
                found => format!("it is at claim {found}, and this node has seen claim {seen}"),
            }
        };
        self.is_ahead_of(&found).then(behind)
    }
}

/// Why a node that starts must take this database for a restored copy, if it must. Alone is a node
/// whose database no other one shares: whatever was claimed it has claimed itself.
pub fn objection_at_start(
    marker: Option<&Marker>,
    state: &DeskState,
    alone: bool,
) -> Option<String> {
    match marker {
        Some(marker) => marker.objection(state),
        None if state.moved => Some("it stands on another server than it was begun on".to_owned()),
        None if alone && state.claims > 0 => {
            let claims = state.claims;
            Some(format!("it is at claim {claims}, and this directory has no marker of it"))
        }
        None => None,
    }
}
