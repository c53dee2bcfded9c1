//! Callbacks: what we must tell a merchant, and every attempt to.

use std::time::Duration;

use super::identifier::{CallbackId, MerchantId, PayoutId};
use super::time::Timestamp;

/// The outcome a callback tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackEvent {
    /// The payout was paid.
    Settled,
    /// We turned it down.
    Rejected,
    /// The rail turned it down.
    Failed,
    /// The bank sent settled money back.
    Returned,
}

impl CallbackEvent {
    /// Every event.
    pub const ALL: [Self; 4] = [Self::Settled, Self::Rejected, Self::Failed, Self::Returned];

    /// The code in rows and reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Returned => "returned",
        }
    }
}

/// Where the callbacks of a payout go. Settled when the payout is accepted, so that what its
/// merchant was promised then holds whatever is changed later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackTarget {
    /// To the merchant's callback URL.
    Merchant,
    /// To the endpoint that the merchant has under this name.
    Endpoint(String),
    /// To a URL that the request itself named.
    Url(String),
    /// Nowhere: the merchant asks by itself.
    Nowhere,
}

/// Where a callback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackState {
    /// It is to be sent at this moment, or its sender's lease ends then.
    Due(Timestamp),
    /// The merchant took it.
    Acknowledged(Timestamp),
    /// Every attempt was used up. It stays visible and can be sent again by a person.
    Parked(Timestamp),
}

impl CallbackState {
    /// Every code.
    pub const CODES: [&'static str; 3] = ["due", "acknowledged", "parked"];

    /// The code in rows, reports and filters.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Due(_) => "due",
            Self::Acknowledged(_) => "acknowledged",
            Self::Parked(_) => "parked",
        }
    }
}

/// One thing to tell one merchant. Written in the commit of the outcome it tells.
#[derive(Clone, Debug)]
pub struct Callback {
    /// Its id.
    pub id: CallbackId,
    /// Whom to tell.
    pub merchant: MerchantId,
    /// About which payout.
    pub payout: PayoutId,
    /// What.
    pub event: CallbackEvent,
    /// In words the merchant reads.
    pub message: String,
    /// When the outcome was committed.
    pub created_at: Timestamp,
    /// The bytes to send, made before the first attempt and the same on every one that is made with
    /// the same keys.
    pub body: Option<Vec<u8>>,
    /// The [`callback_version`](super::merchant::Merchant::callback_version) they were made with.
    pub body_version: u32,
    /// How many attempts were started.
    pub attempts: u32,
    /// How many of them the merchant answered with a refusal.
    pub refusals: u32,
    /// Where in the schedule after failures it stands; a resend by a person starts it again.
    pub failure_step: u32,
    /// Where in the schedule after refusals it stands.
    pub refusal_step: u32,
    /// Where it stands.
    pub state: CallbackState,
}

/// How one attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The merchant took it, by its dialect's own rule.
    Acknowledged,
    /// The merchant answered, and said no.
    Refused,
    /// No answer, or none that means anything.
    Failed,
}

impl AttemptOutcome {
    /// Every code.
    pub const CODES: [&'static str; 3] = ["acknowledged", "refused", "failed"];

    /// The code in rows and reports.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// One HTTP try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The callback.
    pub callback: CallbackId,
    /// Which try, from one.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// The answer's HTTP status.
    pub http_status: Option<u16>,
    /// What went wrong, or what the merchant said; bounded, never a secret.
    pub detail: String,
}

/// When a callback is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The waits after an attempt that got no meaningful answer.
    pub after_failure: Vec<Duration>,
    /// The waits after the merchant said no.
    pub after_refusal: Vec<Duration>,
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

impl Default for Schedule {
    /// Eighty-six hours after failures, one hundred and two after refusals.
    fn default() -> Self {
        let failure = [5, 15, 60, 180, 360, 720, 1_440, 1_440, 1_440].map(minutes);
        let short = [10, 30, 60].map(Duration::from_secs);
        let refusal = [10, 60, 240, 720, 1_440, 1_440, 1_440, 1_440].map(minutes);
        Self { after_failure: [&short[..], &failure].concat(), after_refusal: refusal.to_vec() }
    }
}

/// A merchant that has not taken a callback at more than [`SEVERAL_ATTEMPTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Untold {
    /// Who.
    pub merchant: MerchantId,
    /// When the outcome was committed that it has not taken for longest.
    pub since: Timestamp,
}

