//! What a client says to a server, as far as it takes to know a COMMIT when it passes by.
//!
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use std::collections::BTreeSet;

/// The version of the protocol that a session begins with, in the upper half of the number.
const VERSION: u32 = 3;

/// Reads one client's messages.
#[derive(Default)]
pub(super) struct Frontend {
    /// The beginning of a message that is not all there yet.
    held: Vec<u8>,
    /// Before, messages have no type.
    is_in_session: bool,
    /// What passes by is not understood.
    is_lost: bool,
    /// Names of prepared statements, and of portals, that are a COMMIT.
    statements: BTreeSet<Vec<u8>>,
    portals: BTreeSet<Vec<u8>>,
}

impl Frontend {
    /// Reads on until a COMMIT is complete, and says how many of the bytes that took. What comes
    /// after has to be read again. Without a COMMIT, all bytes are read.
    pub(super) fn commit_ends(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.is_lost {
            return None;
        }
        let before = self.held.len();
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(message) = self.next_message(&held[at..]) {
            at += message.len();
            if self.commits(message) {
                return Some(at - before);
            }
        }
        held.drain(..at);
        self.held = held;
        None
    }

    /// The first message, if all of it is there.
    fn next_message<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let kind = usize::from(self.is_in_session);
        let length = usize::try_from(number(bytes.get(kind..)?)?).ok()?;
        self.is_lost |= length < 4;
        if self.is_lost { None } else { bytes.get(..kind + length) }
    }

    /// Whether the server commits once it has read this.
    fn commits(&mut self, message: &[u8]) -> bool {
        if !self.is_in_session {
            let version = message.get(4..).and_then(number);
            self.is_in_session = version.is_some_and(|version| version >> 16 == VERSION);
            return false;
        }
        let (kind, mut texts) = (message[0], message[5..].split(|byte| *byte == 0));
        let mut text = || texts.next().unwrap_or_default();
        match kind {
            b'Q' => is_commit(text()),
            b'P' => {
                let name = text();
                note(&mut self.statements, name, is_commit(text()))
            }
            b'B' => {
                let portal = text();
                note(&mut self.portals, portal, self.statements.contains(text()))
            }
            b'E' => self.portals.contains(text()),
            _ => false,
        }
    }
}

/// Remembers whether the name is that of a COMMIT. That alone commits nothing.
fn note(names: &mut BTreeSet<Vec<u8>>, name: &[u8], is_commit: bool) -> bool {
    if is_commit {
        names.insert(name.to_owned());
    } else {
        names.remove(name);
    }
    false
}

/// Whether the last statement of a query is a COMMIT.
fn is_commit(query: &[u8]) -> bool {
    let query = String::from_utf8_lossy(query);
    let last = query.split(';').map(str::trim).rfind(|statement| !statement.is_empty());
    let word = last.and_then(|statement| statement.split_whitespace().next());
    word.is_some_and(|word| ["COMMIT", "END"].iter().any(|one| word.eq_ignore_ascii_case(one)))
}

fn number(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.first_chunk()?))
}

#[cfg(test)]
mod tests;
