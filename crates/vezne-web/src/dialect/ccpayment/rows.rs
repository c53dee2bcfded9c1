//! The rows of one request: each becomes a row of the batch, or is answered without one.

use std::borrow::Cow;
use std::collections::HashSet;

use vezne_core::engine::batch::{BatchRow, RowKind, RowOutcome};
use vezne_core::engine::submit::{Submission, SubmitPayout, Submitted};
use vezne_core::model::beneficiary::{Beneficiary, BeneficiaryError};
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::channel::AccountKind;
use vezne_core::model::merchant::Authenticated;
use vezne_core::model::money::Money;
use vezne_core::model::payout::ContentDigest;
use vezne_core::model::personal::Personal;
use vezne_core::model::refusal::{Declined, SubmitRefusal};
use vezne_core::model::time::Timestamp;
use vezne_wire::ccpayment::answer::RowOutcome as Answered;
use vezne_wire::ccpayment::answer::encode_rows;
use vezne_wire::ccpayment::{
    AnswerCode, Note, Profile, Row, RowAnswer, RowCode, RowProblem, below_minimum,
};

use super::CHANNEL;
use crate::dialect::caller;

/// What all rows of a request share.
pub(super) struct Setting {
    pub(super) proof: Authenticated,
    /// Nothing when the request names a webhook that the merchant has not.
    pub(super) callback_to: Option<CallbackTarget>,
    /// What the ids of rows without one are made of.
    pub(super) seed: [u8; 16],
    pub(super) now: Timestamp,
}

/// Why a row is not submitted.
type Objection = (RowCode, Cow<'static, str>);

/// One row while the batch is under way.
enum Pending {
    /// It was not even looked up.
    Refused { unique_id: Option<String>, objection: Objection },
    /// The next outcome of the batch is its own.
    Asked { unique_id: String, sent: bool, objection: Option<Objection> },
}

/// All rows, in the merchant's order.
pub(super) struct Rows {
    rows: Vec<Pending>,
    retry_refused: bool,
}

impl Rows {
    /// Sorts out what the engine is asked.
    pub(super) fn of(
        decoded: Vec<Result<Row, RowProblem>>,
        setting: &Setting,
    ) -> (Self, Vec<BatchRow>) {
        let mut rows = Vec::with_capacity(decoded.len());
        let mut batch = Vec::with_capacity(decoded.len());
        let mut seen = HashSet::with_capacity(decoded.len());
        for (at, row) in decoded.into_iter().enumerate() {
            rows.push(match row {
                Err(problem) => refused(problem),
                Ok(row) if row.unique_id.as_ref().is_some_and(|id| !seen.insert(id.clone())) => {
                    twice(row)
                }
                Ok(row) => ask(row, at, setting, &mut batch),
            });
        }
        let retry_refused = setting.proof.merchant().retry_refused;
        (Self { rows, retry_refused }, batch)
    }

    /// Writes the answer to all rows; the outcomes are those of the rows that were asked.
    pub(super) fn answer(
        self,
        outcomes: Vec<RowOutcome>,
        profile: Profile,
    ) -> (AnswerCode, Vec<u8>) {
        let (mut outcomes, retry) = (outcomes.into_iter(), self.retry_refused);
        let answers: Vec<RowAnswer<'static>> =
            self.rows.into_iter().map(|row| row.answer(&mut outcomes, retry)).collect();
        let mut body = Vec::new();
        let code = encode_rows(&mut body, profile, &answers);
        (code, body)
    }
}

fn refused(problem: RowProblem) -> Pending {
    let RowProblem { code, message, unique_id } = problem;
    Pending::Refused { unique_id, objection: (code, message.into()) }
}

/// A second row under one id. It is refused whatever it says, so that a repeat of the request gets
/// the same answer.
fn twice(row: Row) -> Pending {
    let message = "unique_id stands twice in this request.";
    Pending::Refused {
        unique_id: row.unique_id,
        objection: (RowCode::DuplicateUniqueId, message.into()),
    }
}

fn ask(row: Row, at: usize, setting: &Setting, batch: &mut Vec<BatchRow>) -> Pending {
    let sent = row.unique_id.is_some();
    let unique_id = row.unique_id.clone().unwrap_or_else(|| made_id(&setting.seed, at));
    let (beneficiary, objection) = match check(&row, setting) {
        Ok(beneficiary) => (beneficiary, None),
        Err(objection) => (beneficiary(&row), Some(objection)),
    };
    let kind = match (&objection, sent) {
        (Some(_), _) => RowKind::Repeat,
        (None, true) => RowKind::Named,
        (None, false) => RowKind::Unnamed,
    };
    let currency = setting.proof.merchant().currency;
    let submission = Submission {
        reference: unique_id.clone(),
        content: ContentDigest(row.content_digest()),
        channel: CHANNEL.into(),
        amount: Money::new(row.amount_minor, currency),
        beneficiary,
        note: Note::of(&row).to_bytes(),
        callback_to: setting.callback_to.clone().unwrap_or(CallbackTarget::Nowhere),
    };
    let payout = SubmitPayout::new(setting.proof.clone(), submission).open_after_lack();
    batch.push(BatchRow { payout, kind });
    Pending::Asked { unique_id, sent, objection }
}

/// The id of a row that came without one. The same request makes the same again.
fn made_id(seed: &[u8; 16], at: usize) -> String {
    format!("{:032x}-{}", u128::from_be_bytes(*seed), at + 1)
}

/// Checks what depends on more than the row: the webhook, the merchant's currency and mode, and the
/// day.
fn check(row: &Row, setting: &Setting) -> Result<Beneficiary, Objection> {
    let merchant = setting.proof.merchant();
    if setting.callback_to.is_none() {
        return Err((RowCode::Validation, "reverse_web_hook_key is not valid.".into()));
    }
    // Amounts of this platform have two decimals; a currency of another precision is not its own.
    if row.currency != merchant.currency.code() || merchant.currency.decimals() != 2 {
        return Err((RowCode::InvalidCurrency, RowCode::InvalidCurrency.message().into()));
    }
    let today = caller::today(setting.now);
    let checked = beneficiary(row).check(AccountKind::Iban, merchant.mode, today);
    checked.map_err(|error| {
        let message = match error {
            BeneficiaryError::Iban | BeneficiaryError::Wallet | BeneficiaryError::Account => {
                "iban is not valid."
            }
            BeneficiaryError::Identity => "id_tc_kn is not a valid identity number.",
            BeneficiaryError::BirthDate => "The row is not valid.",
        };
        (RowCode::Validation, message.into())
    })
}

/// Whom a row is for, as far as it says so.
pub fn beneficiary(row: &Row) -> Beneficiary {
    Beneficiary {
        name: row.name.clone(),
        account: row.iban.clone(),
        bank: None,
        bank_name: row.bank_name.clone(),
        identity: row.identity.as_deref().map(Personal::new),
        birth_date: None,
    }
}

impl Pending {
    fn answer(
        self,
        outcomes: &mut impl Iterator<Item = RowOutcome>,
        retry_refused: bool,
    ) -> RowAnswer<'static> {
        let (unique_id, sent, objection) = match self {
            Self::Refused { unique_id, objection } => return no(unique_id, objection),
            Self::Asked { unique_id, sent, objection } => (unique_id, sent, objection),
        };
        let named = sent.then(|| unique_id.clone());
        // Without an outcome nobody knows what became of the row.
        let unknown = || (RowCode::InternalFault, RowCode::InternalFault.message().into());
        match outcomes.next() {
            Some(Ok(Some(submitted))) => yes(unique_id, &submitted),
            Some(Ok(None)) => no(named, objection.unwrap_or_else(unknown)),
            Some(Err(Declined { why, .. })) => {
                let closed = sent && !retry_refused;
                no(named, (row_code(&why), message(&why, closed)))
            }
            None => no(named, unknown()),
        }
    }
}

