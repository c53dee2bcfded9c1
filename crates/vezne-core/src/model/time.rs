//! Instants and the days that limits are counted by.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::tz::TimeZone;

/// A moment in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A civil day of Europe/Istanbul, counted from 1970-01-01. Day limits and day totals use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

static ISTANBUL: LazyLock<TimeZone> = LazyLock::new(|| {
    TimeZone::get("Europe/Istanbul").expect("the zone database is compiled into the program")
});

impl Timestamp {
    /// The moment `micros` microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The moment `span` later; the end of time when that does not fit.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// The moment `span` earlier; the beginning of time when that does not fit.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self(if micros == i64::MAX { i64::MIN } else { self.0.saturating_sub(micros) })
    }

    /// How long ago `earlier` was; nothing when it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The date and time of day in Istanbul, which is the desk's zone.
    pub fn civil(self) -> jiff::civil::DateTime {
        let moment = jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::MAX);
        ISTANBUL.to_datetime(moment)
    }

    /// The Istanbul day this moment falls on.
    pub fn day(self) -> Day {
        let date = self.civil().date();
        let epoch = jiff::civil::date(1970, 1, 1);
        Day(date.since(epoch).map_or(i32::MAX, |span| span.get_days()))
    }
}

impl Day {
    /// The day `number` days after 1970-01-01.
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// Days since 1970-01-01.
    pub const fn number(self) -> i32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn days_turn_at_midnight_in_istanbul() {
        for (text, day) in [
            ("2026-11-21T20:59:59.999999Z", 20_778),
            ("2026-11-21T21:00:00Z", 20_779),
            ("2026-11-22T20:59:59Z", 20_779),
            ("2015-07-01T20:59:59Z", 16_617),
            ("2015-07-01T21:00:00Z", 16_618),
        ] {
            let micros = text.parse::<jiff::Timestamp>().expect("a moment").as_microsecond();
            assert_eq!(Timestamp::from_micros(micros).day().number(), day, "{text}");
        }
    }
}
