//! Replay: what stands under a merchant reference, for a request that cannot be submitted as it is.
//!
//! What a request is checked by may have changed since its first copy was accepted: a bank left the
//! list, a rule became stricter. The repeat must get the first answer all the same, because a
//! merchant pays its customer back on a refusal.

use super::submit::{Submission, SubmitPayout, Submitted};
use super::view::Wanted;
use super::{Decision, Verb, Waits};
use crate::engine::desk::Desk;
use crate::model::identifier::MerchantId;
use crate::model::merchant::Authenticated;
use crate::model::refusal::Declined;

/// Asks what an earlier request under the same reference came to. Writes nothing.
#[derive(Clone, Debug)]
pub struct FindEarlier {
    repeat: SubmitPayout,
}

impl FindEarlier {
    /// The question of a proven merchant about what it would submit.
    pub fn new(proof: Authenticated, submission: Submission) -> Self {
        Self { repeat: SubmitPayout::new(proof, submission) }
    }
}

impl Verb for FindEarlier {
    /// The payout that stands there, or nothing when the reference is free.
    type Outcome = Option<Submitted>;
    type Refusal = Declined;
    const WAITS: Waits = Waits::Intake;

    fn wants(&self, wanted: &mut Wanted) {
        self.repeat.wants_earlier(wanted);
    }

    fn merchant(&self) -> Option<MerchantId> {
        self.repeat.merchant()
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let earlier = self.repeat.earlier(desk)?;
        Ok(earlier.transpose())
    }
}
