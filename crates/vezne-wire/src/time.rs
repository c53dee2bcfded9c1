//! Times as the Turkish protocols write them: `17.02.2024 00:28:46`, Europe/Istanbul.
//!
//! The document names no zone; it serves Turkish sites, so local time is meant
//! (`research/wire-facts.md` B15). Instants are Unix microseconds everywhere else.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

#[cfg(test)]
mod tests;

/// The bundled zone, so that no machine's own tables change an answer. Turkey has kept +03 since
/// 2016, which is what is left should the bundle lack it.
static ISTANBUL: LazyLock<TimeZone> = LazyLock::new(|| {
    let bundled = TimeZoneDatabase::bundled().get("Europe/Istanbul");
    bundled.unwrap_or_else(|_| TimeZone::fixed(Offset::constant(3)))
});

/// The earliest year of birth taken seriously.
const EARLIEST_BIRTH: i16 = 1900;

/// An instant in Unix microseconds as `dd.mm.yyyy HH:MM:SS` in Istanbul. An instant that no
/// calendar holds is shown as the nearest one that does.
#[must_use]
pub fn istanbul(unix_micros: i64) -> String {
    let bounds = (Timestamp::MIN.as_microsecond(), Timestamp::MAX.as_microsecond());
    let instant = Timestamp::from_microsecond(unix_micros.clamp(bounds.0, bounds.1));
    let local = ISTANBUL.to_datetime(instant.unwrap_or(Timestamp::UNIX_EPOCH));
    format!(
        "{:02}.{:02}.{:04} {:02}:{:02}:{:02}",
        local.day(),
        local.month(),
        local.year(),
        local.hour(),
        local.minute(),
        local.second()
    )
}

/// A date of birth written `dd.mm.yyyy`. `None` for another form, for a day that no calendar has
/// and for years before 1900. Whether it lies in the future is for someone with a clock to say.
#[must_use]
pub fn birth_date(text: &str) -> Option<Date> {
    let bytes: &[u8; 10] = text.as_bytes().try_into().ok()?;
    let points = bytes[2] == b'.' && bytes[5] == b'.';
    let (day, month, year) = (text.get(..2)?, text.get(3..5)?, text.get(6..)?);
    if !points || ![day, month, year].iter().all(|part| is_digits(part)) {
        return None;
    }
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    (date.year() >= EARLIEST_BIRTH).then_some(date)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
