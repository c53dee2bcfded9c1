//! The key that a login which nobody has is compared with, so that it takes as long as any other.

use vezne_core::model::personal::Secret;

/// As long as a key that we issue.
pub(super) struct Stranger(Secret);

impl Default for Stranger {
    fn default() -> Self {
        Self(Secret::new("x".repeat(32)))
    }
}

impl Stranger {
    /// Does the work of a comparison. The result is of no interest; the time that it takes is.
    pub(super) fn compare(&self, key: &str) {
        std::hint::black_box(self.0.matches(key));
    }
}
