//! Payouts, with all that happened to them.

use serde::{Deserialize, Serialize};
use vezne_core::model::audit::AuditRecord;
use vezne_core::model::ledger::Entry;
use vezne_core::model::money::Money;
use vezne_core::model::payout::{Dispatch, Payout, PayoutState, Progress};
use vezne_core::model::personal::mask;
use vezne_core::model::quarantine::DeskState;
use vezne_core::model::turkish_bank;

use super::{CallbackView, moment};

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
    pub amount: String,
    /// The commission.
    pub commission: String,
    /// The account, masked. Whose it is, only the payout alone tells.
    pub account: String,
    /// The state, with `in-doubt` where it is.
    pub state: String,
    /// The amount in minor units of its currency.
    pub amount_minor: i64,
    /// The currency's code.
    pub currency: String,
    /// Whether nobody knows what became of it.
    pub in_doubt: bool,
    /// When it was accepted.
    pub created_at: String,
}

/// A payout whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PayoutDetail {
    /// Its line.
    pub payout: PayoutView,
    /// What else is known: beneficiary, commission, rail, reason, next look.
    pub facts: Vec<(String, String)>,
    /// What happened: when, who, what, in words.
    pub trail: Vec<[String; 4]>,
    /// Its ledger movements: when, why, debit, credit, amount.
    pub postings: Vec<[String; 5]>,
    /// Its callbacks.
    pub callbacks: Vec<CallbackView>,
}

impl PayoutView {
    /// A payout in a list, under its merchant's login.
    pub fn new(payout: &Payout, merchant: String, desk: &DeskState) -> Self {
        let in_doubt = payout.state.in_doubt() || payout.is_doubted(desk);
        let doubt = if in_doubt { " (in doubt)" } else { "" };
        let warned = if payout.bank_mismatch().is_some() { " (warning)" } else { "" };
        Self {
            id: payout.id.0,
            merchant,
            reference: payout.reference.text.clone(),
            channel: payout.channel.to_string(),
            amount: payout.amount.to_string(),
            commission: payout.commission.to_string(),
            account: payout.beneficiary.masked_account(),
            state: format!("{}{doubt}{warned}", payout.state.code()),
            amount_minor: payout.amount.minor(),
            currency: payout.amount.currency().code().to_owned(),
            in_doubt,
            created_at: moment(payout.created_at),
        }
    }

    /// The line of one whose row does not read.
    pub fn unread(id: i64, why: &str) -> Self {
        Self {
            id,
            merchant: String::new(),
            reference: String::new(),
            channel: String::new(),
            amount: String::new(),
            commission: String::new(),
            account: String::new(),
            state: format!("does not read: {why}"),
            amount_minor: 0,
            currency: String::new(),
            in_doubt: false,
            created_at: String::new(),
        }
    }
}

/// What is known of a payout beside its line; personal facts masked.
pub fn facts(payout: &Payout) -> Vec<(String, String)> {
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let beneficiary = &payout.beneficiary;
    let mut facts = vec![
        pair("beneficiary", beneficiary.name.clone()),
        pair("account", payout.beneficiary.masked_account()),
        pair("commission", payout.commission.to_string()),
    ];
    if payout.receiver_commission.minor() != 0 {
        facts.push(pair("beneficiary bears", payout.receiver_commission.to_string()));
        facts.extend(payout.paid().ok().map(|paid| pair("to be paid", paid.to_string())));
    }
    facts.extend(bank_facts(payout));
    facts.extend(beneficiary.identity.as_ref().map(|fact| pair("identity", fact.masked())));
    let birth_date = beneficiary.birth_date.as_ref();
    facts.extend(birth_date.map(|date| pair("birth date", mask(date.expose(), 0, 0))));
    facts.extend(payout.rail_key.clone().map(|key| pair("reference at the rail", key)));
    facts.extend(state_facts(&payout.state));
    facts
}

