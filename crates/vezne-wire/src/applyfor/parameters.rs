//! The parameters of a request, whichever way they came.
//!
//! The signature covers the text of every parameter received (section "Signature Algorithm";
//! `research/wire-facts.md` C3, C5), so a request is a list of names and texts before it is
//! anything else: a number keeps its digits, an unknown name keeps its place. Refused is what could
//! be read or signed in two ways: a name given twice, a nested value, a name that is `key`, which
//! the signed text uses itself, control characters, and values long enough to hide a collision of
//! MD5 (`research/reliability.md` PD1, PD3, PD5).

mod error;

#[cfg(test)]
mod tests;

use std::fmt;

pub use error::{ParameterProblem, ParametersError};

use crate::amount;
use crate::body::{self, ContentType, Pair};
use crate::json::{Kind, Lexeme, Object, ObjectWriter};

/// The most parameters of one request.
pub const MAX_PARAMETERS: usize = body::MAX_PAIRS;
/// The longest name, in bytes.
pub const MAX_NAME: usize = 64;
/// The longest value of a request, in characters.
pub const MAX_VALUE: usize = 255;
/// The longest body that is read, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// The name whose value signs the others.
const SIGN: &str = "sign";
/// The name that stands before the secret in the signed text.
const KEY: &str = "key";

/// How `true` and `false` of a JSON body stand in the signed text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoolStyle {
    /// As they were sent.
    #[default]
    Words,
    /// As PHP turns them into text: `1` and nothing.
    Php,
}

/// One parameter; `bare` tells that JSON has it without quotes.
#[derive(Clone)]
struct Parameter {
    name: Box<str>,
    value: Box<str>,
    bare: bool,
}

/// Names with their texts, in the order sent, each name once; the signature apart from them.
#[derive(Clone, Default)]
pub struct Parameters {
    list: Vec<Parameter>,
    /// Names that came with a JSON `null`: absent, unless the signature was made with them empty.
    nulls: Vec<Box<str>>,
    signature: Option<Box<str>>,
}

impl Parameters {
    /// Reads a body of one of the three content types.
    ///
    /// # Errors
    ///
    /// [`ParametersError`] names the first reason to refuse it.
    pub fn from_body(
        content_type: &str,
        body: &[u8],
        bools: BoolStyle,
    ) -> Result<Self, ParametersError> {
        Self::from_body_within(content_type, body, bools, MAX_VALUE)
    }

    /// As [`Parameters::from_body`], with another limit for the values.
    pub(super) fn from_body_within(
        content_type: &str,
        body: &[u8],
        bools: BoolStyle,
        max_value: usize,
    ) -> Result<Self, ParametersError> {
        if body.len() > MAX_BODY {
            return Err(ParametersError::TooLarge);
        }
        match ContentType::parse(content_type).ok_or(ParametersError::ContentType)? {
            ContentType::Json => Self::from_object(&Object::parse(body)?, bools, max_value),
            ContentType::Form => Self::from_pairs(body::form_pairs(body)?, max_value),
            ContentType::Multipart(boundary) => {
                Self::from_pairs(body::multipart_pairs(body, boundary)?, max_value)
            }
        }
    }

    /// Takes the members of a JSON object that was read already.
    ///
    /// # Errors
    ///
    /// As for [`Parameters::from_body`].
    pub fn from_json(object: &Object<'_>, bools: BoolStyle) -> Result<Self, ParametersError> {
        Self::from_object(object, bools, MAX_VALUE)
    }

    fn from_object(
        object: &Object<'_>,
        bools: BoolStyle,
        max_value: usize,
    ) -> Result<Self, ParametersError> {
        let mut parameters = Self::default();
        for member in object.members() {
            parameters.insert_member(&member.name, member.value, bools, max_value)?;
        }
        Ok(parameters)
    }

    fn from_pairs(pairs: Vec<Pair>, max_value: usize) -> Result<Self, ParametersError> {
        let mut parameters = Self::default();
        for (name, value) in pairs {
            parameters.insert(&name, &value, false, max_value)?;
        }
        Ok(parameters)
    }

    fn insert_member(
        &mut self,
        name: &str,
        value: Lexeme<'_>,
        bools: BoolStyle,
        max_value: usize,
    ) -> Result<(), ParametersError> {
        let text = match (value.kind(), bools) {
            (Kind::Null, _) => return self.insert_null(name),
            (Kind::Boolean, BoolStyle::Php) => {
                let text = if value.raw() == "true" { "1" } else { "" };
                return self.insert(name, text, false, max_value);
            }
            (Kind::Boolean, BoolStyle::Words) | (Kind::Number, _) => {
                return self.insert(name, value.raw(), true, max_value);
            }
            (Kind::String, _) => value.text(),
            (Kind::Array | Kind::Object, _) => {
                return Err(ParametersError::of(name, ParameterProblem::Nested));
            }
        };
        let text = text.ok_or(ParametersError::of(name, ParameterProblem::BadCharacter))?;
        self.insert(name, &text, false, max_value)
    }

