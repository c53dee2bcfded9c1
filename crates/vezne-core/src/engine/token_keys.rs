//! Token keys: a fresh one takes over, and the one before still verifies for a while.

use std::time::Duration;

use super::desk::Desk;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::personal::Secret;
use crate::model::refusal::ActionRefusal;
use crate::model::token_key::TokenKey;

/// Has a fresh key sign from now on.
#[derive(Clone, Debug)]
pub struct RotateTokenKey {
    /// The name of the fresh key.
    pub id: String,
    /// The fresh key, as text.
    pub private: Secret,
    /// For how long the keys before still verify: as long as a token may live.
    pub overlap: Duration,
    /// Nothing is done while the present key is younger than this, so that two that rotate at the
    /// same time do it once. No two keys begin in the same moment.
    pub not_younger_than: Duration,
    /// Who rotates.
    pub by: Actor,
}

impl Verb for RotateTokenKey {
    /// Whether the fresh key took over.
    type Outcome = bool;
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.changes_directory = true;
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let (now, directory) = (desk.at(), desk.view().directory.clone());
        let old = |key: &TokenKey| key.since.plus(self.not_younger_than) <= now;
        let due = |key: &TokenKey| key.since < now && old(key);
        if directory.signing_key(now).is_some_and(|key| !due(key)) {
            return Ok(Ok(false));
        }
        if directory.token_keys().iter().any(|key| key.id == self.id) {
            let why = "a key of this name has been in use: give the fresh one a name of its own";
            return Ok(Err(ActionRefusal::Invalid(why.to_owned())));
        }
        for key in directory.token_keys().into_iter().filter(|key| key.until.is_none()) {
            let until = Some(now.plus(self.overlap));
            desk.put_token_key(TokenKey { until, ..TokenKey::clone(key) });
        }
        let (id, private) = (self.id.clone(), self.private.clone());
        desk.put_token_key(TokenKey { id, private, since: now, until: None });
        desk.record(self.by.clone(), "token-key.rotated", (None, None, None), &self.id);
        Ok(Ok(true))
    }
}
