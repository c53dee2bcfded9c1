//! The withdrawal request (section "Request Parameters").
//!
//! The amount stays text, because its decimals are the channel's rule (section "Integration
//! Notes"), and is turned into minor units once the channel is known. Parameters that the document
//! does not have are kept: a channel's form rule may ask for them (section "Dynamic Field
//! Parameters").

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};

use super::details::Details;
use super::link::LIFE_PARAMETER;
use super::parameters::{Parameters, ParametersError};
use super::read::{self, MAX_PAY_CODE, MAX_UID, MAX_USERIP};
use crate::amount::{self, AmountError};
use crate::field::{FieldError, Problem};

#[cfg(test)]
mod tests;

/// The longest `notify_url`, in characters. The family prints 100; tokens in URLs need more.
pub const MAX_NOTIFY_URL: usize = 255;
/// The longest `amount`, in characters.
pub const MAX_AMOUNT: usize = 32;

/// The required parameters; with [`Details::FIELDS`] all that the document has.
const REQUIRED: &[&str] =
    &["uid", "currency", "orderid", "notify_url", "amount", "userip", "timestamp", "pay_code"];

/// Which generation of the protocol a merchant speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Generation<'a> {
    /// As the document says.
    #[default]
    Current,
    /// `channel` may stand for `pay_code`, and `currency` may be missing (`research/wire-facts.md`
    /// C8).
    Older {
        /// The currency of a request that names none.
        currency: &'a str,
    },
}

/// A withdrawal request whose parameters have the form that the document asks for.
#[derive(Clone)]
pub struct ApplyRequest {
    /// The merchant's account.
    pub uid: String,
    /// The currency's code, as sent.
    pub currency: String,
    /// The merchant's id of this order.
    pub orderid: String,
    /// Where the outcome is told.
    pub notify_url: String,
    /// The amount as sent; [`ApplyRequest::minor_units`] reads it.
    pub amount: String,
    /// The address of the merchant's customer, as sent.
    pub userip: String,
    /// When the request was made, in Unix microseconds.
    pub timestamp: i64,
    /// The channel.
    pub pay_code: String,
    /// The parameters that not every channel needs.
    pub details: Details,
    /// Parameters that the document does not have, in the order sent, empty ones left out.
    pub extras: Vec<(String, String)>,
}

impl ApplyRequest {
    /// Reads the document's parameters; unknown ones become `extras`, save the one that a request
    /// for a link is known by.
    ///
    /// # Errors
    ///
    /// [`FieldError`] for the first parameter that is wrong.
    pub fn decode(parameters: &Parameters, generation: Generation<'_>) -> Result<Self, FieldError> {
        if parameters.get(LIFE_PARAMETER).is_some() {
            let problem = Problem::NotTogether { with: "an order" };
            return Err(FieldError::new(LIFE_PARAMETER, problem));
        }
        Ok(Self {
            uid: read::required(parameters, "uid", MAX_UID)?,
            currency: currency(parameters, generation)?,
            orderid: read::orderid(parameters)?,
            notify_url: read::url(parameters, "notify_url", MAX_NOTIFY_URL)?
                .ok_or(FieldError::new("notify_url", Problem::Missing))?,
            amount: read::amount(parameters)?,
            userip: read::required(parameters, "userip", MAX_USERIP)?,
            timestamp: read::timestamp(parameters)?,
            pay_code: pay_code(parameters, generation)?,
            details: Details::decode(parameters)?,
            extras: extras(parameters, generation),
        })
    }

    /// The parameters as a merchant sends them, ready to be signed; the timestamp in seconds.
    ///
    /// # Errors
    ///
    /// [`ParametersError`] for a value that no receiver takes.
    pub fn to_parameters(&self) -> Result<Parameters, ParametersError> {
        let mut parameters = Parameters::default();
        parameters.push("uid", &self.uid)?;
        parameters.push("currency", &self.currency)?;
        parameters.push("orderid", &self.orderid)?;
        parameters.push("notify_url", &self.notify_url)?;
        parameters.push("amount", &self.amount)?;
        parameters.push("userip", &self.userip)?;
        parameters.push("timestamp", &read::seconds(self.timestamp).to_string())?;
        parameters.push("pay_code", &self.pay_code)?;
        for (name, value) in self.details.iter() {
            parameters.push(name, value)?;
        }
        for (name, value) in &self.extras {
            parameters.push(name, value)?;
        }
        Ok(parameters)
    }

