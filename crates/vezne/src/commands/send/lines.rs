//! Which line of a text something is on.

/// Counts lines on the way through a text.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, line: 1 }
    }

    /// The line that a byte is on. Bytes have to be asked for in their order.
    pub(super) fn up_to(&mut self, at: usize) -> u64 {
        let passed = self.bytes.get(self.at..at).unwrap_or_default();
        let feeds = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line += u64::try_from(feeds).unwrap_or(0);
        self.at = self.at.max(at);
        self.line
    }

    /// The line of the first text at or after a byte: line ends in between are passed.
    pub(super) fn after(&mut self, at: usize) -> u64 {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.up_to(at + ends)
    }
}
