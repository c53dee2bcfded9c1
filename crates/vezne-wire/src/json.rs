//! JSON objects read once, with the text of every value kept.
//!
//! A value tree would lose what the protocols need: the digits of an amount as they were sent, the
//! order of the members, and whether a name came twice (two readers that disagree about a duplicate
//! disagree about the money). So an object is a list of names and raw texts, and each field is read
//! by the type that its document asks for.
//!
//! Refused: what is not UTF-8 or not JSON, anything but an object at the top, a name given twice,
//! more than [`MAX_DEPTH`] levels, more than [`MAX_MEMBERS`] members.

mod error;
mod lexeme;
mod write;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

pub use error::JsonError;
pub use lexeme::{Kind, Lexeme};
pub use write::{ObjectWriter, compact, push_string};

/// How deep objects and arrays may nest; the object itself is level one.
pub const MAX_DEPTH: usize = 32;

/// How many members one object may have.
pub const MAX_MEMBERS: usize = 64;

/// One member of an object: its decoded name and its value as sent.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// The name, escapes decoded.
    pub name: Cow<'a, str>,
    /// The value, still as the text that was sent.
    pub value: Lexeme<'a>,
}

/// A JSON object: its members in the order sent, each name once.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    members: Vec<Member<'a>>,
}

impl<'a> Object<'a> {
    /// Reads one object that is the whole of `body`.
    ///
    /// # Errors
    ///
    /// [`JsonError`] names the first reason to refuse the body.
    pub fn parse(body: &'a [u8]) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(body).map_err(|e| JsonError::not_utf8(body, &e))?;
        check_depth(body)?;
        let mut refusal = None;
        let mut reader = serde_json::Deserializer::from_str(text);
        reader
            .deserialize_map(Members { refusal: &mut refusal })
            .and_then(|members| reader.end().map(|()| Self { members }))
            .map_err(|e| refusal.unwrap_or_else(|| JsonError::of_reader(&e)))
    }

    /// The value of a member, if the object has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Lexeme<'a>> {
        self.members.iter().find(|member| member.name == name).map(|member| member.value)
    }

    /// All members in the order sent.
    #[must_use]
    pub fn members(&self) -> &[Member<'a>] {
        &self.members
    }
}

/// Refuses deep nesting before any reader that might recurse sees the body.
fn check_depth(body: &[u8]) -> Result<(), JsonError> {
    // Few opening brackets cannot nest deep: true of all honest bodies, and quick to count.
    let opening = body.iter().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if opening <= MAX_DEPTH || deepest(body) <= MAX_DEPTH {
        return Ok(());
    }
    Err(JsonError::TooDeep)
}

/// The deepest level of brackets outside strings.
fn deepest(body: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Moves past the closing quote of a string whose opening quote was read.
fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

/// Collects the members; a refusal of our own is left in `refusal`, as serde's error is only text.
struct Members<'r> {
    refusal: &'r mut Option<JsonError>,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Vec<Member<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Vec<Member<'de>> = Vec::with_capacity(16);
        while let Some(name) = map.next_key_seed(Name)? {
            if let Some(refusal) = refuse_member(&members, &name) {
                *self.refusal = Some(refusal);
                return Err(A::Error::custom("refused"));
            }
            let value = Lexeme::new(map.next_value::<&'de RawValue>()?);
            members.push(Member { name, value });
        }
        Ok(members)
    }
}

fn refuse_member(members: &[Member<'_>], name: &str) -> Option<JsonError> {
    if members.len() == MAX_MEMBERS {
        return Some(JsonError::TooManyMembers);
    }
    members.iter().any(|member| member.name == name).then(|| JsonError::duplicate(name))
}

/// A member's name, borrowed from the body unless it has escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}
