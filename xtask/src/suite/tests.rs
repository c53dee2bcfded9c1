use std::path::Path;

use super::{STEPS, step};

#[test]
fn a_step_fails_with_its_command() {
    let python = Path::new("/nowhere/python");
    assert!(step("Fine", "true").run(python, false).is_ok());
    let error = step("Broken", "false").run(python, false).expect_err("it fails").to_string();
    assert!(error.starts_with("Broken: `false` failed (exit status: 1)"), "{error}");
}

#[test]
fn a_step_is_told_where_python_is() {
    let see = step("See", "printenv VEZNE_PYTHON");
    assert!(see.run(Path::new("/nowhere/python"), true).is_ok());
}

#[test]
fn quick_leaves_something() {
    assert!(STEPS.iter().any(|step| !step.long));
}
