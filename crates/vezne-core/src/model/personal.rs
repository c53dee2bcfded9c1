//! Wrappers for what must never print: secrets, and what identifies a person.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A key or password. It prints as `[secret]`, is wiped when dropped and compared in constant time.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// A fact about a person, such as an identity number. It prints as `[personal]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Personal(Zeroizing<String>);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself, for signing and for storage under encryption.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `given` is this secret. The time taken depends on the lengths only.
    pub fn matches(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Personal {
    /// Wraps a personal fact.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The fact itself, for the rail, the dialect's answer and storage under encryption.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The first two and last two characters, the rest as stars: enough to recognise, not to use.
    pub fn masked(&self) -> String {
        mask(&self.0, 2, 2)
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

/// Keeps `head` and `tail` characters of a text and stars the rest; a short text becomes all stars.
pub fn mask(text: &str, head: usize, tail: usize) -> String {
    let length = text.chars().count();
    if length <= head + tail {
        return "*".repeat(length);
    }
    let visible = |index: usize| index < head || index >= length - tail;
    text.chars().enumerate().map(|(at, letter)| if visible(at) { letter } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::{Personal, Secret, mask};

    #[test]
    fn neither_prints() {
        let printed = format!("{:?} {:?}", Secret::new("k62FdW0B"), Personal::new("12345678910"));
        assert_eq!(printed, "[secret] [personal]");
    }

    #[test]
    fn masks_keep_the_ends_only() {
        assert_eq!(mask("TR330006100519786457841326", 4, 4), "TR33******************1326");
        assert_eq!(Personal::new("12345678910").masked(), "12*******10");
        assert_eq!(mask("1234", 2, 2), "****");
    }
}
