//! Members that a request carries beyond the document's.
//!
//! Clients send their own fields and may look for them in `callback_data`, so they are kept as
//! sent, in order and as raw text, up to a bound (`research/wire-facts.md` G4).

use std::fmt;

use crate::field::{FieldError, Problem};
use crate::json::{Member, Object, ObjectWriter};

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
        let unknown = |member: &&Member<'_>| !known.contains(&member.name.as_ref());
        let extras = object.members().iter().filter(unknown);
        let bytes: usize = extras.clone().map(|m| m.name.len() + m.value.raw().len()).sum();
        if bytes > MAX_EXTRA_BYTES {
            let problem = Problem::TooLong { max: MAX_EXTRA_BYTES };
            return Err(FieldError::new("extra members", problem));
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
}

/// What merchants send here may be about people: only the count is printed.
impl fmt::Debug for Extras {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} extra members]", self.0.len())
    }
}
