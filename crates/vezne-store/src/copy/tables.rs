//! What is copied: every table of the target with its columns, said once.

use crate::row::{Result, Value, get};

/// A table of PostgreSQL, and how SQLite says the same.
pub(crate) struct Table {
    /// Its name in PostgreSQL.
    pub(crate) name: &'static str,
    /// Its columns there.
    pub(crate) columns: &'static str,
    /// What SQLite selects for them, where it does not have them under their names.
    select: Option<&'static str>,
    /// The table of SQLite.
    from: &'static str,
    /// The order of its rows, where it matters.
    order: Option<&'static str>,
    /// The column whose month says in which partition a row belongs.
    pub(crate) time: Option<&'static str>,
    /// The columns of currency, of what else is told apart, and of an amount to be added up.
    pub(crate) money: Option<[&'static str; 3]>,
}

/// The columns of a posting, where its line within its entry is still to be counted.
const POSTING: &str =
    "merchant_id, entry_id, 0, at, amount_minor, payout_id, currency, reason, debit, credit";

/// Every table that is copied; one that others refer to comes before them. A new one is a line.
pub(crate) const TABLES: [Table; 25] = [
    Table::same(
        "merchant",
        "id, name, mode, status, currency, credit_limit_minor, day_limit_minor, \
         approve_below_minor, retry_refused, reference_scope, requests_per_second, \
         callback_base_url, webhook_secret, former_webhook_secret, former_webhook_until, \
         callback_version",
    ),
    Table::same(
        "access",
        "merchant_id, position, dialect, login, key, former_key, former_key_until, callback_key",
    ),
    Table::same(
        "terms",
        "merchant_id, position, channel, percent_ppm, fixed_minor, minimum_minor, maximum_minor, \
         least_amount_minor, most_amount_minor, day_limit_minor, rail, receiver_percent_ppm, \
         receiver_fixed_minor, receiver_minimum_minor, receiver_maximum_minor",
    ),
    Table::same("bank", "merchant_id, position, bank, name"),
    Table::same("allowed_network", "merchant_id, position, network"),
    Table::same("merchant_option", "merchant_id, name, value"),
    Table::same("endpoint", "merchant_id, name, url"),
    Table::same(
        "channel",
        "code, pay_code, name, description, currency, decimals, minimum_minor, maximum_minor, \
         account",
    ),
    Table::same("channel_bank", "channel, position, bank, name"),
    Table::same(
        "channel_field",
        "channel, position, name, label, kind, required, max_length, placeholder",
    ),
    Table::same("channel_option", "channel, field, position, value, label"),
    Table::same("channel_rule", "channel, field, position, rule"),
    Table::same("token_key", "number, id, private, since, until"),
    Table::other("merchant_lock", "merchant_id", "id", "merchant"),
    Table::same(
        "payout",
        "merchant_id, id, created_at, updated_at, due_at, amount_minor, commission_minor, \
         receiver_commission_minor, bank, dialect, reference, scope, content, channel, currency, \
         name, account, bank_name, private, identity_tag, callback_to, state, rail, \
         rail_reference, dispatched_at, sends, accepted, absent_since, checks, progress, \
         doubt_since, doubt_detail, rejected_by, reason, trust, rail_key, seal, set_aside_at",
    )
    .by_month_of("created_at")
    .adding_up(["currency", "state", "amount_minor"]),
    Table::other(
        "payout_reference",
        "merchant_id, payout_id, reference, scope",
        "merchant_id, id, reference, scope",
        "payout",
    ),
    Table::same("refusal", "merchant_id, at, amount_minor, reopened_at, reference, scope, code"),
    Table::same("used_proof", "merchant_id, at, digest, content, until"),
    Table::same("kept_count", "merchant_id, refusals, folded, idle_proofs"),
    Table::other(
        "posting",
        "merchant_id, entry_id, line, at, amount_minor, payout_id, currency, reason, debit, credit",
        POSTING,
        "posting",
    )
    .in_order_of("id")
    .by_month_of("at")
    .adding_up(["currency", "reason", "amount_minor"]),
    Table::same("balance", "merchant_id, minor, currency, account")
        .adding_up(["currency", "account", "minor"]),
    Table::same("day_total", "merchant_id, day, minor, channel"),
    Table::same(
        "callback",
        "merchant_id, id, payout_id, created_at, state_at, attempts, refusals, failure_step, \
         refusal_step, state, event, message, body, body_version, forgotten, set_aside_at",
    )
    .by_month_of("created_at"),
    Table::other(
        "attempt",
        "merchant_id, callback_id, number, at, took_micros, http_status, outcome, detail",
        "(SELECT merchant_id FROM callback WHERE id = callback_id), callback_id, number, at, \
         took_micros, http_status, outcome, detail",
        "attempt",
    )
    .by_month_of("at"),
    Table::same("trail", "merchant_id, id, at, payout_id, callback_id, actor, action, detail")
        .by_month_of("at"),
];

/// What the target has for itself: its own marks, what nodes tell each other, counts that its
/// triggers keep, the one row about the desk as a whole, which is there from the start and only
/// changed, and what is left of months that were taken out, which no file has.
pub(crate) const NOT_COPIED: [&str; 13] = [
    "migration",
    "meta",
    "directory_version",
    "commit_mark",
    "usage_node",
    "usage_post",
    "desk_state",
    "tally",
    "taken_month",
    "taken_payout",
    "taken_callback",
    "carried_balance",
    "carried_day_total",
];

impl Table {
    /// A table that both have, with the same columns.
    const fn same(name: &'static str, columns: &'static str) -> Self {
        Self { name, columns, select: None, from: name, order: None, time: None, money: None }
    }

