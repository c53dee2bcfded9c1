//! The samples of `sipay-cashout.txt` and `iqmoney-cashout.txt`, literally, for everybody who must
//! hold against them.
//!
//! One is mended: the iqmoney request lacks the two brackets that close it, which its file has.
//! Where an answer of ours differs on purpose, the difference is named in [`expected`] and nowhere
//! else.

pub use crate::json::compact;

macro_rules! document {
    ($name:literal) => {
        include_str!(concat!("../../documents/ccpayment/", $name, ".json"))
    };
}

/// Sipay's request: two rows, optional fields empty, no `unique_id`. Its `hash_key` is a word.
pub const SIPAY_REQUEST: &str = document!("sipay.request");
/// Sipay's answer to a wrong `hash_key`.
pub const SIPAY_FAILED: &str = document!("sipay-failed.answer");
/// Sipay's answer when all rows pass.
pub const SIPAY_SUCCESS: &str = document!("sipay-success.answer");
/// iqmoney's request: two rows, one with a `unique_id`. Nobody knows the secret of its `hash_key`.
pub const IQMONEY_REQUEST: &str = document!("iqmoney.request");
/// iqmoney's answer to an unknown merchant.
pub const IQMONEY_NOT_FOUND: &str = document!("iqmoney-not-found.answer");
/// iqmoney's answer when one row of two passes.
pub const IQMONEY_PARTIAL: &str = document!("iqmoney-partial.answer");
/// iqmoney's answer when all rows pass.
pub const IQMONEY_SUCCESS: &str = document!("iqmoney-success.answer");
/// iqmoney's answer when no row passes.
pub const IQMONEY_FAILED: &str = document!("iqmoney-failed.answer");

/// The id that iqmoney's answers name, whatever was sent.
const PRINTED_ID: &str = r#""unique_id":"8402133""#;

/// The answer that we give where a document prints `answer`, without white space: with all five
/// keys, and with these ids, in order, for the one printed every time.
#[must_use]
pub fn expected(answer: &str, unique_ids: &[&str]) -> String {
    let mut ours = five_keys(&compact(answer));
    for unique_id in unique_ids {
        // In two steps, as a new id may be the printed one.
        ours = ours.replacen(PRINTED_ID, &format!(r#""unique_id" :"{unique_id}""#), 1);
    }
    ours.replace(r#""unique_id" :"#, r#""unique_id":"#)
}

/// Sipay's answers have the old keys only; the new ones repeat them.
fn five_keys(answer: &str) -> String {
    let old = answer.strip_prefix(r#"{"statuscode":"#).and_then(|rest| rest.split_once(','));
    let description = old.and_then(|(_, rest)| rest.strip_prefix(r#""description":"#));
    let description = description.and_then(|rest| rest.split_once(','));
    match (old, description, answer.strip_suffix('}')) {
        (Some((code, _)), Some((text, _)), Some(open)) if !answer.contains("status_code") => {
            format!(r#"{open},"status_code":{code},"status_description":{text}}}"#)
        }
        (_, _, _) => answer.to_owned(),
    }
}
