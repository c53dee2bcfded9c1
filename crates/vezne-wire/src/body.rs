//! The three ways in which a request's parameters travel.
//!
//! The /applyfor document says JSON, its family's older pages say form data, and its clients post
//! `application/x-www-form-urlencoded` (`research/wire-facts.md` 4.1, C7); so do published clients
//! of the CCPayment platform when they ask for a token. JSON has its reader in [`crate::json`];
//! here are the two forms, read strictly: what two readers could understand in two ways is refused,
//! because parameters are signed after they were read.

mod multipart;

#[cfg(test)]
mod tests;

use std::fmt;

pub(crate) use multipart::pairs as multipart_pairs;

/// The most pairs of a form: no request of any protocol has more parameters.
pub(crate) const MAX_PAIRS: usize = 64;

/// A name and its value, decoded.
pub(crate) type Pair = (String, String);

/// Why a form is not read. Multipart reasons name the rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// A name or a value is not UTF-8.
    NotUtf8,
    /// A percent sign without two hexadecimal digits.
    Percent,
    /// A pair without an equals sign.
    NoValue,
    /// More pairs than a request may have parameters.
    TooManyPairs,
    /// A part of a multipart body is a file.
    File,
    /// The body is not multipart/form-data as its content type describes it.
    Multipart(&'static str),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("The form is not UTF-8 text."),
            Self::Percent => f.write_str("A percent sign needs two hexadecimal digits after it."),
            Self::NoValue => f.write_str("A form has pairs of the form name=value only."),
            Self::TooManyPairs => write!(f, "The form has more than {MAX_PAIRS} parameters."),
            Self::File => f.write_str("Files are not accepted, only text fields."),
            Self::Multipart(rule) => write!(f, "The multipart body is malformed: {rule}."),
        }
    }
}

impl std::error::Error for BodyError {}

/// What a content type announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContentType<'a> {
    /// `application/json`
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
    /// `multipart/form-data` with its boundary.
    Multipart(&'a str),
}

impl<'a> ContentType<'a> {
    /// Reads the header's value. `None` for another type, another character set than UTF-8, and a
    /// boundary that RFC 2046 does not allow.
    pub(crate) fn parse(header: &'a str) -> Option<Self> {
        let (kind, rest) = header.split_once(';').unwrap_or((header, ""));
        let utf8 = |charset: &str| charset.eq_ignore_ascii_case("utf-8");
        if !attribute(rest, "charset").is_none_or(utf8) {
            return None;
        }
        match essence(kind).as_str() {
            "application/json" => Some(Self::Json),
            "application/x-www-form-urlencoded" => Some(Self::Form),
            "multipart/form-data" => {
                attribute(rest, "boundary").filter(|text| is_boundary(text)).map(Self::Multipart)
            }
            _ => None,
        }
    }
}

/// A type in small letters and without blanks: the /applyfor document prints one as
/// `application / JSON`.
#[must_use]
pub fn essence(kind: &str) -> String {
    let kind = kind.split(';').next().unwrap_or_default();
    kind.chars()
        .filter(|letter| !matches!(letter, ' ' | '\t'))
        .collect::<String>()
        .to_ascii_lowercase()
}

/// An attribute of a header's value, quotes taken off.
fn attribute<'a>(attributes: &'a str, wanted: &str) -> Option<&'a str> {
    let mut pairs = attributes.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))?;
    let value = value.trim();
    let quoted = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
    Some(quoted.unwrap_or(value))
}

/// RFC 2046, section 5.1.1: 1 to 70 characters of a short list, a space not last.
fn is_boundary(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    (1..=70).contains(&text.len()) && text.bytes().all(allowed) && !text.ends_with(' ')
}

/// The pairs of `application/x-www-form-urlencoded`, in the order sent.
pub(crate) fn form_pairs(body: &[u8]) -> Result<Vec<Pair>, BodyError> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    if body.iter().filter(|byte| **byte == b'&').count() >= MAX_PAIRS {
        return Err(BodyError::TooManyPairs);
    }
    body.split(|byte| *byte == b'&').map(form_pair).collect()
}

fn form_pair(pair: &[u8]) -> Result<Pair, BodyError> {
    let equals = pair.iter().position(|byte| *byte == b'=').ok_or(BodyError::NoValue)?;
    let (name, value) = pair.split_at(equals);
    Ok((decode(name)?, decode(value.get(1..).unwrap_or_default())?))
}

/// Undoes the percent encoding and the plus signs.
fn decode(text: &[u8]) -> Result<String, BodyError> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => escaped(bytes.next(), bytes.next()).ok_or(BodyError::Percent)?,
            plain => *plain,
        });
    }
    String::from_utf8(decoded).map_err(|_| BodyError::NotUtf8)
}

fn escaped(high: Option<&u8>, low: Option<&u8>) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some(digit(high?)? << 4 | digit(low?)?)
}

/// Appends a pair to a form, as PHP's `http_build_query` writes it.
pub(crate) fn push_pair(out: &mut Vec<u8>, name: &str, value: &str) {
    if !out.is_empty() {
        out.push(b'&');
    }
    push_encoded(out, name);
    out.push(b'=');
    push_encoded(out, value);
}

fn push_encoded(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b' ' => out.push(b'+'),
            b'-' | b'.' | b'_' => out.push(byte),
            _ if byte.is_ascii_alphanumeric() => out.push(byte),
            _ => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
}
