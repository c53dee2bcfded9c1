//! The pattern of a `regex` rule: bounded, anchored, matched in linear time.

use std::fmt;

use regex_lite::{Regex, RegexBuilder};

/// The longest pattern, in bytes.
pub const MAX_PATTERN: usize = 200;

/// The most memory of a compiled pattern: counted repetitions grow it far beyond its text.
const MAX_COMPILED: usize = 256 * 1024;

/// How deep groups may nest.
const MAX_NESTING: u32 = 10;

/// A compiled pattern that a whole value has to match.
#[derive(Clone)]
pub struct Pattern {
    text: Box<str>,
    regex: Regex,
}

impl Pattern {
    /// Compiles a pattern, as it is or between Laravel's slashes. `None` when it is empty, too
    /// long, too large or not valid.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > MAX_PATTERN {
            return None;
        }
        let slashes = text.strip_prefix('/').and_then(|inner| inner.strip_suffix('/'));
        let inner = slashes.unwrap_or(text);
        // Alone first: `a)|(b` is valid only with somebody else's parentheses around it.
        compile(inner)?;
        let regex = compile(&format!("^(?:{inner})$"))?;
        Some(Self { text: text.into(), regex })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether all of `value` matches.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }
}

fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).size_limit(MAX_COMPILED).nest_limit(MAX_NESTING).build().ok()
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}
