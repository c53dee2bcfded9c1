//! Values as programs read them, with the words that people read.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vezne_core::model::commission::Commission;
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::time::Timestamp;

/// The desk's zone, as people call it.
pub const ZONE: &str = "Istanbul";

/// A moment: RFC 3339 in UTC for programs, the desk's time for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At(pub Timestamp);

impl At {
    /// For people, where no headline names the zone.
    pub fn named(self) -> String {
        format!("{self} {ZONE}")
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.civil().strftime("%Y-%m-%d %H:%M:%S").fmt(f)
    }
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let at = jiff::Timestamp::from_microsecond(self.0.micros());
        to.collect_str(&at.unwrap_or(jiff::Timestamp::MAX).strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let at: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(Timestamp::from_micros(at.as_microsecond())))
    }
}

/// An amount: a plain decimal with its currency apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmountView {
    /// The decimal, with as many places as the currency has.
    pub amount: String,
    /// The currency's code.
    pub currency: String,
    /// The same in minor units.
    pub minor: i64,
}

impl From<Money> for AmountView {
    fn from(money: Money) -> Self {
        let text = money.to_string();
        let amount = text.split(' ').next().unwrap_or_default().to_owned();
        Self { amount, currency: money.currency().code().to_owned(), minor: money.minor() }
    }
}

impl AmountView {
    /// An amount that may be absent.
    pub fn of(minor: Option<i64>, currency: Currency) -> Option<Self> {
        minor.map(|minor| Money::new(minor, currency).into())
    }
}

impl fmt::Display for AmountView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// What may be absent, in words.
pub fn or_none(value: Option<&impl fmt::Display>) -> String {
    value.map_or_else(|| "none".to_owned(), ToString::to_string)
}

/// The bounds of one payout.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BoundsView {
    /// The least.
    pub minimum: Option<AmountView>,
    /// The most.
    pub maximum: Option<AmountView>,
}

impl BoundsView {
    /// The bounds in a currency.
    pub fn new(limit: &AmountLimit, currency: Currency) -> Self {
        let [minimum, maximum] =
            [limit.minimum_minor, limit.maximum_minor].map(|minor| AmountView::of(minor, currency));
        Self { minimum, maximum }
    }
}

impl fmt::Display for BoundsView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.minimum, &self.maximum) {
            (None, None) => f.write_str("any"),
            (Some(least), None) => write!(f, "from {least}"),
            (None, Some(most)) => write!(f, "up to {most}"),
            (Some(least), Some(most)) => write!(f, "{least} to {most}"),
        }
    }
}

/// A commission.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CommissionView {
    /// Its percentage, a plain decimal.
    pub percent: String,
    /// Its fixed part.
    pub fixed: AmountView,
    /// The least it comes to.
    pub minimum: AmountView,
    /// The most.
    pub maximum: Option<AmountView>,
}

impl CommissionView {
    /// A tariff in a currency.
    pub fn new(tariff: &Commission, currency: Currency) -> Self {
        let percent = format!("{}.{:04}", tariff.percent_ppm / 10_000, tariff.percent_ppm % 10_000);
        let percent = percent.trim_end_matches('0').trim_end_matches('.').to_owned();
        let money = |minor| Money::new(minor, currency).into();
        Self {
            percent,
            fixed: money(tariff.fixed_minor),
            minimum: money(tariff.minimum_minor),
            maximum: AmountView::of(tariff.maximum_minor, currency),
        }
    }

    fn is_none(&self) -> bool {
        let least = self.fixed.minor == 0 && self.minimum.minor == 0;
        self.percent == "0" && least && self.maximum.is_none()
    }
}

impl fmt::Display for CommissionView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str("none");
        }
        write!(f, "{}% + {}", self.percent, self.fixed)?;
        if self.minimum.minor > 0 {
            write!(f, ", at least {}", self.minimum)?;
        }
        match &self.maximum {
            Some(most) => write!(f, ", at most {most}"),
            None => Ok(()),
        }
    }
}

/// The value of a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    /// There is none.
    Nothing,
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(i64),
    /// An amount.
    Amount(AmountView),
    /// A moment.
    At(At),
    /// Words.
    Text(String),
}

impl Fact {
    /// An amount that may be absent.
    pub fn amount(minor: Option<i64>, currency: Currency) -> Self {
        AmountView::of(minor, currency).map_or(Self::Nothing, Self::Amount)
    }
}

impl From<Money> for Fact {
    fn from(money: Money) -> Self {
        Self::Amount(money.into())
    }
}

impl From<Timestamp> for Fact {
    fn from(at: Timestamp) -> Self {
        Self::At(At(at))
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u32> for Fact {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("none"),
            Self::Flag(flag) => flag.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Amount(amount) => amount.fmt(f),
            Self::At(at) => f.write_str(&at.named()),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// What is known, each under its name: an object for programs, whose members have `_` for blanks,
/// and lines for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(pub Vec<(String, Fact)>);

impl Facts {
    /// Adds what is known.
    pub fn put(&mut self, name: &str, fact: impl Into<Fact>) {
        self.0.push((name.to_owned(), fact.into()));
    }

    /// Adds what may be known.
    pub fn put_some(&mut self, name: &str, fact: Option<impl Into<Fact>>) {
        if let Some(fact) = fact {
            self.put(name, fact);
        }
    }

    /// As lines.
    pub fn lines(&self) -> Vec<(String, String)> {
        self.0.iter().map(|(name, fact)| (name.clone(), fact.to_string())).collect()
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (name, fact) in &self.0 {
            map.serialize_entry(&name.replace(' ', "_"), fact)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Facts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Facts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("facts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Facts, A::Error> {
                let mut facts = Facts::default();
                while let Some((name, fact)) = map.next_entry::<String, Fact>()? {
                    facts.put(&name.replace('_', " "), fact);
                }
                Ok(facts)
            }
        }

        from.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::{At, Fact, Facts};
    use vezne_core::model::money::{Currency, Money};
    use vezne_core::model::time::Timestamp;

    #[test]
    fn facts_are_an_object_for_programs_and_words_for_people() {
        let mut facts = Facts::default();
        facts.put("credit limit", Money::new(125_050, Currency::TRY));
        facts.put("day limit", Fact::amount(None, Currency::TRY));
        facts.put("former key until", Timestamp::from_micros(1_795_600_800_999_999));
        facts.put("retry refused", Fact::Flag(true));
        facts.put("send", 3);
        facts.put("reason", "no 2026-11-24T08:00:00Z");
        let json = serde_json::to_string(&facts).expect("it is written");
        let expected = r#"{"credit_limit":{"amount":"1250.50","currency":"TRY","minor":125050},"day_limit":null,"former_key_until":"2026-11-25T10:00:00Z","retry_refused":true,"send":3,"reason":"no 2026-11-24T08:00:00Z"}"#;
        assert_eq!(json, expected);
        let read: Facts = serde_json::from_str(&json).expect("it is read");
        let words: Vec<String> =
            read.lines().into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(
            words,
            [
                "credit limit: 1250.50 TRY",
                "day limit: none",
                "former key until: 2026-11-25 13:00:00 Istanbul",
                "retry refused: true",
                "send: 3",
                "reason: no 2026-11-24T08:00:00Z",
            ]
        );
        assert_eq!(serde_json::to_string(&read).expect("it is written"), expected);
        assert_eq!(At(Timestamp::from_micros(0)).named(), "1970-01-01 02:00:00 Istanbul");
    }
}