/// The bank by the IBAN and by the merchant's own words, and a warning where they are two banks.
fn bank_facts(payout: &Payout) -> Vec<(String, String)> {
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let beneficiary = &payout.beneficiary;
    let bank = turkish_bank::of_iban(&beneficiary.account);
    let mut facts: Vec<_> =
        bank.map(|bank| pair("bank", bank.name.to_owned())).into_iter().collect();
    facts.extend(beneficiary.bank_name.clone().map(|name| pair("bank as named", name)));
    facts.extend(payout.bank_mismatch().map(|mismatch| pair("warning", mismatch.to_string())));
    facts
}

fn state_facts(state: &PayoutState) -> Vec<(String, String)> {
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let reference =
        |text: &Option<String>| pair("rail reference", text.clone().unwrap_or_default());
    match state {
        PayoutState::AwaitingApproval | PayoutState::Approved => Vec::new(),
        PayoutState::Dispatched(dispatch) => dispatch_facts(dispatch),
        PayoutState::Settled(ending) => {
            vec![pair("rail", ending.rail.to_string()), reference(&ending.rail_reference)]
        }
        PayoutState::Rejected { by, reason } => {
            vec![pair("by", by.to_string()), pair("reason", reason.clone())]
        }
        PayoutState::Failed { rail, reason } => {
            vec![pair("rail", rail.to_string()), pair("reason", reason.clone())]
        }
        PayoutState::Returned { ending, reason } => {
            let rail = pair("rail", ending.rail.to_string());
            vec![rail, reference(&ending.rail_reference), pair("reason", reason.clone())]
        }
    }
}

fn dispatch_facts(dispatch: &Dispatch) -> Vec<(String, String)> {
    let progress = match &dispatch.progress {
        Progress::Sending => "being sent".to_owned(),
        Progress::Unsent => "the rail never received it; it is sent again".to_owned(),
        Progress::Accepted => "the rail has it".to_owned(),
        Progress::InDoubt { since, detail } => {
            format!("in doubt since {}: {detail}", moment(*since))
        }
    };
    [
        ("rail", dispatch.rail.to_string()),
        ("progress", progress),
        ("send", dispatch.attempt.to_string()),
        ("status queries", dispatch.checks.to_string()),
        ("rail reference", dispatch.rail_reference.clone().unwrap_or_default()),
        ("looked at next", moment(dispatch.due_at)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// The trail from the submission on. The submission, and the policy's approval in the same
/// decision, have no line of their own: the payout is their record.
pub fn trail(payout: &Payout, records: &[AuditRecord]) -> Vec<[String; 4]> {
    let first = |who: &str, what: &str| {
        [moment(payout.created_at), who.to_owned(), what.to_owned(), String::new()]
    };
    let by_people = |record: &AuditRecord| {
        ["payout.approved", "payout.rejected"].contains(&record.action.as_str())
    };
    let waiting = payout.state == PayoutState::AwaitingApproval;
    let mut lines = vec![first("merchant", "payout.submitted")];
    if !waiting && !records.iter().any(by_people) {
        lines.push(first("policy", "payout.approved"));
    }
    lines.extend(records.iter().map(trail_line));
    lines
}

/// The trail of a payout of which nothing else is known.
pub fn trail_lines(records: &[AuditRecord]) -> Vec<[String; 4]> {
    records.iter().map(trail_line).collect()
}

fn trail_line(record: &AuditRecord) -> [String; 4] {
    let AuditRecord { at, actor, action, detail, .. } = record;
    [moment(*at), actor.to_string(), action.clone(), detail.clone()]
}

/// The movements of an entry.
pub fn posting_lines(entry: &Entry) -> impl Iterator<Item = [String; 5]> + '_ {
    entry.postings.iter().map(|posting| {
        [
            moment(entry.at),
            entry.reason.code().to_owned(),
            posting.debit.to_string(),
            posting.credit.to_string(),
            Money::new(posting.amount_minor, entry.currency).to_string(),
        ]
    })
}
