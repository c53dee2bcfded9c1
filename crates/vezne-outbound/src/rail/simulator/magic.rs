//! The magic values: what a sandbox merchant writes to see each outcome.
//!
//! One table serves the simulator, its tests and the documentation.

use std::fmt::Write as _;

/// What the simulator does with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// It pays at once.
    Settle,
    /// It turns the order down at once.
    Refuse,
    /// It accepts the order and pays later.
    SettleLater,
    /// It takes the order, gives no clear answer, and turns out to have paid.
    DoubtThenSettle,
    /// It takes the order and never gives a clear answer.
    DoubtForEver,
    /// It pays, and the money comes back.
    SettleThenReturn,
    /// It cannot be reached by the first send, and pays the second.
    UnreachableOnce,
    /// It accepts the order and turns it down later.
    RefuseLater,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Magic {
    /// What is done.
    pub behaviour: Behaviour,
    /// Its name in the journal.
    pub code: &'static str,
    /// The amount's last two digits in minor units that ask for it. None is the row of all others.
    pub amount_ending: Option<i64>,
    /// The account's last characters that ask for it, where the amount asks for nothing.
    pub account_ending: Option<&'static str>,
    /// What the merchant sees, with the default delays.
    pub meaning: &'static str,
}

const fn magic(
    behaviour: Behaviour,
    code: &'static str,
    amount_ending: i64,
    account_ending: &'static str,
    meaning: &'static str,
) -> Magic {
    let (amount_ending, account_ending) = (Some(amount_ending), Some(account_ending));
    Magic { behaviour, code, amount_ending, account_ending, meaning }
}

/// The table.
pub const MAGIC: &[Magic] = &[
    Magic {
        behaviour: Behaviour::Settle,
        code: "settle",
        amount_ending: None,
        account_ending: None,
        meaning: "settled at once",
    },
    magic(Behaviour::Refuse, "refuse", 1, "9901", "refused at once"),
    magic(Behaviour::SettleLater, "settle-later", 2, "9902", "accepted, settled after 30 s"),
    magic(
        Behaviour::DoubtThenSettle,
        "doubt-then-settle",
        3,
        "9903",
        "in doubt, found settled by a status query after 60 s",
    ),
    magic(
        Behaviour::DoubtForEver,
        "doubt-for-ever",
        4,
        "9904",
        "in doubt until a person resolves it",
    ),
    magic(
        Behaviour::SettleThenReturn,
        "settle-then-return",
        5,
        "9905",
        "settled at once, returned after 60 s",
    ),
    magic(
        Behaviour::UnreachableOnce,
        "unreachable-once",
        6,
        "9906",
        "never received by the first send, settled by the second",
    ),
    magic(Behaviour::RefuseLater, "refuse-later", 7, "9907", "accepted, refused after 30 s"),
];

impl Behaviour {
    /// What an order asks for: by its amount in minor units, else by its account.
    #[must_use]
    pub fn of(minor: i64, account: &str) -> Self {
        let by_amount = |row: &&Magic| row.amount_ending == Some(minor.rem_euclid(100));
        let by_account =
            |row: &&Magic| row.account_ending.is_some_and(|end| account.ends_with(end));
        let row = MAGIC.iter().find(by_amount).or_else(|| MAGIC.iter().find(by_account));
        row.map_or(Self::Settle, |row| row.behaviour)
    }

    /// Its name in the journal.
    #[must_use]
    pub fn code(self) -> &'static str {
        MAGIC.iter().find(|row| row.behaviour == self).map_or("settle", |row| row.code)
    }

    /// The behaviour with this name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        MAGIC.iter().find(|row| row.code == code).map(|row| row.behaviour)
    }
}

/// The table as Markdown, for the documentation.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| Amount ends in | Account ends in | What happens |\n");
    text.push_str("|---|---|---|\n");
    for row in MAGIC {
        let amount =
            row.amount_ending.map_or("anything else".to_owned(), |end| format!("`.{end:02}`"));
        let account =
            row.account_ending.map_or("anything else".to_owned(), |end| format!("`{end}`"));
        let _ = writeln!(text, "| {amount} | {account} | {} |", row.meaning);
    }
    text
}
