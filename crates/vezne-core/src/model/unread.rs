//! Rows that do not read: altered outside the program, damaged, or from before rows were sealed.

/// A row that was wanted and does not read. Nothing is done with it but to set it aside, where no
/// worker meets it again until a person takes it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its id.
    pub id: i64,
    /// Why, in words for the operator; never a secret or a personal fact.
    pub why: String,
    /// Whether it was set aside already.
    pub set_aside: bool,
}

/// What of old is not sealed yet, on a desk that was begun before rows were sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsealed {
    /// Whether a person confirmed what is there, or the desk was begun later. Then a payout without
    /// a seal was altered.
    pub confirmed: bool,
    /// How many payouts have no seal, and their sum in minor units, by state code and currency.
    pub sums: Vec<UnsealedSum>,
}

/// The payouts without a seal that are in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsealedSum {
    /// The state's code.
    pub state: String,
    /// The code of the currency.
    pub currency: String,
    /// How many they are.
    pub count: u64,
    /// The sum of their amounts, in minor units.
    pub minor: i128,
}

impl Unsealed {
    /// How many of them wait for somebody: neither paid nor turned down.
    pub fn unfinished(&self) -> u64 {
        let waits = |sum: &&UnsealedSum| {
            ["awaiting-approval", "approved", "dispatched"].contains(&sum.state.as_str())
        };
        self.sums.iter().filter(waits).map(|sum| sum.count).sum()
    }

    /// How many they are in all.
    pub fn count(&self) -> u64 {
        self.sums.iter().map(|sum| sum.count).sum()
    }
}
