//! The whole requests of the merchants' pages, sent as they are printed.

use serde_json::{Value, json};

use crate::support::KEY;
use crate::support::interpreter::Interpreter;
use crate::support::php::fence;
use crate::support::program::Program;

const SHELL: Interpreter = Interpreter {
    variable: "VEZNE_BASH",
    what: "bash with curl and openssl beside it",
    probe: ["-c", "curl --version && openssl version"],
};

/// A page, how its merchant is added, and what answers that its order is taken.
struct Page {
    text: &'static str,
    access: &'static [&'static str],
    /// What the operator gives the merchant, as the page and as the command call it.
    given: &'static [(&'static str, &'static str)],
    accepted: (&'static str, u32),
}

const PAGES: [Page; 3] = [
    Page {
        text: include_str!("../../../../docs/merchants-bankopay.md"),
        access: &["--site-id", "1001", "--site-key", KEY],
        given: &[("SITE_KEY", "site_key")],
        accepted: ("code", 200),
    },
    Page {
        text: include_str!("../../../../docs/merchants-ccpayment.md"),
        access: &["--ccpayment"],
        given: &[
            ("APP_ID", "app_id"),
            ("APP_SECRET", "app_secret"),
            ("MERCHANT_KEY", "merchant_key"),
        ],
        accepted: ("statuscode", 100),
    },
    Page {
        text: include_str!("../../../../docs/merchants-applyfor.md"),
        access: &["--applyfor", "--uid", "test1"],
        given: &[("APP_UID", "uid"), ("SECRET", "secret")],
        accepted: ("status", 10_000),
    },
];

#[test]
fn whole_requests_are_taken_as_they_are_printed() {
    for Page { text, access, given, accepted: (member, accepted) } in PAGES {
        let program = Program::new();
        let added = program.json(&[&["merchant", "add", "Shop"], access].concat());
        program.ok(&["merchant", "top-up", "Shop", "1000.00"]);
        let server = program.serve();
        let mut script =
            format!("set -euo pipefail\nBASE=http://{} SITE_ID=1001\n", server.address);
        for (name, credential) in given {
            let value = added["credentials"][credential].as_str().expect("it is given");
            script += &format!("{name}='{value}'\n");
        }
        script += fence(text, "sh", "curl");
        let printed = SHELL.run(&["-c", &script], "");
        let list = program.json(&["payout", "list"]);
        assert_eq!(server.stop().0, 0);
        let Some(printed) = printed else { continue };
        let answer: Value = serde_json::from_str(&printed).expect("an answer in JSON");
        assert_eq!(answer[member], json!(accepted), "{answer}");
        assert_eq!(list["payouts"][0]["amount"]["amount"], "250.00", "{list}");
    }
}
