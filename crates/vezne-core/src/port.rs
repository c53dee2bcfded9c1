//! What the engine and the workers ask of the outside: the core's only traits.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::group::Group;
use crate::model::audit::AuditRecord;
use crate::model::callback::{Attempt, AttemptOutcome, Callback, Untold};
use crate::model::directory::Directory;
use crate::model::identifier::{CallbackId, DialectCode, MerchantId, NodeId, PayoutId, RailCode};
use crate::model::ledger::{Entry, LedgerAccount};
use crate::model::merchant::Merchant;
use crate::model::pace::Drift;
use crate::model::payout::Payout;
use crate::model::quarantine::DeskState;
use crate::model::rail::{PaymentOrder, RailAnswer, RailReturn};
use crate::model::retention::{Horizon, KeptCounts, Pruned};
use crate::model::time::Timestamp;
use crate::model::unread::{Unread, Unsealed};
use crate::model::usage::Usage;

/// A future behind a trait object.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Our failure: the store is down, an invariant is broken. Logged once, answered blandly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

/// Which payouts a reader wants, newest first.
#[derive(Clone, Debug, Default)]
pub struct PayoutFilter {
    /// Of one merchant.
    pub merchant: Option<MerchantId>,
    /// In one state, by its code.
    pub state: Option<String>,
    /// Only those that were set aside.
    pub set_aside: bool,
    /// Only those from before payouts were sealed, which a person must confirm.
    pub unsealed: bool,
    /// Only those in doubt.
    pub in_doubt: bool,
    /// With this merchant reference.
    pub reference: Option<String>,
    /// Older than this one: the page after it.
    pub before: Option<PayoutId>,
    /// At most so many.
    pub limit: u32,
}

/// Which callbacks a reader wants, newest first.
#[derive(Clone, Debug, Default)]
pub struct CallbackFilter {
    /// Of one merchant.
    pub merchant: Option<MerchantId>,
    /// About one payout.
    pub payout: Option<PayoutId>,
    /// In one state, by its code.
    pub state: Option<String>,
    /// Only those that were set aside.
    pub set_aside: bool,
    /// At most so many.
    pub limit: u32,
}

/// What a list found: a row that does not read keeps no other from being shown.
#[derive(Clone, Debug)]
pub struct Found<T> {
    /// What reads, in the order of the list.
    pub rows: Vec<T>,
    /// What does not, in the same order.
    pub unread: Vec<Unread>,
}

impl<T> Found<T> {
    /// All of it.
    ///
    /// # Errors
    /// When a row does not read.
    pub fn whole(self) -> Result<Vec<T>, Fault> {
        match self.unread.into_iter().next() {
            None => Ok(self.rows),
            Some(unread) => Err(Fault(unread.why)),
        }
    }

    /// The first that is wanted, if there is one.
    ///
    /// # Errors
    /// When none is and a row does not read, which may be it.
    pub fn first(self, wanted: impl Fn(&T) -> bool) -> Result<Option<T>, Fault> {
        let Self { rows, unread } = self;
        match (rows.into_iter().find(wanted), unread.into_iter().next()) {
            (None, Some(unread)) => Err(Fault(unread.why)),
            (found, _) => Ok(found),
        }
    }
}

/// What stands where, for metrics and the doctor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// Payouts by state code.
    pub payouts: Vec<(String, i64)>,
    /// Payouts in doubt.
    pub in_doubt: i64,
    /// Callbacks by state code.
    pub callbacks: Vec<(String, i64)>,
    /// Payouts and callbacks that do not read and were set aside.
    pub set_aside: SetAsideCounts,
    /// Since when the approved payout that was accepted first could have been sent.
    pub oldest_approved: Option<Timestamp>,
    /// Merchants that have not taken a callback at several attempts.
    pub untold: Vec<Untold>,
    /// When the callback that is due longest was due.
    pub oldest_due_callback: Option<Timestamp>,
    /// Whether the database is in quarantine, and so sends nothing.
    pub quarantined: bool,
    /// The most that is kept of any one merchant for nothing.
    pub most_kept: KeptCounts,
}