fn yes(unique_id: String, submitted: &Submitted) -> RowAnswer<'static> {
    let outcome = Answered::Accepted {
        merchant_commission_minor: submitted.commission.minor(),
        receiver_commission_minor: submitted.receiver_commission.minor(),
    };
    RowAnswer { unique_id: Some(unique_id.into()), outcome }
}

/// A refused row names its id only where the merchant had sent one.
fn no(unique_id: Option<String>, (code, message): Objection) -> RowAnswer<'static> {
    let outcome = Answered::Refused { code, message };
    RowAnswer { unique_id: unique_id.map(Cow::Owned), outcome }
}

const fn row_code(why: &SubmitRefusal) -> RowCode {
    match why {
        SubmitRefusal::ReferenceReused { .. } => RowCode::DuplicateUniqueId,
        SubmitRefusal::MerchantSuspended => RowCode::MerchantDisabled,
        SubmitRefusal::ChannelNotOffered { .. } => RowCode::ChannelNotOffered,
        SubmitRefusal::AmountBelowMinimum { .. } => RowCode::BelowMinimum,
        SubmitRefusal::AmountAboveMaximum { .. } => RowCode::AboveMaximum,
        SubmitRefusal::CommissionTakesAll { .. } => RowCode::TakenByCommission,
        SubmitRefusal::DayLimitReached { .. } => RowCode::DayLimit,
        SubmitRefusal::InsufficientBalance { .. } => RowCode::InsufficientBalance,
        SubmitRefusal::CannotRefuseNow => RowCode::Busy,
    }
}

/// The document's words where it has some, and nothing else: clients compare them. With ours, a row
/// whose id is closed by the refusal is told so; one
/// without an id of its own is new whenever it is sent with a new `hash_key`.
fn message(why: &SubmitRefusal, closed: bool) -> Cow<'static, str> {
    let reason: Cow<'static, str> = match why {
        SubmitRefusal::ReferenceReused { .. } => {
            return RowCode::DuplicateUniqueId.message().into();
        }
        SubmitRefusal::CannotRefuseNow => return RowCode::Busy.message().into(),
        SubmitRefusal::InsufficientBalance { .. } => {
            return RowCode::InsufficientBalance.message().into();
        }
        SubmitRefusal::AmountBelowMinimum { minimum } => {
            return below_minimum(minimum.minor(), minimum.currency().code()).into();
        }
        SubmitRefusal::MerchantSuspended => "The merchant is disabled".into(),
        SubmitRefusal::ChannelNotOffered { .. } => "Cashout to bank is not offered".into(),
        SubmitRefusal::AmountAboveMaximum { maximum } => {
            format!("Cashout to bank amount can't be more than {maximum}").into()
        }
        SubmitRefusal::CommissionTakesAll { commission } => {
            format!("The receiver commission of {commission} takes the whole amount").into()
        }
        SubmitRefusal::DayLimitReached { limit } => {
            format!("The daily limit of {limit} is reached").into()
        }
    };
    if closed {
        format!("{reason}. This unique_id is closed: use a new one.").into()
    } else {
        reason
    }
}
