use super::machine::{Machine, Postgres};
use super::{STEPS, step};

fn machine() -> Machine {
    Machine {
        python: "/nowhere/python".into(),
        php: "/nowhere/php".into(),
        node: "/nowhere/node".into(),
        go: "/nowhere/go".into(),
        chromedriver: "/nowhere/chromedriver".into(),
        promtool: "/nowhere/promtool".into(),
        postgres: Postgres {
            bin: "/nowhere".into(),
            url: "postgres://nobody@nowhere".into(),
            _server: None,
        },
    }
}

#[test]
fn a_step_fails_with_its_command() {
    assert!(step("Fine", "true").run(&machine(), false).is_ok());
    let error = step("Broken", "false").run(&machine(), false).expect_err("it fails").to_string();
    assert!(error.starts_with("Broken: `false` failed (exit status: 1)"), "{error}");
}

#[test]
fn a_step_is_told_where_the_programs_are() {
    let variables = machine().variables().map(|(name, _)| format!("printenv {name}"));
    for command in variables.map(|command| &*command.leak()) {
        assert!(step("See", command).run(&machine(), true).is_ok(), "{command}");
    }
}

#[test]
fn quick_leaves_something() {
    assert!(STEPS.iter().any(|step| !step.long));
}