/// So many attempts come within minutes; whoever takes a callback at one of them is well. The index
/// `callback_failing` of both databases goes by the same number.
pub const SEVERAL_ATTEMPTS: u32 = 4;

/// From then on a person should know of a callback that is not taken.
const LONG_UNTOLD: Duration = minutes(1_440);

impl Untold {
    /// Whether it has been so for a day, so that a person should know.
    #[must_use]
    pub fn is_long(&self, now: Timestamp) -> bool {
        now.since(self.since) >= LONG_UNTOLD
    }
}

/// The longest wait that a receiver can ask for.
const MOST_ASKED: Duration = minutes(1_440);

impl Schedule {
    /// The wait after the attempt at `step` of the outcome's own schedule, or nothing when that was
    /// the last one. The receiver may have `asked` for a longer one, up to a day; a shorter one
    /// would use up the schedule while it is down. `jitter` is any random number; it adds up to a
    /// quarter, so that a returning merchant is not met by a crowd.
    pub fn wait(
        &self,
        outcome: &AttemptOutcome,
        step: u32,
        asked: Option<Duration>,
        jitter: u64,
    ) -> Option<Duration> {
        let waits = match outcome {
            AttemptOutcome::Acknowledged => return None,
            AttemptOutcome::Refused => &self.after_refusal,
            AttemptOutcome::Failed => &self.after_failure,
        };
        let asked = asked.unwrap_or_default().min(MOST_ASKED);
        let wait = (*waits.get(usize::try_from(step).ok()?)?).max(asked);
        let quarter = u64::try_from(wait.as_millis() / 4).unwrap_or(u64::MAX - 1);
        Some(wait + Duration::from_millis(jitter % (quarter + 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::{AttemptOutcome, Schedule};
    use std::time::Duration;

    #[test]
    fn both_schedules_span_three_days_even_without_jitter() {
        let schedule = Schedule::default();
        for waits in [&schedule.after_failure, &schedule.after_refusal] {
            assert!(waits.iter().sum::<Duration>() >= Duration::from_secs(72 * 3600));
            assert!(waits.is_sorted());
        }
    }

    #[test]
    fn jitter_adds_at_most_a_quarter_and_the_end_is_the_end() {
        let schedule = Schedule::default();
        let base = Duration::from_secs(10);
        for (jitter, expected) in [(0, base), (2_500, Duration::from_millis(12_500)), (2_501, base)]
        {
            assert_eq!(schedule.wait(&AttemptOutcome::Failed, 0, None, jitter), Some(expected));
        }
        assert_eq!(schedule.wait(&AttemptOutcome::Failed, 12, None, 0), None);
        assert_eq!(schedule.wait(&AttemptOutcome::Acknowledged, 0, None, 0), None);
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait_within_a_day_and_for_no_further_attempt() {
        let schedule = Schedule::default();
        let cases =
            [(1, 10), (10, 10), (600, 600), (86_400, 86_400), (86_401, 86_400), (u64::MAX, 86_400)];
        for (asked, expected) in cases {
            let wait = |step| {
                let asked = Some(Duration::from_secs(asked));
                schedule.wait(&AttemptOutcome::Failed, step, asked, 0)
            };
            assert_eq!(wait(0), Some(Duration::from_secs(expected)), "{asked}");
            assert_eq!(wait(12), None, "{asked}");
        }
    }
}