/// The connections of one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// What they are for.
    pub of: &'static str,
    /// Those that are open.
    pub open: usize,
    /// Those of them that nobody uses.
    pub idle: usize,
    /// How many wait for one.
    pub waiting: usize,
}

/// How much does not read and was set aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetAsideCounts {
    /// Payouts.
    pub payouts: i64,
    /// Callbacks.
    pub callbacks: i64,
}

/// Where payouts, ledger and outbox are kept.
///
/// All writing goes through [`Store::transact`]; no decision and no arithmetic is a store's.
pub trait Store: Send + Sync {
    /// Loads the view that a group wants, lets it decide, writes its changes, commits. When this
    /// returns `Ok`, the changes are durable; on a fault nothing of them is. The group may be asked
    /// to decide more than once.
    fn transact(&self, group: Group) -> Later<'_, (Group, Result<(), Fault>)>;

    /// The merchants, from memory.
    fn directory(&self) -> Arc<Directory>;

    /// Sees to it that [`Store::directory`] is as new as what was committed before the call, by
    /// whichever node.
    fn refresh(&self) -> Later<'_, Result<(), Fault>>;

    /// A payout by id.
    fn payout(&self, id: PayoutId) -> Later<'_, Result<Option<Payout>, Fault>>;

    /// Payouts, newest first.
    fn payouts(&self, filter: PayoutFilter) -> Later<'_, Result<Found<Payout>, Fault>>;

    /// A callback by id.
    fn callback(&self, id: CallbackId) -> Later<'_, Result<Option<Callback>, Fault>>;

    /// Callbacks, newest first.
    fn callbacks(&self, filter: CallbackFilter) -> Later<'_, Result<Found<Callback>, Fault>>;

    /// The payouts that have no seal.
    fn unsealed(&self) -> Later<'_, Result<Unsealed, Fault>>;

    /// The attempts of a callback, in order.
    fn attempts(&self, callback: CallbackId) -> Later<'_, Result<Vec<Attempt>, Fault>>;

    /// The audit trail of a payout, in order.
    fn trail(&self, payout: PayoutId) -> Later<'_, Result<Vec<AuditRecord>, Fault>>;

    /// The ledger entries of a payout, in order.
    fn entries(&self, payout: PayoutId) -> Later<'_, Result<Vec<Entry>, Fault>>;

    /// The balances of a merchant's accounts, in minor units.
    fn balances(&self, merchant: MerchantId)
    -> Later<'_, Result<Vec<(LedgerAccount, i64)>, Fault>>;

    /// What stands where.
    fn overview(&self) -> Later<'_, Result<Overview, Fault>>;

    /// How much is kept of each merchant for nothing; those of whom nothing is are left out.
    fn kept(&self) -> Later<'_, Result<Vec<(MerchantId, KeptCounts)>, Fault>>;

    /// Lets go what lies beyond a horizon, at most so many rows of each kind, in commits of their
    /// own. No answer that was ever given changes by it. Several nodes may do so at once.
    fn prune(&self, horizon: Horizon, most: usize) -> Later<'_, Result<Pruned, Fault>>;

