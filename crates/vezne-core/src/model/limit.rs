//! What a single payout and a day of payouts may amount to.

/// The bounds of one payout, in minor units of the merchant's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AmountLimit {
    /// The smallest amount taken.
    pub minimum_minor: Option<i64>,
    /// The largest amount taken.
    pub maximum_minor: Option<i64>,
}

/// Which bound an amount breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfRange {
    /// It is less than this.
    Below(i64),
    /// It is more than this.
    Above(i64),
}

impl AmountLimit {
    /// Whether an amount can be within both bounds.
    pub fn is_valid(&self) -> bool {
        let least = self.minimum_minor.unwrap_or(0);
        least >= 0 && self.maximum_minor.is_none_or(|most| most >= least)
    }

    /// Checks an amount against both bounds; each bound itself is allowed.
    ///
    /// # Errors
    /// The bound that the amount breaks.
    pub fn check(&self, amount_minor: i64) -> Result<(), OutOfRange> {
        match (self.minimum_minor, self.maximum_minor) {
            (Some(least), _) if amount_minor < least => Err(OutOfRange::Below(least)),
            (_, Some(most)) if amount_minor > most => Err(OutOfRange::Above(most)),
            _ => Ok(()),
        }
    }
}

impl AmountLimit {
    /// The bounds that keep to both: of each bound the narrower one.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        let least = self.minimum_minor.into_iter().chain(other.minimum_minor).max();
        let most = self.maximum_minor.into_iter().chain(other.maximum_minor).min();
        Self { minimum_minor: least, maximum_minor: most }
    }
}

/// Whether `amount` more still fits a day on which `used` is taken already. The limit itself fits.
pub fn fits_day(limit: Option<i64>, used: i64, amount: i64) -> bool {
    limit.is_none_or(|most| used.checked_add(amount).is_some_and(|total| total <= most))
}

#[cfg(test)]
mod tests {
    use super::{AmountLimit, OutOfRange, fits_day};

    #[test]
    fn bounds_are_inclusive() {
        let limit = AmountLimit { minimum_minor: Some(100), maximum_minor: Some(200) };
        for (amount, expected) in [
            (99, Err(OutOfRange::Below(100))),
            (100, Ok(())),
            (200, Ok(())),
            (201, Err(OutOfRange::Above(200))),
        ] {
            assert_eq!(limit.check(amount), expected, "{amount}");
        }
        assert_eq!(AmountLimit::default().check(i64::MAX), Ok(()));
    }

    #[test]
    fn the_narrower_bound_wins() {
        let limit = |minimum_minor, maximum_minor| AmountLimit { minimum_minor, maximum_minor };
        let (one, other) = (limit(Some(100), None), limit(Some(50), Some(200)));
        assert_eq!(one.within(other), limit(Some(100), Some(200)));
        assert_eq!(other.within(limit(None, Some(150))), limit(Some(50), Some(150)));
        assert_eq!(limit(None, None).within(limit(None, None)), limit(None, None));
    }

    #[test]
    fn a_day_holds_exactly_its_limit() {
        assert!(fits_day(Some(100), 60, 40));
        assert!(!fits_day(Some(100), 60, 41));
        assert!(!fits_day(Some(i64::MAX), i64::MAX, 1));
        assert!(fits_day(None, i64::MAX, 1));
    }
}
