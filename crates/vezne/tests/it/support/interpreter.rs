//! Implementations of the signatures that are not ours, in interpreters that `cargo xtask test`
//! sees to. Without one a test is skipped, which is said loudly.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// An interpreter, if the machine has it.
pub(crate) struct Interpreter {
    /// Names its path in the environment.
    pub(crate) variable: &'static str,
    /// What it is, for people.
    pub(crate) what: &'static str,
    /// What it must be able to run.
    pub(crate) probe: [&'static str; 2],
}

pub(crate) const PHP: Interpreter = Interpreter {
    variable: "VEZNE_PHP",
    what: "PHP with OpenSSL",
    probe: ["-r", "exit((int) !extension_loaded('openssl'));"],
};

pub(crate) const NODE: Interpreter =
    Interpreter { variable: "VEZNE_NODE", what: "Node 18 or later", probe: ["-e", "fetch.name"] };

impl Interpreter {
    /// Runs it with these on its command line and its input, and gives what it printed.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Option<String> {
        let Self { variable, what, probe } = self;
        let Ok(interpreter) = std::env::var(variable) else {
            eprintln!("skipped: {variable} names no {what}");
            return None;
        };
        let probe = Command::new(&interpreter).args(probe).output();
        if !probe.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: {variable} is {interpreter}, which is no {what}");
            return None;
        }
        let mut command = Command::new(&interpreter);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut stdin = child.stdin.take().expect("it has an input");
        stdin.write_all(input.as_bytes()).expect("it reads");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{what} failed");
        Some(String::from_utf8(output.stdout).expect("it prints text"))
    }
}
