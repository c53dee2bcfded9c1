//! A Python with the bcrypt module.

use super::interpreter::Interpreter;

const PYTHON: Interpreter = Interpreter {
    variable: "VEZNE_PYTHON",
    what: "Python with the bcrypt module",
    probe: ["-c", "import bcrypt"],
};

/// Runs a script with lines on its input, and gives what it printed; nothing when this machine has
/// no such Python.
pub(crate) fn python(script: &str, input: &str) -> Option<String> {
    PYTHON.run(&["-c", script], input)
}
