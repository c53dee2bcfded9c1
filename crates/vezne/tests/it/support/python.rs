//! A Python with the bcrypt module: an implementation of the signatures that is not ours.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs a script with lines on its input, and gives what it printed; nothing when this machine has
/// no such Python, which is said loudly. `cargo xtask test` sees to it that there is one.
pub(crate) fn python(script: &str, input: &str) -> Option<String> {
    let Ok(interpreter) = std::env::var("VEZNE_PYTHON") else {
        eprintln!("skipped: VEZNE_PYTHON names no Python with the bcrypt module");
        return None;
    };
    let probe = Command::new(&interpreter).args(["-c", "import bcrypt"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: VEZNE_PYTHON is {interpreter}, which has no bcrypt module");
        return None;
    }
    let mut command = Command::new(&interpreter);
    command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("Python starts");
    let mut stdin = child.stdin.take().expect("it has an input");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "Python failed");
    Some(String::from_utf8(output.stdout).expect("it prints text"))
}
