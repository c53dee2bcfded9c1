//! A database that has grown: one busy merchant with a backlog of everything, and quiet ones.

/// What of a desk is made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Payouts in every state.
    Mixed,
    /// Payouts that ended, and merchants that were told.
    Stored,
    /// Payouts to be sent, payouts to be asked about, and callbacks to be sent.
    Waiting,
}

impl Kind {
    /// A number from 0 to 9 for each `i`, which says in what state a payout and its callback are.
    fn pick(self) -> &'static str {
        match self {
            Self::Mixed => "(i % 8)",
            Self::Stored => "(CASE WHEN i % 8 = 5 THEN 5 ELSE 9 END)",
            Self::Waiting => "(CASE i % 3 WHEN 0 THEN 0 WHEN 1 THEN 1 ELSE 6 END)",
        }
    }
}

/// So many of them are confirmed at once.
pub(crate) const STEP: usize = 5_000;

/// The statements that make payouts of merchant 1 and their callbacks. They are for both databases;
/// `numbers` is a query of whole numbers `i`, which are the ids. No statement can seal a payout, so
/// that those that are to be read are for a desk from before there were seals, and confirmed there.
pub(crate) fn statements(kind: Kind, numbers: &str, noon: i64, settings: &Dialect) -> Vec<String> {
    let Dialect { yes, content, seal, settled_before } = settings;
    let pick = kind.pick();
    let payout = format!(
        "INSERT INTO payout (id, merchant_id, dialect, reference, scope, content, channel, \
         currency, amount_minor, commission_minor, name, account, created_at, updated_at, state, \
         due_at, rail, dispatched_at, sends, accepted, checks, progress, doubt_since, \
         doubt_detail, rejected_by, reason, seal) \
         SELECT i, 1, 'bankopay', 'old-' || i, '', {content}, 'papara', 'TRY', 100, 0, 'N', \
         'A', {noon} - i, {noon}, \
         CASE {pick} WHEN 0 THEN 'approved' WHEN 1 THEN 'dispatched' WHEN 2 THEN 'dispatched' \
             WHEN 3 THEN 'awaiting-approval' WHEN 4 THEN 'failed' WHEN 5 THEN 'rejected' \
             WHEN 7 THEN 'returned' ELSE 'settled' END, \
         CASE WHEN {pick} IN (0, 1) THEN {noon} - i WHEN {pick} = 2 THEN {noon} + {settled_before} \
             END, \
         CASE WHEN {pick} IN (1, 2, 4, 6, 7, 9) THEN 'simulator' END, \
         CASE WHEN {pick} IN (1, 2) THEN {noon} - i END, CASE WHEN {pick} IN (1, 2) THEN 1 END, \
         CASE WHEN {pick} IN (1, 2) THEN {yes} END, CASE WHEN {pick} IN (1, 2) THEN 0 END, \
         CASE WHEN {pick} IN (1, 2) THEN 'accepted' END, NULL, NULL, \
         CASE WHEN {pick} = 5 THEN 'system' END, \
         CASE WHEN {pick} IN (4, 5, 7) THEN 'no' END, {seal} \
         FROM ({numbers}) AS numbers"
    );
    let callback = format!(
        "INSERT INTO callback (id, merchant_id, payout_id, event, message, created_at, attempts, \
         refusals, failure_step, refusal_step, state, state_at) \
         SELECT i, 1, i, CASE {pick} WHEN 4 THEN 'failed' WHEN 5 THEN 'rejected' \
             ELSE 'settled' END, '', {noon} - i, 0, 0, 0, 0, \
         CASE {pick} WHEN 4 THEN 'parked' WHEN 5 THEN 'acknowledged' \
             WHEN 9 THEN 'acknowledged' ELSE 'due' END, \
         CASE {pick} WHEN 6 THEN {noon} - i ELSE {noon} + {settled_before} END \
         FROM ({numbers}) AS numbers WHERE {pick} IN (4, 5, 6, 7, 9)"
    );
    vec![payout, callback]
}

/// What the two databases write differently.
pub(crate) struct Dialect {
    pub(crate) yes: &'static str,
    pub(crate) content: &'static str,
    /// Nothing where they are confirmed.
    pub(crate) seal: &'static str,
    /// So far ahead lies what is not due yet, in microseconds.
    pub(crate) settled_before: i64,
}
