//! Links to the hosted form: an extension of ours.
//!
//! A merchant that builds no form of its own asks for a link with the fixed parts of an order, and
//! its customer fills in the rest on our page. The request is signed like every other. The link is
//! its own memory: the parts travel inside its token, under an HMAC-SHA256 whose key is derived
//! from the merchant's secret, so that nothing has to be stored and nothing can be changed. The
//! `orderid` makes it single-use.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::answer::{AnswerError, Envelope, encode_result};
use super::apply::MAX_NOTIFY_URL;
use super::parameters::{Parameters, ParametersError};
use super::read::{self, MAX_PAY_CODE, MAX_UID, MAX_USERIP};
use super::sign::SigningKey;
use super::status::Status;
use crate::field::{FieldError, Problem};
use crate::json::{Lexeme, Object, ObjectWriter};
use crate::secret::SecretText;

#[cfg(test)]
mod tests;

/// The longest token, in bytes: more than the longest fields come to.
pub const MAX_TOKEN: usize = 6 * 1024;
/// The shortest and the longest life of a link, in seconds.
pub const LIFE: std::ops::RangeInclusive<i64> = 60..=86_400;
/// The parameter that makes a request one for a link.
pub(super) const LIFE_PARAMETER: &str = "expires_in";
/// All that a request for a link may have.
const OWN: &[&str] = &[
    "uid",
    "currency",
    "pay_code",
    "orderid",
    "amount",
    "notify_url",
    "userip",
    "custom",
    "return_url",
    "lang",
    LIFE_PARAMETER,
    "timestamp",
];
const OWN_WORDS: &str = "uid, currency, pay_code, orderid, amount, notify_url, userip, custom, \
                         return_url, lang, expires_in, timestamp, sign";
/// The longest remark, in characters: that of the withdrawal request.
const MAX_CUSTOM: usize = 100;

/// Names what the derived key is for; another format of the token would have another number.
const PURPOSE: &[u8] = b"vezne pay-out link 1";

/// The language that a page begins in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Turkish.
    Turkish,
    /// English.
    English,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Turkish, Self::English];

    /// The code in links and pages.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Turkish => "tr",
            Self::English => "en",
        }
    }

    /// The language with this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }
}

/// The parts of an order that its merchant fixes.
#[derive(Clone, PartialEq, Eq)]
pub struct FixedParts {
    /// The merchant's account.
    pub uid: String,
    /// The currency's code.
    pub currency: String,
    /// The channel.
    pub pay_code: String,
    /// The merchant's id of the order.
    pub orderid: String,
    /// The amount as sent.
    pub amount: String,
    /// Where the outcome is told.
    pub notify_url: String,
    /// The address of the merchant's customer; that of the page's visitor, when it is not given.
    pub userip: Option<String>,
    /// The merchant's remark.
    pub custom: Option<String>,
    /// Where the page leads back to.
    pub return_url: Option<String>,
    /// The language that the page begins in.
    pub language: Option<Language>,
}

impl FixedParts {
    fn decode(parameters: &Parameters) -> Result<Self, FieldError> {
        let optional =
            |field, max| read::optional(parameters, field, max).map(|text| text.map(String::from));
        Ok(Self {
            uid: read::required(parameters, "uid", MAX_UID)?,
            currency: read::currency(parameters)?,
            pay_code: read::required(parameters, "pay_code", MAX_PAY_CODE)?,
            orderid: read::orderid(parameters)?,
            amount: read::amount(parameters)?,
            notify_url: read::url(parameters, "notify_url", MAX_NOTIFY_URL)?
                .ok_or(FieldError::new("notify_url", Problem::Missing))?,
            userip: optional("userip", MAX_USERIP)?,
            custom: optional("custom", MAX_CUSTOM)?,
            return_url: read::url(parameters, "return_url", MAX_NOTIFY_URL)?,
            language: language(parameters)?,
        })
    }

    /// The names and values that are there.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("uid", Some(self.uid.as_str())),
            ("currency", Some(&self.currency)),
            ("pay_code", Some(&self.pay_code)),
            ("orderid", Some(&self.orderid)),
            ("amount", Some(&self.amount)),
            ("notify_url", Some(&self.notify_url)),
            ("userip", self.userip.as_deref()),
            ("custom", self.custom.as_deref()),
            ("return_url", self.return_url.as_deref()),
            ("lang", self.language.map(Language::code)),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

fn language(parameters: &Parameters) -> Result<Option<Language>, FieldError> {
    let wrong = FieldError::new("lang", Problem::NotOneOf { allowed: "tr, en" });
    let code = read::optional(parameters, "lang", 2).map_err(|_| wrong.clone())?;
    code.map(|code| Language::parse(code).ok_or(wrong)).transpose()
}

/// A request for a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRequest {
    /// What the link fixes.
    pub fixed: FixedParts,
    /// How long it holds, in seconds.
    pub expires_in: i64,
    /// When the request was made, in Unix microseconds.
    pub timestamp: i64,
}

impl LinkRequest {
    /// Reads the parameters. The signature covers no path, so a withdrawal order must not do for a
    /// link, whose holder names the account: nothing but a link's own parameters is taken, and
    /// `expires_in`, which no order has, must be there.
    ///
    /// # Errors
    ///
    /// [`FieldError`] for the first parameter that is wrong.
    pub fn decode(parameters: &Parameters) -> Result<Self, FieldError> {
        read::only(parameters, OWN, OWN_WORDS)?;
        Ok(Self {
            fixed: FixedParts::decode(parameters)?,
            expires_in: life(parameters)?,
            timestamp: read::timestamp(parameters)?,
        })
    }