    /// Commits a little, to find out whether it takes commits at all.
    fn prove_commits(&self) -> Later<'_, Result<(), Fault>> {
        Box::pin(async { Ok(()) })
    }

    /// The connections that it has to its server; nothing where there is none.
    fn connections(&self) -> Vec<Connections> {
        Vec::new()
    }

    /// The state of the whole database, with everything that was committed before the call.
    fn desk_state(&self) -> Later<'_, Result<DeskState, Fault>>;

    /// Settings of its server without which a power loss may take back what was answered, and which
    /// are off. Live merchants cannot do with that.
    fn lax_settings(&self) -> Later<'_, Result<Vec<&'static str>, Fault>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Whether other nodes may work on the same database. A store that is one process's own says
    /// no, and then nobody calls [`Store::share_usage`].
    fn is_shared(&self) -> bool;

    /// Tells the other nodes what was used here since the last call and answers with what they used
    /// since this node's last call.
    ///
    /// What is told is [`merged`](crate::model::usage::merged), and so is the answer, over all that
    /// other nodes told. A node takes part from its first call on, which answers with nothing: what
    /// was told before is not for it. A node that has not called for
    /// [`NODE_SILENCE`](crate::model::usage::NODE_SILENCE), by the database's clock, takes part no
    /// longer: what waits for it is dropped, and its next call is a first one again.
    ///
    /// What a node tells is heard by every other one that takes part, at its next call that begins
    /// after this one has answered, or at an earlier one; and never twice, however calls overlap.
    /// Something may be lost with a crash or a connection, so nothing of this need be durable: then
    /// somebody gets a little more than its limit. Heard twice, it would hold back a merchant that
    /// kept to its limit. So a fault means that nothing of `used` was told or will be, for it is
    /// told again; a store that cannot know that, because the connection broke in its commit,
    /// answers `Ok` with nothing, and what waited for this node may be lost too.
    ///
    /// Called four times a second by every node, so it answers or fails within a second or two.
    fn share_usage(&self, node: &NodeId, used: Vec<Usage>) -> Later<'_, Result<Vec<Usage>, Fault>>;
}

/// How money leaves.
pub trait Rail: Send + Sync {
    /// Its code.
    fn code(&self) -> RailCode;

    /// Sends an order whose intent is committed. An answer that cannot be understood is
    /// [`RailAnswer::InDoubt`]; [`RailAnswer::NeverReceived`] only when not one byte left.
    fn send<'a>(&'a self, order: &'a PaymentOrder) -> Later<'a, RailAnswer>;

    /// Asks what became of an order. Never pays.
    fn status<'a>(&'a self, order: &'a PaymentOrder) -> Later<'a, RailAnswer>;

    /// Settled money that came back up to `now`. A return is told until it is forgotten, and may be
    /// told again after a restart.
    fn returns(&self, now: Timestamp) -> Later<'_, Vec<RailReturn>>;

    /// The return of the order under this reference is booked and need not be told again.
    fn forget_return<'a>(&'a self, reference: &'a str) -> Later<'a, ()>;
}

/// One callback with all that is needed to send it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The callback.
    pub callback: Callback,
    /// The payout it is about.
    pub payout: Payout,
    /// Whom it is for.
    pub merchant: Arc<Merchant>,
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// By the dialect's rule.
    pub outcome: AttemptOutcome,
    /// The answer's HTTP status.
    pub http_status: Option<u16>,
    /// What went wrong, or what the merchant said.
    pub detail: String,
    /// How long the receiver asked to be left alone.
    pub retry_after: Option<Duration>,
    /// How long it took.
    pub took: Duration,
}

/// How merchants are told.
pub trait Courier: Send + Sync {
    /// The dialects it can tell in.
    fn speaks(&self, dialect: &DialectCode) -> bool;

    /// The bytes of a callback where making them takes no time, so that they are kept in the commit
    /// of the claim. Nothing where it does, or where none can be made: then
    /// [`compose`](Courier::compose) makes them, or says why not.
    fn compose_at_once(&self, delivery: &Delivery) -> Option<Vec<u8>>;

    /// Makes the bytes of a callback, signature included. Called once per callback.
    fn compose<'a>(&'a self, delivery: &'a Delivery) -> Later<'a, Result<Vec<u8>, Fault>>;

    /// Sends the bytes once and judges the answer.
    fn deliver<'a>(&'a self, delivery: &'a Delivery, now: Timestamp) -> Later<'a, Delivered>;
}

/// The time.
pub trait Clock: Send + Sync {
    /// The present moment. It never goes back while the program runs.
    fn now(&self) -> Timestamp;

    /// What has passed since some moment of this process, by a clock that nobody sets. What must
    /// not be shortened by anybody's clock is measured in it.
    fn ticks(&self) -> Duration;

    /// How far the clock that this one follows has gone astray, for those who look after it.
    fn drift(&self) -> Drift {
        Drift::default()
    }
}

/// Unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);

    /// A random number.
    fn number(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}
