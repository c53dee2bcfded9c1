//! Bodies of type `application/x-www-form-urlencoded`, as the platforms' webhooks have them.
//!
//! A name given twice is refused, for the same reason as in [`json`](crate::json): two readers that
//! disagree about a duplicate disagree about the money.

use std::fmt;

use form_urlencoded::Serializer;

#[cfg(test)]
mod tests;

/// How many pairs one form may have.
pub const MAX_PAIRS: usize = 64;

/// How much of a name an error repeats, in characters.
const NAME_SHOWN: usize = 40;

/// A form: its pairs in the order sent, each name once.
#[derive(Clone, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

/// Why a body is no form that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormError {
    /// More than [`MAX_PAIRS`] pairs.
    TooManyPairs,
    /// A name came twice.
    Duplicate {
        /// Its beginning.
        name: String,
    },
    /// A name or value is not UTF-8.
    NotText,
}

impl Form {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// [`FormError`] names the first reason to refuse it.
    pub fn parse(body: &[u8]) -> Result<Self, FormError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(body) {
            // The reader puts this character in the place of what is no UTF-8.
            if name.contains(char::REPLACEMENT_CHARACTER)
                || value.contains(char::REPLACEMENT_CHARACTER)
            {
                return Err(FormError::NotText);
            }
            if pairs.len() == MAX_PAIRS {
                return Err(FormError::TooManyPairs);
            }
            if pairs.iter().any(|(earlier, _)| *earlier == name) {
                return Err(FormError::Duplicate { name: name.chars().take(NAME_SHOWN).collect() });
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// The value of a name, if the form has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs().find(|pair| pair.0 == name).map(|pair| pair.1)
    }

    /// All pairs in the order sent.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Values may be keys or about people: only the names are printed.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.pairs().map(|pair| pair.0)).finish()
    }
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyPairs => write!(f, "The form has more than {MAX_PAIRS} fields."),
            Self::Duplicate { name } => {
                write!(f, "The form has the field {} more than once.", name.escape_debug())
            }
            Self::NotText => f.write_str("The form is not UTF-8 text."),
        }
    }
}

impl std::error::Error for FormError {}

/// Writes a form pair by pair.
pub struct FormWriter(Serializer<'static, String>);

impl Default for FormWriter {
    fn default() -> Self {
        Self(Serializer::new(String::with_capacity(512)))
    }
}

impl FormWriter {
    /// One more pair.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.0.append_pair(name, value);
        self
    }

    /// The body.
    #[must_use]
    pub fn finish(&mut self) -> String {
        self.0.finish()
    }
}

/// What is written is as secret as what is read.
impl fmt::Debug for FormWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[form]")
    }
}
