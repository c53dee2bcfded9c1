//! What a merchant's answer to a callback means (section "Callback Service: withdraw", "Response").
//!
//! Delivered is HTTP 2xx and a JSON `code` of 200, number or text; nothing less
//! (`research/wire-facts.md` B10). Whatever else a merchant's server sends, of whatever length, is
//! only classified.

use super::answer::message;
use crate::json::Object;

#[cfg(test)]
mod tests;

/// The longest answer that is read, in bytes; the courier need not receive more.
pub const MAX_ANSWER: usize = 64 * 1024;

/// The answer to one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acknowledgement {
    /// The merchant has the news.
    Acknowledged {
        /// Its message, at most 500 characters; empty if it has none.
        message: String,
    },
    /// The merchant read the callback and did not want it.
    Refused {
        /// Its code.
        code: i64,
        /// Its message, at most 500 characters; empty if it has none.
        message: String,
    },
    /// No answer of this protocol.
    NotUnderstood {
        /// Why, for the console; nothing of the body is in it.
        reason: String,
    },
}

/// Classifies the answer to a callback.
#[must_use]
pub fn acknowledgement(http_status: u16, body: &[u8]) -> Acknowledgement {
    match read(body) {
        Ok((200, message)) if is_success(http_status) => Acknowledgement::Acknowledged { message },
        Ok((200, _)) => not_understood(http_status, "although the code in the body is 200"),
        // A server that broke down often prints its status as a code; that is nobody's decision.
        Ok(_) if http_status >= 500 => not_understood(http_status, "the server failed"),
        Ok((code, message)) => Acknowledgement::Refused { code, message },
        Err(reason) => not_understood(http_status, &reason),
    }
}

/// That of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

fn is_success(http_status: u16) -> bool {
    (200..300).contains(&http_status)
}

fn not_understood(http_status: u16, reason: &str) -> Acknowledgement {
    Acknowledgement::NotUnderstood { reason: format!("HTTP {http_status}: {reason}") }
}

fn read(body: &[u8]) -> Result<(i64, String), String> {
    if body.len() > MAX_ANSWER {
        return Err(format!("The body is longer than {MAX_ANSWER} bytes."));
    }
    // Editors on Windows leave a byte order mark in front of what PHP prints, and a message may be
    // in another character set; neither says anything about the code.
    let text = String::from_utf8_lossy(body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body));
    let object = Object::parse(text.as_bytes()).map_err(|e| e.to_string())?;
    let code = object.get("code").ok_or("The body has no code.")?;
    let code = code.integer().ok_or("The code in the body is not a whole number.")?;
    Ok((code, message(&object)))
}
