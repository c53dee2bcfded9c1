//! Who lets a payout go: a policy by itself, or a person.

use std::fmt;

/// Who did something. Every change of a payout names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The merchant, through its dialect.
    Merchant,
    /// A rule of ours, such as the policy for automatic approval.
    Policy,
    /// A rail's answer.
    Rail,
    /// The program itself, such as a worker that found a lease run out.
    System,
    /// A person, by name.
    Operator(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Merchant => f.write_str("merchant"),
            Self::Policy => f.write_str("policy"),
            Self::Rail => f.write_str("rail"),
            Self::System => f.write_str("system"),
            Self::Operator(name) => write!(f, "operator:{name}"),
        }
    }
}

impl From<&str> for Actor {
    fn from(text: &str) -> Self {
        match text {
            "merchant" => Self::Merchant,
            "policy" => Self::Policy,
            "rail" => Self::Rail,
            "system" => Self::System,
            other => Self::Operator(other.strip_prefix("operator:").unwrap_or(other).to_owned()),
        }
    }
}

/// When a payout needs no person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Amounts below this, in minor units, are approved at once; none are without it.
    pub approve_below_minor: Option<i64>,
}

impl Policy {
    /// Whether an amount is approved at once.
    pub fn approves(self, amount_minor: i64) -> bool {
        self.approve_below_minor.is_some_and(|threshold| amount_minor < threshold)
    }
}

#[cfg(test)]
mod tests {
    use super::{Actor, Policy};

    #[test]
    fn the_threshold_itself_waits_for_people() {
        let policy = Policy { approve_below_minor: Some(100) };
        assert!(policy.approves(99));
        assert!(!policy.approves(100));
        assert!(!Policy::default().approves(1));
    }

    #[test]
    fn actors_read_back() {
        for text in ["merchant", "policy", "rail", "system", "operator:ayse"] {
            assert_eq!(Actor::from(text).to_string(), text);
        }
    }
}
