//! Payouts, with all that happened to them.

use serde::{Deserialize, Serialize};
use vezne_core::model::audit::AuditRecord;
use vezne_core::model::ledger::Entry;
use vezne_core::model::money::Money;
use vezne_core::model::payout::{Dispatch, Payout, PayoutState, Progress};
use vezne_core::model::personal::mask;
use vezne_core::model::quarantine::DeskState;
use vezne_core::model::turkish_bank;

use super::{AmountView, At, CallbackView, Facts};

/// A payout in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PayoutView {
    /// Our id.
    pub id: i64,
    /// The merchant's login.
    pub merchant: String,
    /// Its reference.
    pub reference: String,
    /// The channel.
    pub channel: String,
    /// The amount.
    pub amount: Option<AmountView>,
    /// The commission.
    pub commission: Option<AmountView>,
    /// The account, masked. Whose it is, only the payout alone tells.
    pub account: String,
    /// The state's code.
    pub state: String,
    /// Whether nobody knows what became of it.
    pub in_doubt: bool,
    /// What somebody should look at before it is approved.
    pub warning: Option<String>,
    /// Why its row does not read, if it does not.
    pub unread: Option<String>,
    /// When it was accepted.
    pub created_at: Option<At>,
}

/// A payout whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PayoutDetail {
    /// Its line.
    pub payout: PayoutView,
    /// What else is known: beneficiary, commission, rail, reason, next look.
    pub facts: Facts,
    /// What happened.
    pub trail: Vec<TrailView>,
    /// Its ledger movements.
    pub postings: Vec<PostingView>,
    /// Its callbacks.
    pub callbacks: Vec<CallbackView>,
}

/// A line of the trail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrailView {
    /// When.
    pub at: At,
    /// Who.
    pub by: String,
    /// What.
    pub action: String,
    /// In words.
    pub detail: String,
}

/// A movement in the ledger.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PostingView {
    /// When.
    pub at: At,
    /// Why.
    pub reason: String,
    /// The account it goes to.
    pub debit: String,
    /// The account it comes from.
    pub credit: String,
    /// How much.
    #[serde(flatten)]
    pub amount: AmountView,
}

impl PayoutView {
    /// A payout in a list, under its merchant's login.
    pub fn new(payout: &Payout, merchant: String, desk: &DeskState) -> Self {
        Self {
            id: payout.id.0,
            merchant,
            reference: payout.reference.text.clone(),
            channel: payout.channel.to_string(),
            amount: Some(payout.amount.into()),
            commission: Some(payout.commission.into()),
            account: payout.beneficiary.masked_account(),
            state: payout.state.code().to_owned(),
            in_doubt: payout.state.in_doubt() || payout.is_doubted(desk),
            warning: payout.bank_mismatch().map(|mismatch| mismatch.to_string()),
            unread: None,
            created_at: Some(At(payout.created_at)),
        }
    }

    /// The line of one whose row does not read.
    pub fn unread(id: i64, why: &str) -> Self {
        Self {
            id,
            merchant: String::new(),
            reference: String::new(),
            channel: String::new(),
            amount: None,
            commission: None,
            account: String::new(),
            state: String::new(),
            in_doubt: false,
            warning: None,
            unread: Some(why.to_owned()),
            created_at: None,
        }
    }

    /// Where it stands, in words.
    pub fn standing(&self) -> String {
        if let Some(why) = &self.unread {
            return format!("does not read: {why}");
        }
        let doubt = if self.in_doubt { " (in doubt)" } else { "" };
        let warned = if self.warning.is_some() { " (warning)" } else { "" };
        format!("{}{doubt}{warned}", self.state)
    }
}