    /// The parameters, ready to be signed.
    ///
    /// # Errors
    ///
    /// [`ParametersError`] for a value that no receiver takes.
    pub fn to_parameters(&self) -> Result<Parameters, ParametersError> {
        let mut parameters = Parameters::default();
        for (name, value) in self.fixed.iter() {
            parameters.push(name, value)?;
        }
        parameters.push(LIFE_PARAMETER, &self.expires_in.to_string())?;
        parameters.push("timestamp", &read::seconds(self.timestamp).to_string())?;
        Ok(parameters)
    }
}

fn life(parameters: &Parameters) -> Result<i64, FieldError> {
    let expected = "a whole number of seconds from 60 to 86400";
    let wrong = || FieldError::new(LIFE_PARAMETER, Problem::WrongType { expected });
    let text = read::optional(parameters, LIFE_PARAMETER, 5).map_err(|_| wrong())?;
    let text = text.ok_or(FieldError::new(LIFE_PARAMETER, Problem::Missing))?;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|seconds| digits && LIFE.contains(seconds));
    seconds.ok_or_else(wrong)
}

/// What a token holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What the merchant fixed.
    pub fixed: FixedParts,
    /// Until when it may be used, in Unix seconds.
    pub expires_at: i64,
}

impl Link {
    /// The token, under a merchant's secret.
    #[must_use]
    pub fn token(&self, secret: &SecretText) -> String {
        let mut token = URL_SAFE_NO_PAD.encode(self.to_json());
        let tag = hmac::sign(&key(secret), token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(tag.as_ref(), &mut token);
        token
    }

    fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::with_capacity(512);
        let mut writer = ObjectWriter::open(&mut json);
        for (name, value) in self.fixed.iter() {
            writer.text(name, value);
        }
        writer.integer("expires_at", self.expires_at).close();
        json
    }

    fn of_json(json: &[u8]) -> Option<Self> {
        let object = Object::parse(json).ok()?;
        let text = |name: &str| object.get(name).and_then(Lexeme::text).map(String::from);
        let language = match text("lang") {
            Some(code) => Some(Language::parse(&code)?),
            None => None,
        };
        let fixed = FixedParts {
            uid: text("uid")?,
            currency: text("currency")?,
            pay_code: text("pay_code")?,
            orderid: text("orderid")?,
            amount: text("amount")?,
            notify_url: text("notify_url")?,
            userip: text("userip"),
            custom: text("custom"),
            return_url: text("return_url"),
            language,
        };
        let expires_at = object.get("expires_at")?.number()?.parse().ok()?;
        Some(Self { fixed, expires_at })
    }
}

/// A token that was read. Whose word it is, [`SealedLink::holds`] tells.
#[derive(Debug)]
pub struct SealedLink<'t> {
    link: Link,
    payload: &'t str,
    tag: Vec<u8>,
}

impl<'t> SealedLink<'t> {
    /// Reads a token of at most [`MAX_TOKEN`] bytes; nothing for what no [`Link::token`] gives.
    #[must_use]
    pub fn read(token: &'t str) -> Option<Self> {
        let (payload, tag) = token.split_once('.').filter(|_| token.len() <= MAX_TOKEN)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        let link = Link::of_json(&URL_SAFE_NO_PAD.decode(payload).ok()?)?;
        Some(Self { link, payload, tag })
    }

    /// The account that the token claims to be of.
    #[must_use]
    pub fn uid(&self) -> &str {
        &self.link.fixed.uid
    }

    /// Whether it was made under this secret; compared in constant time.
    #[must_use]
    pub fn holds(&self, secret: &SecretText) -> bool {
        let genuine = hmac::verify(&key(secret), self.payload.as_bytes(), &self.tag).is_ok();
        // Everybody knows the empty secret.
        genuine && !secret.expose().is_empty()
    }

    /// What it holds; to be taken at its word once it has been verified.
    #[must_use]
    pub fn into_link(self) -> Link {
        self.link
    }
}

fn key(secret: &SecretText) -> hmac::Key {
    let own = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&own, PURPOSE).as_ref())
}

/// The answer to a request for a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkAnswer {
    /// The page: an absolute URL, or the path on this server.
    pub url: String,
    /// Until when it may be used, in Unix seconds.
    pub expires_at: i64,
}

impl LinkAnswer {
    /// Appends the answer's body.
    pub fn encode_into(&self, out: &mut Vec<u8>, key: &SigningKey) {
        encode_result(out, Status::Success, Some(key), |out| {
            let mut writer = ObjectWriter::open(out);
            writer.text("url", &self.url).integer("expires_at", self.expires_at).close();
        });
    }

    /// Understands the answer of an envelope with status 10000.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] for a result without a link.
    pub fn of(envelope: &Envelope) -> Result<Self, AnswerError> {
        let object = envelope.object()?;
        let url = object.get("url").and_then(Lexeme::text).map(String::from);
        let expires_at = object.get("expires_at").and_then(Lexeme::number);
        let expires_at = expires_at.and_then(|number| number.parse().ok());
        Ok(Self {
            url: url.ok_or(AnswerError::Member("url"))?,
            expires_at: expires_at.ok_or(AnswerError::Member("expires_at"))?,
        })
    }
}

/// An address and a remark are personal data.
impl fmt::Debug for FixedParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FixedParts")
            .field("uid", &self.uid)
            .field("orderid", &self.orderid)
            .field("amount", &self.amount)
            .field("currency", &self.currency)
            .field("pay_code", &self.pay_code)
            .finish_non_exhaustive()
    }
}
