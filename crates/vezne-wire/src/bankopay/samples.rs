//! The samples of `bankopay.txt`, literally, for everybody who must hold against them: the tests,
//! the demo's tour and the transcripts.
//!
//! Where an answer of ours differs on purpose, the difference is a replacement in the sample, named
//! in [`Sample::expected`] and nowhere else.

use super::Service;

pub use crate::json::compact;

/// A request for a withdrawal and the answer that the document prints for it.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The service.
    pub service: Service,
    /// The request's body.
    pub request: &'static str,
    /// The answer's body.
    pub answer: &'static str,
}

macro_rules! document {
    ($($name:literal),+) => {
        include_str!(concat!("../../documents/bankopay/", $($name,)+ ".json"))
    };
}

macro_rules! sample {
    ($service:ident, $name:literal) => {
        Sample {
            service: Service::$service,
            request: document!($name, ".request"),
            answer: document!($name, ".answer"),
        }
    };
}

/// The samples of the six withdrawal services, in the document's order.
pub const WITHDRAWALS: [Sample; 6] = [
    sample!(BankTransfer, "bank-transfer"),
    sample!(Papara, "papara"),
    sample!(Popypara, "popypara"),
    sample!(Paratim, "paratim"),
    sample!(PayFix, "payfix"),
    sample!(PayCo, "payco"),
];

/// The request of the bank list.
pub const BANK_LIST_REQUEST: &str = document!("bank-list.request");
/// The answer with the bank list.
pub const BANK_LIST_ANSWER: &str = document!("bank-list.answer");
/// The answer to wrong credentials, the same for every service.
pub const ERROR_ANSWER: &str = document!("error.answer");
/// The callback of a paid withdrawal.
pub const WITHDRAW_CALLBACK: &str = document!("withdraw.callback");
/// A merchant's answer that acknowledges a callback.
pub const ACKNOWLEDGED: &str = document!("acknowledged.answer");
/// A merchant's answer that refuses a callback.
pub const REFUSED: &str = document!("refused.answer");

impl Sample {
    /// The answer that we give, without white space: the document's, with the site that asked, its
    /// key masked, for wallets no bank details that were not sent, and our own id and moment.
    pub fn expected(&self, id: i64, moment: &str) -> String {
        let ours = compact(self.answer)
            .replace(r#""site_id":1,"#, r#""site_id":1001,"#)
            .replace(r#"\"site_id\":1,"#, r#"\"site_id\":1001,"#)
            .replace(r#"\"site_key\":\"abc\""#, r#"\"site_key\":\"***\""#)
            .replace("17.02.2024 00:28:46", moment)
            .replace(r#""id":2}"#, &format!(r#""id":{id}}}"#));
        if self.service.needs_bank_details() {
            return ours;
        }
        let unsent =
            r#",\"identity\":\"12345678910\",\"birth_date\":\"16.09.1990\",\"provider_id\":1"#;
        ours.replace(unsent, "")
    }
}
