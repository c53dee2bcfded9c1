//! A PHP with OpenSSL: the language of the documents' own function.

use serde_json::Value;

use super::interpreter::Interpreter;

const PHP: Interpreter = Interpreter {
    variable: "VEZNE_PHP",
    what: "PHP with OpenSSL",
    probe: ["-r", "exit((int) !extension_loaded('openssl'));"],
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/ccpayment.php");

/// Has one process do a job of the script for all cases, and gives what came of each; nothing when
/// this machine has no such PHP.
pub(crate) fn php(job: &str, cases: &[Value]) -> Option<Vec<Value>> {
    let input = Value::from(cases).to_string();
    let printed = PHP.run(&["-d", "display_errors=stderr", SCRIPT, job], &input)?;
    let came: Vec<Value> = serde_json::from_str(&printed).expect("it prints a list");
    assert_eq!(came.len(), cases.len(), "one of each");
    Some(came)
}