    /// The amount in minor units of a currency with `currency_decimals`, on a channel that takes
    /// at most `channel_decimals` of them.
    ///
    /// # Errors
    ///
    /// [`AmountError`] tells what stands in the way; the answer is 10004.
    pub fn minor_units(
        &self,
        channel_decimals: u8,
        currency_decimals: u8,
    ) -> Result<i64, AmountError> {
        minor_units(&self.amount, channel_decimals, currency_decimals)
    }

    /// A digest of all parameters but `timestamp`, `userip` and the signature, which a repeat may
    /// have new. Two requests with one `orderid` are the same request when their digests are equal:
    /// 250 and 250.00 are the same amount.
    #[must_use]
    pub fn content_digest(&self) -> [u8; 16] {
        let mut extras: Vec<(&str, &str)> =
            self.extras.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        extras.sort_unstable();
        let account = self.details.plain_account();
        let own = [
            ("uid", self.uid.as_str()),
            ("currency", &self.currency),
            ("orderid", &self.orderid),
            ("notify_url", &self.notify_url),
            ("amount", plain_amount(&self.amount)),
            ("pay_code", &self.pay_code),
        ];
        let details = self.details.iter().map(|(name, value)| match (name, &account) {
            ("bank_no", Some(account)) => (name, account.as_str()),
            _ => (name, value),
        });
        digest(own.into_iter().chain(details).chain(extras))
    }
}

/// An amount in minor units of a currency, as [`ApplyRequest::minor_units`] reads it.
///
/// # Errors
///
/// [`AmountError`] tells what stands in the way.
pub fn minor_units(
    text: &str,
    channel_decimals: u8,
    currency_decimals: u8,
) -> Result<i64, AmountError> {
    let text = without_surplus(text, channel_decimals.min(currency_decimals));
    amount::from_text(text, channel_decimals.min(currency_decimals))?;
    amount::from_text(text, currency_decimals)
}

/// The amount without the decimals that a channel has none of, where they are zeros.
fn without_surplus(text: &str, decimals: u8) -> &str {
    let Some((whole, fraction)) = text.split_once('.') else { return text };
    let (kept, surplus) =
        fraction.split_at_checked(usize::from(decimals)).unwrap_or((fraction, ""));
    match surplus.is_empty() || surplus.bytes().any(|byte| byte != b'0') {
        true => text,
        false if kept.is_empty() && !whole.is_empty() => whole,
        false => text.strip_suffix(surplus).unwrap_or(text),
    }
}

fn digest<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> [u8; 16] {
    let mut hash = Context::new(&SHA256);
    let mut part = |text: &str| {
        // The length before each part keeps two different lists of parts from joining alike.
        hash.update(&(text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    part("vezne applyfor 1");
    for (name, value) in pairs {
        part(name);
        part(value);
    }
    let mut half = [0; 16];
    half.iter_mut().zip(hash.finish().as_ref()).for_each(|(to, from)| *to = *from);
    half
}

/// The amount without zeros at the end of its decimals.
fn plain_amount(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

fn currency(parameters: &Parameters, generation: Generation<'_>) -> Result<String, FieldError> {
    match (read::currency(parameters), generation) {
        (Err(FieldError { problem: Problem::Missing, .. }), Generation::Older { currency }) => {
            Ok(currency.to_owned())
        }
        (found, Generation::Current | Generation::Older { .. }) => found,
    }
}

fn pay_code(parameters: &Parameters, generation: Generation<'_>) -> Result<String, FieldError> {
    match (read::required(parameters, "pay_code", MAX_PAY_CODE), generation) {
        (Err(FieldError { problem: Problem::Missing, .. }), Generation::Older { .. }) => {
            read::required(parameters, "channel", MAX_PAY_CODE)
        }
        (found, Generation::Current | Generation::Older { .. }) => found,
    }
}

fn extras(parameters: &Parameters, generation: Generation<'_>) -> Vec<(String, String)> {
    let alias = if generation == Generation::Current { None } else { Some("channel") };
    let unknown = |(name, value): &(&str, &str)| {
        let detail = Details::FIELDS.iter().any(|(own, _)| own == name);
        let known = detail || REQUIRED.contains(name) || alias == Some(*name);
        !known && !value.is_empty()
    };
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    parameters.iter().filter(unknown).map(own).collect()
}

/// The rest of a request is personal data.
impl fmt::Debug for ApplyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplyRequest")
            .field("uid", &self.uid)
            .field("orderid", &self.orderid)
            .field("amount", &self.amount)
            .field("currency", &self.currency)
            .field("pay_code", &self.pay_code)
            .field("details", &self.details)
            .finish_non_exhaustive()
    }
}
