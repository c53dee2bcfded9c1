//! Members that a request carries beyond the document's.
//!
//! Clients send their own fields and may look for them in what comes back (BankoPay shows them in
//! `callback_data`), so they are kept as sent, in order and as raw text, up to a bound
//! (`research/wire-facts.md` G4).

use std::fmt;

use crate::field::{FieldError, Problem};
use crate::json::{JsonError, Member, Object, ObjectWriter};

/// The most bytes of all names and values together.
pub const MAX_EXTRA_BYTES: usize = 4096;

/// Unknown members in the order sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Extras(Vec<(Box<str>, Box<str>)>);

impl Extras {
    /// Keeps the members whose names are not among `known`.
    ///
    /// # Errors
    ///
    /// [`Problem::TooLong`] above [`MAX_EXTRA_BYTES`].
    pub fn decode(object: &Object<'_>, known: &[&str]) -> Result<Self, FieldError> {
        Self::decode_within(object, known, MAX_EXTRA_BYTES)
    }

    /// As [`Extras::decode`], with another bound.
    pub(crate) fn decode_within(
        object: &Object<'_>,
        known: &[&str],
        max: usize,
    ) -> Result<Self, FieldError> {
        let unknown = |member: &&Member<'_>| !known.contains(&member.name.as_ref());
        let extras = object.members().iter().filter(unknown);
        let bytes: usize = extras.clone().map(|m| m.name.len() + m.value.raw().len()).sum();
        if bytes > max {
            return Err(FieldError::new("extra members", Problem::TooLong { max }));
        }
        let own =
            |member: &Member<'_>| (Box::from(member.name.as_ref()), member.value.raw().into());
        Ok(Self(extras.map(own).collect()))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Each name with the JSON text of its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, json)| (name.as_ref(), json.as_ref()))
    }

    /// Writes the members at the end of an object.
    pub(crate) fn write(&self, writer: &mut ObjectWriter<'_>) {
        for (name, json) in self.iter() {
            writer.raw(name, json);
        }
    }

    /// All of them as one object.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::new();
        let mut writer = ObjectWriter::open(&mut json);
        self.write(&mut writer);
        writer.close();
        json
    }

    /// Reads what [`Extras::to_json`] wrote.
    pub(crate) fn from_json(json: &str) -> Result<Self, JsonError> {
        let object = Object::parse(json.as_bytes())?;
        let own =
            |member: &Member<'_>| (Box::from(member.name.as_ref()), member.value.raw().into());
        Ok(Self(object.members().iter().map(own).collect()))
    }
}

/// What merchants send here may be about people: only the count is printed.
impl fmt::Debug for Extras {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} extra members]", self.0.len())
    }
}
