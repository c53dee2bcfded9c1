//! The samples of `applyfor-withdrawal.txt`, literally, for everybody who must hold against them:
//! the tests, the demo's tour and the transcripts.
//!
//! The document has no sample of a withdrawal request. The form rule's answer has no `sign` there;
//! ours has one, as the table of section "Basic Response Structure" asks for.

macro_rules! document {
    ($name:literal) => {
        include_str!(concat!("../../documents/applyfor/", $name, ".json"))
    };
}

/// The request of a channel's form.
pub const FORM_RULE_REQUEST: &str = document!("form-rule.request");
/// The answer with a channel's form.
pub const FORM_RULE_ANSWER: &str = document!("form-rule.answer");
/// The answer that accepts a withdrawal.
pub const SUCCESS_ANSWER: &str = document!("success.answer");
