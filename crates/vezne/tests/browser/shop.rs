//! A merchant of the built program, and the links that it makes for its users.

use serde_json::Value;
use vezne::SystemClock;
use vezne_core::port::Clock as _;
use vezne_wire::applyfor::{Parameters, SigningKey};
use vezne_wire::secret::SecretText;

use super::http::request;
use super::program::{Program, Served};

const SECRET: &str = "S3cretS3cretS3cretS3cret";

pub(crate) struct Shop {
    program: Program,
    server: Served,
}

impl Shop {
    pub(crate) fn open() -> Self {
        // The PostgreSQL of the tests may lose commits, which no live merchant is served on.
        let program = Program::on_file("").environment("VEZNE_NEW_SECRET", SECRET);
        let server = program.serve();
        program.ok(&["merchant", "add", "Shop", "--applyfor", "--uid", "test1", "--live"]);
        program.ok(&["merchant", "top-up", "test1", "10000.00"]);
        Self { program, server }
    }

    /// Where a user gives the account to which 150.00 lira go.
    pub(crate) fn link(&self, order: &str, language: &str) -> String {
        let seconds = SystemClock.now().seconds();
        let mut body = Parameters::default();
        for (name, value) in [
            ("uid", "test1"),
            ("currency", "TRY"),
            ("pay_code", "4001"),
            ("orderid", order),
            ("amount", "150.00"),
            ("notify_url", "https://shop.example/notify"),
            ("lang", language),
            ("expires_in", "1800"),
        ] {
            body.push(name, value).expect("a parameter");
        }
        body.push_number("timestamp", seconds).expect("a parameter");
        let sign = SigningKey::new(SecretText::new(SECRET)).sign(&body).expect("a signature");
        let address = self.server.address;
        let answer = request(address, "POST", "/pay-out/link", &body.to_json(&sign));
        let (_, answer) = answer.expect("the server answers");
        let path = answer["result"]["url"].as_str().unwrap_or_else(|| panic!("no link: {answer}"));
        assert!(path.starts_with("/pay-out/"), "{path}");
        format!("http://{address}{path}")
    }

    /// The payouts that exist.
    pub(crate) fn payouts(&self) -> Vec<Value> {
        let ran = self.program.ok(&["--json", "payout", "list"]);
        let documents = ran.json();
        let list = documents.first().and_then(|reply| reply["payouts"].as_array());
        list.expect("a list of payouts").clone()
    }

    /// All that is known of a payout; a list does not tell whose account it is.
    pub(crate) fn payout(&self, id: &Value) -> String {
        self.program.ok(&["payout", "show", &id.to_string()]).stdout
    }

    /// Ends the server, and lets the auditor look at the books.
    pub(crate) fn close(self) {
        assert_eq!(self.server.stop().0, 0);
        assert_eq!(self.program.ok(&["audit"]).code, 0);
    }
}
