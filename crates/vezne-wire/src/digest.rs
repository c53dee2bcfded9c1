//! Digests that tell whether two requests are the same.

use aws_lc_rs::digest::{Context, SHA256};

/// SHA-256 over a list of parts, cut to sixteen bytes.
pub(crate) struct ContentDigest(Context);

impl ContentDigest {
    /// Begins with a label, so that digests of different things never agree.
    pub(crate) fn of(label: &[u8]) -> Self {
        let mut digest = Self(Context::new(&SHA256));
        digest.part(label);
        digest
    }

    /// Adds a part. The length before it keeps two different lists of parts from joining alike.
    pub(crate) fn part(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    /// The first half of the hash.
    pub(crate) fn finish(self) -> [u8; 16] {
        let mut half = [0; 16];
        let whole = self.0.finish();
        half.iter_mut().zip(whole.as_ref()).for_each(|(to, from)| *to = *from);
        half
    }
}