    fn insert_null(&mut self, name: &str) -> Result<(), ParametersError> {
        self.check_name(name)?;
        self.nulls.push(name.into());
        Ok(())
    }

    fn insert(
        &mut self,
        name: &str,
        value: &str,
        bare: bool,
        max: usize,
    ) -> Result<(), ParametersError> {
        self.check_name(name)?;
        check_value(value, max).map_err(|problem| ParametersError::of(name, problem))?;
        if name == SIGN {
            self.signature = Some(value.into());
        } else {
            self.list.push(Parameter { name: name.into(), value: value.into(), bare });
        }
        Ok(())
    }

    fn check_name(&self, name: &str) -> Result<(), ParametersError> {
        let refuse = |problem| Err(ParametersError::of(name, problem));
        if !is_name(name) {
            return refuse(ParameterProblem::BadName);
        }
        if name == KEY {
            return refuse(ParameterProblem::Reserved);
        }
        let taken = self.list.iter().any(|known| *known.name == *name)
            || self.nulls.iter().any(|null| **null == *name)
            || (name == SIGN && self.signature.is_some());
        if taken {
            return refuse(ParameterProblem::Duplicate);
        }
        if self.list.len() + self.nulls.len() >= MAX_PARAMETERS {
            return Err(ParametersError::TooMany);
        }
        Ok(())
    }

    /// Adds a text, for a request that is written here. An empty one is left out: whether a
    /// receiver signs it cannot be known (`research/wire-facts.md` C2).
    ///
    /// # Errors
    ///
    /// [`ParametersError`] for what a receiver would refuse.
    pub fn push(&mut self, name: &str, value: &str) -> Result<(), ParametersError> {
        if value.is_empty() { Ok(()) } else { self.insert(name, value, false, MAX_VALUE) }
    }

    /// Adds a whole number, which JSON has without quotes.
    ///
    /// # Errors
    ///
    /// As for [`Parameters::push`].
    pub fn push_number(&mut self, name: &str, value: i64) -> Result<(), ParametersError> {
        self.insert(name, &value.to_string(), true, MAX_VALUE)
    }

    /// The text of a parameter, if it came. The signature is not one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.list.iter().find(|known| *known.name == *name).map(|known| &*known.value)
    }

    /// The value of `sign`, if it came.
    #[must_use]
    pub fn signature(&self) -> Option<&str> {
        self.signature.as_deref()
    }

    /// All parameters but the signature, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.list.iter().map(|known| (&*known.name, &*known.value))
    }

    /// The same parameters with each `null` as an empty text; nothing if there was none.
    pub(super) fn with_empty_nulls(&self) -> Option<Self> {
        let empty = |name| Parameter { name, value: Box::default(), bare: false };
        let nulls = self.nulls.iter().cloned().map(empty);
        let list = self.list.iter().cloned().chain(nulls).collect();
        let all = Self { list, nulls: Vec::new(), signature: self.signature.clone() };
        (!self.nulls.is_empty()).then_some(all)
    }

    /// The same parameters with the shortest decimal of the double that `amount` reads as; nothing
    /// where it is no JSON number, or is its own.
    pub(super) fn with_shortest_amount(&self) -> Option<Self> {
        let at = self.list.iter().position(|known| known.bare && &*known.name == "amount")?;
        let shortest = amount::shortest(&self.list.get(at)?.value)?;
        let mut plain = self.clone();
        plain.list.get_mut(at)?.value = shortest.into();
        Some(plain)
    }

    /// The body as JSON, the signature last.
    #[must_use]
    pub fn to_json(&self, signature: &str) -> Vec<u8> {
        let mut body = Vec::with_capacity(512);
        let mut writer = ObjectWriter::open(&mut body);
        for Parameter { name, value, bare } in &self.list {
            if *bare {
                writer.raw(name, value)
            } else {
                writer.text(name, value)
            };
        }
        writer.text(SIGN, signature).close();
        body
    }

    /// The body as `application/x-www-form-urlencoded`, the signature last.
    #[must_use]
    pub fn to_form(&self, signature: &str) -> Vec<u8> {
        let mut body = Vec::with_capacity(512);
        self.iter().for_each(|(name, value)| body::push_pair(&mut body, name, value));
        body::push_pair(&mut body, SIGN, signature);
        body
    }
}

/// A name of letters, digits, `_`, `-` and `.`: none of them separates anything.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(allowed)
}

fn check_value(value: &str, max: usize) -> Result<(), ParameterProblem> {
    if value.chars().any(char::is_control) {
        return Err(ParameterProblem::BadCharacter);
    }
    // Bytes are at least as many as characters, and counted already.
    let long = value.len() > max && value.chars().count() > max;
    if long { Err(ParameterProblem::TooLong { max }) } else { Ok(()) }
}

/// Values are names and account numbers: only the names of the parameters are printed.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list.iter().map(|known| &known.name)).finish()
    }
}
