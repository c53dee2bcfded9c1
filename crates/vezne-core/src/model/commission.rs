//! What the merchant pays for a payout: a percentage and a fixed part, within a minimum and a
//! maximum.

use super::money::{Money, MoneyError};

/// One million parts are the whole: 15,000 is 1.5 percent.
pub const PARTS: i128 = 1_000_000;

/// The tariff of one merchant on one channel, in minor units of the merchant's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commission {
    /// Parts per million of the amount: 15,000 is 1.5 percent.
    pub percent_ppm: u32,
    /// Added to the percentage.
    pub fixed_minor: i64,
    /// The least that is charged.
    pub minimum_minor: i64,
    /// The most that is charged.
    pub maximum_minor: Option<i64>,
}

impl Commission {
    /// The commission on `amount`, a half minor unit rounded up.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when it does not fit.
    pub fn of(&self, amount: Money) -> Result<Money, MoneyError> {
        let exact = i128::from(amount.minor()) * i128::from(self.percent_ppm);
        let share = (exact + PARTS / 2) / PARTS;
        let charged = (share + i128::from(self.fixed_minor)).max(i128::from(self.minimum_minor));
        let charged = self.maximum_minor.map_or(charged, |most| charged.min(i128::from(most)));
        let minor = i64::try_from(charged).map_err(|_| MoneyError::Overflow)?;
        Ok(Money::new(minor, amount.currency()))
    }

    /// Whether the parts make sense together: nothing negative, minimum not above maximum.
    pub fn is_valid(&self) -> bool {
        let percent = i128::from(self.percent_ppm) <= PARTS;
        let signs = self.fixed_minor >= 0 && self.minimum_minor >= 0;
        percent && signs && self.maximum_minor.is_none_or(|most| most >= self.minimum_minor)
    }
}

#[cfg(test)]
mod tests {
    use super::super::money::{Currency, Money};
    use super::Commission;

    /// percent in ppm, fixed, minimum, maximum, amount => charged.
    fn check(tariff: (u32, i64, i64, Option<i64>), amount: i64, charged: i64) {
        let (percent_ppm, fixed_minor, minimum_minor, maximum_minor) = tariff;
        let tariff = Commission { percent_ppm, fixed_minor, minimum_minor, maximum_minor };
        let money = tariff.of(Money::new(amount, Currency::TRY)).expect("it fits");
        assert_eq!(money.minor(), charged, "{tariff:?} on {amount}");
    }

    #[test]
    fn tariffs() {
        check((0, 0, 0, None), 25_000, 0);
        check((15_000, 0, 0, None), 25_000, 375);
        check((15_000, 100, 0, None), 25_000, 475);
        check((15_000, 0, 500, None), 25_000, 500);
        check((15_000, 0, 0, Some(300)), 25_000, 300);
        check((5_000, 0, 0, None), 100, 1);
        check((4_900, 0, 0, None), 100, 0);
        check((1_000_000, 0, 0, None), i64::MAX, i64::MAX);
    }

    #[test]
    fn a_commission_that_does_not_fit_is_refused() {
        let tariff = Commission { percent_ppm: 1_000_000, fixed_minor: 1, ..Commission::default() };
        assert!(tariff.of(Money::new(i64::MAX, Currency::TRY)).is_err());
    }
}
