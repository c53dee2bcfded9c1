//! Times as the Turkish protocols write them, in Europe/Istanbul: BankoPay as `17.02.2024
//! 00:28:46`, CCPayment as `2024-02-17 00:28:46`.
//!
//! The documents name no zone; they serve Turkish sites, so local time is meant
//! (`research/wire-facts.md` B15, A15). Instants are Unix microseconds everywhere else.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
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
    let local = local(unix_micros);
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

/// An instant in Unix microseconds as `yyyy-mm-dd HH:MM:SS` in Istanbul, bounded as
/// [`istanbul`].
#[must_use]
pub fn istanbul_year_first(unix_micros: i64) -> String {
    let local = local(unix_micros);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        local.year(),
        local.month(),
        local.day(),
        local.hour(),
        local.minute(),
        local.second()
    )
}

/// The Unix microseconds of what [`istanbul_year_first`] wrote. `None` for another form and for a
/// time that no calendar has.
#[must_use]
pub fn from_istanbul_year_first(text: &str) -> Option<i64> {
    let local = DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()?;
    let instant = ISTANBUL.to_timestamp(local).ok()?;
    // The reader forgives signs and missing zeros, which nobody writes.
    (istanbul_year_first(instant.as_microsecond()) == text).then(|| instant.as_microsecond())
}

fn local(unix_micros: i64) -> DateTime {
    let bounds = (Timestamp::MIN.as_microsecond(), Timestamp::MAX.as_microsecond());
    let instant = Timestamp::from_microsecond(unix_micros.clamp(bounds.0, bounds.1));
    ISTANBUL.to_datetime(instant.unwrap_or(Timestamp::UNIX_EPOCH))
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
