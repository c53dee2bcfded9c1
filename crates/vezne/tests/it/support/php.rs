//! A PHP with OpenSSL: the language of the documents' own function.

use serde_json::Value;

use super::interpreter::PHP;

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

/// The code of a page's fence that has these words.
pub(crate) fn fence<'p>(page: &'p str, language: &str, words: &str) -> &'p str {
    let opening = format!("```{language}\n");
    let mut fences = page.split(&opening).skip(1);
    let fence =
        fences.find_map(|rest| rest.split("```").next().filter(|code| code.contains(words)));
    fence.unwrap_or_else(|| panic!("no {language} with {words:?}"))
}

/// As [`php`], with code of its own.
pub(crate) fn php_code(code: &str, cases: &[Value]) -> Option<Vec<Value>> {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("code.php");
    std::fs::write(&script, code).expect("it is written");
    let script = script.to_str().expect("a path of text");
    let printed =
        PHP.run(&["-d", "display_errors=stderr", script], &Value::from(cases).to_string())?;
    let came: Vec<Value> = serde_json::from_str(&printed).expect("it prints a list");
    assert_eq!(came.len(), cases.len(), "one of each");
    Some(came)
}
