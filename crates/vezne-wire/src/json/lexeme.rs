//! One JSON value as it was sent.
//!
//! Several protocols sign or compare the text of a value, so the text stays reachable and each
//! reader takes from it only what its document allows.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::{Deserializer as _, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{JsonError, Object};

/// What sort of JSON value a lexeme is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number of any form.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// The text of one valid JSON value.
#[derive(Clone, Copy)]
pub struct Lexeme<'a>(&'a RawValue);

impl<'a> Lexeme<'a> {
    /// Takes a value that the reader found to be JSON.
    #[must_use]
    pub fn new(raw: &'a RawValue) -> Self {
        Self(raw)
    }

    /// The value exactly as sent, quotes and escapes included.
    #[must_use]
    pub fn raw(self) -> &'a str {
        self.0.get()
    }

    /// What sort of value it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.raw().as_bytes().first() {
            Some(b'"') => Kind::String,
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// The characters of a string, borrowed unless it has escapes. `None` for other kinds, and for
    /// a string whose escapes are no text (half of a surrogate pair).
    #[must_use]
    pub fn text(self) -> Option<Cow<'a, str>> {
        let inner = self.raw().strip_prefix('"')?.strip_suffix('"')?;
        if !inner.contains('\\') {
            return Some(Cow::Borrowed(inner));
        }
        serde_json::from_str(self.raw()).ok().map(Cow::Owned)
    }

    /// The text of a number as sent, sign and exponent included. `None` for other kinds.
    #[must_use]
    pub fn number(self) -> Option<&'a str> {
        (self.kind() == Kind::Number).then(|| self.raw())
    }

    /// A whole number, sent as a number or as a string of digits, since clients send either for an
    /// id. `None` for a point, an exponent, a plus, leading zeros, or a value outside `T`.
    #[must_use]
    pub fn integer<T: FromStr>(self) -> Option<T> {
        let text = self.number().map(Cow::Borrowed).or_else(|| self.text())?;
        if is_integer(&text) { text.parse().ok() } else { None }
    }

    /// The elements of an array of at most `most`. `None` for other kinds and longer arrays.
    #[must_use]
    pub fn array(self, most: usize) -> Option<Vec<Lexeme<'a>>> {
        let mut reader = serde_json::Deserializer::from_str(self.raw());
        reader.deserialize_seq(Elements { most }).ok()
    }

    /// The members of an object.
    ///
    /// # Errors
    ///
    /// [`JsonError`] as for [`Object::parse`].
    pub fn object(self) -> Result<Object<'a>, JsonError> {
        Object::parse(self.raw().as_bytes())
    }
}

/// Collects elements, and stops at one too many: a list of which only the length is wrong must not
/// cost its memory first.
struct Elements {
    most: usize,
}

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<Lexeme<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(raw) = seq.next_element::<&'de RawValue>()? {
            if elements.len() == self.most {
                return Err(A::Error::custom("too many"));
            }
            elements.push(Lexeme(raw));
        }
        Ok(elements)
    }
}

/// Values are keys, names and account numbers: only the kind is ever printed.
impl fmt::Debug for Lexeme<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:?}]", self.kind())
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = digits.len() == 1 || !digits.starts_with('0');
    !digits.is_empty() && canonical && digits.bytes().all(|byte| byte.is_ascii_digit())
}
