//! The two published brands of the platform, which differ in one answer.

/// Whose document an answer follows to the letter (`research/wire-facts.md` A2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `sipay-cashout.txt`: "Success" and no rows when all rows pass.
    Sipay,
    /// `iqmoney-cashout.txt`: "SUCCESS" and a row for every row.
    Iqmoney,
}

impl Profile {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sipay, Self::Iqmoney];

    /// The brand in lower case, as settings and webhooks spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sipay => "sipay",
            Self::Iqmoney => "iqmoney",
        }
    }

    /// The profile of a name, spelled exactly.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }
}
