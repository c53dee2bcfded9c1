//! Submit a batch: several payouts that came in one request and are committed at once.
//!
//! Each row is a payout of its own, accepted or refused by itself and in order, so that an earlier
//! row's hold is what a later one meets. One commit holds them all: whoever repeats the request
//! after a crash finds all of it or nothing.

use std::time::Duration;

use super::desk::Desk;
use super::submit::{SubmitPayout, Submitted};
use super::view::Wanted;
use super::{Decision, Verb, Waits};
use crate::model::identifier::MerchantId;
use crate::model::payout::ContentDigest;
use crate::model::refusal::Declined;
use crate::model::used_proof::ProofKey;

/// Why a person looks first.
const TWIN: &str = "an identical request without references of its own came shortly before";

/// One row of a batch.
#[derive(Clone, Debug)]
pub struct BatchRow {
    /// What it asks for.
    pub payout: SubmitPayout,
    /// What it is.
    pub kind: RowKind,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// It is submitted under a reference that the merchant gave it.
    Named,
    /// It is submitted under a reference that was made for it, which a second request of the same
    /// content does not share.
    Unnamed,
    /// It cannot be submitted as it is; only an earlier payout under its reference is looked for.
    Repeat,
}

/// What tells a second request of the same content from a repeat of the first.
#[derive(Clone, Copy, Debug)]
pub struct Twin {
    /// A digest over the content without its proof.
    pub content: [u8; 16],
    /// For how long a second one is looked at by a person.
    pub within: Duration,
}

/// A batch, proven by a text that stands for this content only.
#[derive(Clone, Debug)]
pub struct SubmitBatch {
    /// Whose.
    pub merchant: MerchantId,
    /// A digest over the proof; nothing for a merchant that may use one again.
    pub proof: Option<[u8; 16]>,
    /// A digest over the whole content.
    pub content: ContentDigest,
    /// How twins are told; nothing where they are nobody's concern.
    pub twin: Option<Twin>,
    /// The rows, in the merchant's order.
    pub rows: Vec<BatchRow>,
}

/// What became of one row: a payout, nothing where only an earlier one was looked for in vain, or
/// a refusal.
pub type RowOutcome = Result<Option<Submitted>, Declined>;

/// Why a batch as a whole was turned down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchRefusal {
    /// Its proof came before with other content. Nothing was done.
    ProofReused,
    /// Nothing of it was accepted, and there is no room to remember its proof. Nothing was done,
    /// and the same may be sent again.
    NoRoom,
}

/// What its proof says of a batch.
enum Proof {
    /// It has none, or one that came with this very content before.
    Known,
    /// It is to be remembered.
    New(ProofKey),
    /// It stands for other content.
    OfOther,
}

impl SubmitBatch {
    fn key(&self, digest: [u8; 16]) -> ProofKey {
        ProofKey { merchant: self.merchant, digest }
    }

    /// Whether the proof may stand for this content.
    fn proof(&self, desk: &Desk) -> Proof {
        let Some(key) = self.proof.map(|proof| self.key(proof)) else { return Proof::Known };
        match desk.used_proof(&key) {
            None => Proof::New(key),
            Some(used) if used.content == self.content => Proof::Known,
            Some(_) => Proof::OfOther,
        }
    }

    /// Remembers a new proof, also when none of its rows is submitted: whoever saw it could send it
    /// around others. It uses no reference up. Answers with whether there was room: what pays for
    /// its place always has it.
    fn remember_proof(&self, desk: &mut Desk, key: ProofKey, outcomes: &[RowOutcome]) -> bool {
        if !outcomes.iter().any(is_new) {
            return desk.use_idle_proof(key, self.content);
        }
        desk.use_proof(key, self.content, None);
        true
    }

    /// Why unnamed rows are reviewed, if they are. A repeat of a request is no twin of it.
    fn review(&self, desk: &Desk) -> Option<&'static str> {
        let twin = self.twin?;
        let before = desk.used_proof(&self.key(twin.content));
        let other = before.filter(|before| before.content != self.content)?;
        (desk.at() < other.at.plus(twin.within)).then_some(TWIN)
    }

    /// Remembers what a twin would be one of: a request of which an unnamed row was accepted now.
    /// One of which none was may be sent again, such as after a top-up; and a repeat leaves the
    /// window of the last one as it is, whatever came between the two.
    fn remember(&self, desk: &mut Desk, outcomes: &[RowOutcome]) {
        let mut rows = self.rows.iter().zip(outcomes);
        let accepted = rows.any(|(row, outcome)| row.kind == RowKind::Unnamed && is_new(outcome));
        if let Some(twin) = self.twin.filter(|_| accepted) {
            let until = desk.at().plus(twin.within);
            desk.use_proof(self.key(twin.content), self.content, Some(until));
        }
    }
}

/// Whether a row was accepted just now.
const fn is_new(outcome: &RowOutcome) -> bool {
    matches!(outcome, Ok(Some(Submitted { replayed: false, .. })))
}

impl Verb for SubmitBatch {
    type Outcome = Vec<RowOutcome>;
    type Refusal = BatchRefusal;
    const WAITS: Waits = Waits::Intake;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.used_proofs.extend(self.proof.map(|proof| self.key(proof)));
        wanted.merchants.insert(self.merchant);
        wanted.used_proofs.extend(self.twin.map(|twin| self.key(twin.content)));
        for row in &self.rows {
            match row.kind {
                RowKind::Named | RowKind::Unnamed => row.payout.wants(wanted),
                RowKind::Repeat => row.payout.wants_earlier(wanted),
            }
        }
    }

    fn merchant(&self) -> Option<MerchantId> {
        Some(self.merchant)
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        // A row whose first answer is not to be had fails the batch before anything is done, and so
        // nobody else's command.
        self.rows.iter().try_for_each(|row| row.payout.earlier(desk).map(drop))?;
        let proof = self.proof(desk);
        if matches!(proof, Proof::OfOther) {
            return Ok(Err(BatchRefusal::ProofReused));
        }
        let checkpoint = desk.checkpoint();
        let review = self.review(desk);
        let mut outcomes = Vec::with_capacity(self.rows.len());
        for row in &mut self.rows {
            outcomes.push(match row.kind {
                RowKind::Repeat => row.payout.earlier(desk)?.transpose(),
                RowKind::Named => row.payout.decide(desk)?.map(Some),
                RowKind::Unnamed => {
                    row.payout.review_for(review);
                    row.payout.decide(desk)?.map(Some)
                }
            });
        }
        if let Proof::New(key) = proof
            && !self.remember_proof(desk, key, &outcomes)
        {
            desk.take_back(checkpoint);
            return Ok(Err(BatchRefusal::NoRoom));
        }
        self.remember(desk, &outcomes);
        Ok(Ok(outcomes))
    }
}