    /// A table that SQLite keeps in another way.
    const fn other(
        name: &'static str,
        columns: &'static str,
        select: &'static str,
        from: &'static str,
    ) -> Self {
        Self { select: Some(select), from, ..Self::same(name, columns) }
    }

    const fn in_order_of(self, order: &'static str) -> Self {
        Self { order: Some(order), ..self }
    }

    const fn by_month_of(self, time: &'static str) -> Self {
        Self { time: Some(time), ..self }
    }

    const fn adding_up(self, money: [&'static str; 3]) -> Self {
        Self { money: Some(money), ..self }
    }

    /// What SQLite is asked for.
    pub(crate) fn source(&self) -> String {
        let order = self.order.map(|order| format!(" ORDER BY {order}")).unwrap_or_default();
        format!("SELECT {} FROM {}{order}", self.select.unwrap_or(self.columns), self.from)
    }

    /// What PostgreSQL is asked for.
    pub(crate) fn target(&self) -> String {
        format!("SELECT {} FROM {}", self.columns, self.name)
    }

    /// How many rows SQLite has of it.
    pub(crate) fn count(&self) -> String {
        format!("SELECT count(*) FROM {}", self.from)
    }

    /// The first days of the months that its rows belong to, as SQLite finds them.
    pub(crate) fn months(&self) -> Option<String> {
        let time = self.time?;
        Some(format!(
            "SELECT DISTINCT strftime('%Y-%m-01', {time} / 1000000, 'unixepoch') FROM {}",
            self.from
        ))
    }

    /// The names of its columns.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.columns.split(", ")
    }

    /// Where a column stands.
    pub(crate) fn place(&self, column: &str) -> Option<usize> {
        self.names().position(|name| name == column)
    }

    /// What completes its rows on their way out of SQLite.
    pub(crate) fn lines(&self) -> Lines {
        Lines { places: self.place("entry_id").zip(self.place("line")), entry: 0, line: 0 }
    }
}

/// Numbers the postings within their entry. Those of one entry were written together, so they come
/// one after the other.
pub(crate) struct Lines {
    places: Option<(usize, usize)>,
    entry: i64,
    line: i64,
}

impl Lines {
    /// Gives a posting its line; leaves the rows of other tables as they are.
    pub(crate) fn number(&mut self, row: &mut Vec<Value>) -> Result<()> {
        let Some((entry, line)) = self.places else { return Ok(()) };
        let entry: i64 = get(row, entry)?;
        self.line = if entry == self.entry { self.line + 1 } else { 1 };
        self.entry = entry;
        if let Some(place) = row.get_mut(line) {
            *place = Value::Number(self.line);
        }
        Ok(())
    }
}
