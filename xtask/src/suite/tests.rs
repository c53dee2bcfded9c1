use super::machine::Machine;
use super::{STEPS, step};

fn machine() -> Machine {
    Machine { python: "/nowhere/python".into(), php: "/nowhere/php".into() }
}

#[test]
fn a_step_fails_with_its_command() {
    assert!(step("Fine", "true").run(&machine(), false).is_ok());
    let error = step("Broken", "false").run(&machine(), false).expect_err("it fails").to_string();
    assert!(error.starts_with("Broken: `false` failed (exit status: 1)"), "{error}");
}

#[test]
fn a_step_is_told_where_the_interpreters_are() {
    for variable in ["printenv VEZNE_PYTHON", "printenv VEZNE_PHP"] {
        assert!(step("See", variable).run(&machine(), true).is_ok(), "{variable}");
    }
}

#[test]
fn quick_leaves_something() {
    assert!(STEPS.iter().any(|step| !step.long));
}