/// What is known of a payout beside its line; personal facts masked.
pub fn facts(payout: &Payout) -> Facts {
    let beneficiary = &payout.beneficiary;
    let mut facts = Facts::default();
    facts.put("beneficiary", beneficiary.name.as_str());
    facts.put("account", beneficiary.masked_account());
    facts.put("commission", payout.commission);
    if payout.receiver_commission.minor() != 0 {
        facts.put("beneficiary bears", payout.receiver_commission);
        facts.put_some("to be paid", payout.paid().ok());
    }
    // The bank by the IBAN and by the merchant's own words, and a warning where they are two banks.
    facts.put_some("bank", turkish_bank::of_iban(&beneficiary.account).map(|bank| bank.name));
    facts.put_some("bank as named", beneficiary.bank_name.clone());
    facts.put_some("warning", payout.bank_mismatch().map(|mismatch| mismatch.to_string()));
    facts.put_some("identity", beneficiary.identity.as_ref().map(|fact| fact.masked()));
    let birth_date = beneficiary.birth_date.as_ref();
    facts.put_some("birth date", birth_date.map(|date| mask(date.expose(), 0, 0)));
    facts.put_some("reference at the rail", payout.rail_key.clone());
    put_state(&mut facts, &payout.state);
    facts
}

fn put_state(facts: &mut Facts, state: &PayoutState) {
    let reference = |text: &Option<String>| text.clone().unwrap_or_default();
    match state {
        PayoutState::AwaitingApproval | PayoutState::Approved => {}
        PayoutState::Dispatched(dispatch) => put_dispatch(facts, dispatch),
        PayoutState::Settled(ending) => {
            facts.put("rail", ending.rail.as_str());
            facts.put("rail reference", reference(&ending.rail_reference));
        }
        PayoutState::Rejected { by, reason } => {
            facts.put("by", by.to_string());
            facts.put("reason", reason.as_str());
        }
        PayoutState::Failed { rail, reason } => {
            facts.put("rail", rail.as_str());
            facts.put("reason", reason.as_str());
        }
        PayoutState::Returned { ending, reason } => {
            facts.put("rail", ending.rail.as_str());
            facts.put("rail reference", reference(&ending.rail_reference));
            facts.put("reason", reason.as_str());
        }
    }
}

fn put_dispatch(facts: &mut Facts, dispatch: &Dispatch) {
    facts.put("rail", dispatch.rail.as_str());
    match &dispatch.progress {
        Progress::Sending => facts.put("progress", "being sent"),
        Progress::Unsent => facts.put("progress", "the rail never received it; it is sent again"),
        Progress::Accepted => facts.put("progress", "the rail has it"),
        Progress::InDoubt { since, detail } => {
            facts.put("progress", format!("in doubt: {detail}"));
            facts.put("in doubt since", *since);
        }
    }
    facts.put("send", dispatch.attempt);
    facts.put("status queries", dispatch.checks);
    facts.put("rail reference", dispatch.rail_reference.clone().unwrap_or_default());
    facts.put("looked at next", dispatch.due_at);
}

/// The trail from the submission on. The submission, and the policy's approval in the same
/// decision, have no line of their own: the payout is their record.
pub fn trail(payout: &Payout, records: &[AuditRecord]) -> Vec<TrailView> {
    let first = |by: &str, action: &str| TrailView {
        at: At(payout.created_at),
        by: by.to_owned(),
        action: action.to_owned(),
        detail: String::new(),
    };
    let by_people = |record: &AuditRecord| {
        ["payout.approved", "payout.rejected"].contains(&record.action.as_str())
    };
    let waiting = payout.state == PayoutState::AwaitingApproval;
    let mut lines = vec![first("merchant", "payout.submitted")];
    if !waiting && !records.iter().any(by_people) {
        lines.push(first("policy", "payout.approved"));
    }
    lines.extend(records.iter().map(Into::into));
    lines
}

/// The trail of a payout of which nothing else is known.
pub fn trail_lines(records: &[AuditRecord]) -> Vec<TrailView> {
    records.iter().map(Into::into).collect()
}

impl From<&AuditRecord> for TrailView {
    fn from(record: &AuditRecord) -> Self {
        let AuditRecord { at, actor, action, detail, .. } = record;
        let (by, action, detail) = (actor.to_string(), action.clone(), detail.clone());
        Self { at: At(*at), by, action, detail }
    }
}

/// The movements of an entry.
pub fn posting_lines(entry: &Entry) -> impl Iterator<Item = PostingView> + '_ {
    entry.postings.iter().map(|posting| PostingView {
        at: At(entry.at),
        reason: entry.reason.code().to_owned(),
        debit: posting.debit.to_string(),
        credit: posting.credit.to_string(),
        amount: Money::new(posting.amount_minor, entry.currency).into(),
    })
}
