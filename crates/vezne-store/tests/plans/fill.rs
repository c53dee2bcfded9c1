//! A database that has grown: one busy merchant with a backlog of everything, and quiet ones.

/// The statements that make so many payouts of merchant 1, in every state, and their callbacks. They
/// are for both databases; `numbers` is a query of the whole numbers `i` from one.
pub(crate) fn statements(numbers: &str, noon: i64, settings: &Dialect) -> Vec<String> {
    let Dialect { yes, content, settled_before } = settings;
    let payout = format!(
        "INSERT INTO payout (id, merchant_id, dialect, reference, scope, content, channel, \
         currency, amount_minor, commission_minor, name, account, created_at, updated_at, state, \
         due_at, rail, dispatched_at, sends, accepted, checks, progress, doubt_since, \
         doubt_detail, rejected_by, reason) \
         SELECT 1000 + i, 1, 'bankopay', 'old-' || i, '', {content}, 'papara', 'TRY', 100, 0, 'N', \
         'A', {noon} - i, {noon}, \
         CASE i % 8 WHEN 0 THEN 'approved' WHEN 1 THEN 'dispatched' WHEN 2 THEN 'dispatched' \
             WHEN 3 THEN 'awaiting-approval' WHEN 4 THEN 'failed' WHEN 5 THEN 'rejected' \
             ELSE 'settled' END, \
         CASE WHEN i % 8 IN (0, 1) THEN {noon} - i WHEN i % 8 = 2 THEN {noon} + {settled_before} \
             END, \
         CASE WHEN i % 8 IN (1, 2, 4, 6, 7) THEN 'simulator' END, \
         CASE WHEN i % 8 IN (1, 2) THEN {noon} - i END, CASE WHEN i % 8 IN (1, 2) THEN 1 END, \
         CASE WHEN i % 8 IN (1, 2) THEN {yes} END, CASE WHEN i % 8 IN (1, 2) THEN 0 END, \
         CASE WHEN i % 8 IN (1, 2) THEN 'accepted' END, NULL, NULL, \
         CASE WHEN i % 8 = 5 THEN 'system' END, CASE WHEN i % 8 IN (4, 5) THEN 'no' END \
         FROM ({numbers}) AS numbers"
    );
    let callback = format!(
        "INSERT INTO callback (id, merchant_id, payout_id, event, message, created_at, attempts, \
         refusals, failure_step, refusal_step, state, state_at) \
         SELECT 1000 + i, 1, 1000 + i, CASE i % 8 WHEN 4 THEN 'failed' WHEN 5 THEN 'rejected' \
             ELSE 'settled' END, '', {noon} - i, 0, 0, 0, 0, \
         CASE i % 8 WHEN 4 THEN 'parked' WHEN 5 THEN 'acknowledged' ELSE 'due' END, \
         CASE i % 8 WHEN 6 THEN {noon} - i ELSE {noon} + {settled_before} END \
         FROM ({numbers}) AS numbers WHERE i % 8 IN (4, 5, 6, 7)"
    );
    vec![payout, callback]
}

/// What the two databases write differently.
pub(crate) struct Dialect {
    pub(crate) yes: &'static str,
    pub(crate) content: &'static str,
    /// So far ahead lies what is not due yet, in microseconds.
    pub(crate) settled_before: i64,
}
