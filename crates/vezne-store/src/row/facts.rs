//! What a seal covers, so that no two rows read the same: each value after its kind, a text after
//! its length, and all of them in one order.

use zeroize::Zeroizing;

/// Values after each other.
pub(super) struct Facts(Zeroizing<Vec<u8>>);

impl Facts {
    const ABSENT: u8 = 0;
    const NUMBER: u8 = 1;
    const BYTES: u8 = 2;

    /// Nothing yet of what is sealed: its kind, and the version of its list of values.
    pub(super) fn begin(kind: &[u8]) -> Self {
        let mut all = Vec::with_capacity(512);
        all.extend_from_slice(kind);
        Self(Zeroizing::new(all))
    }

    /// All of them.
    pub(super) fn end(self) -> Zeroizing<Vec<u8>> {
        self.0
    }

    pub(super) fn number(&mut self, number: i64) {
        self.0.push(Self::NUMBER);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.push(Self::BYTES);
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn optional_number(&mut self, number: Option<i64>) {
        match number {
            Some(number) => self.number(number),
            None => self.0.push(Self::ABSENT),
        }
    }

    pub(super) fn optional_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.0.push(Self::ABSENT),
        }
    }
}
