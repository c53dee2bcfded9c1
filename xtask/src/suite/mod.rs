//! `cargo xtask test`: everything that must pass, as a table of steps.

mod machine;
#[cfg(test)]
mod tests;

use std::process::{Command, Stdio};
use std::time::Duration;

use self::machine::Machine;
use crate::workspace::{self, Error};

/// One thing that must pass.
struct Step {
    name: &'static str,
    /// The command, words separated by blanks.
    command: &'static str,
    /// Whether `--quick` leaves it out.
    long: bool,
}

const fn step(name: &'static str, command: &'static str) -> Step {
    Step { name, command, long: false }
}

const fn long(name: &'static str, command: &'static str) -> Step {
    Step { name, command, long: true }
}

/// In the order in which they run: what fails soonest comes first. Each command gets
/// `VEZNE_PYTHON`, a Python with the bcrypt module, `VEZNE_PHP`, a PHP with OpenSSL, `VEZNE_BASH`,
/// a shell with curl and openssl beside it, `VEZNE_NODE` and `VEZNE_GO`, `VEZNE_PROMTOOL`,
/// `VEZNE_CHROMEDRIVER`, the driver of a Chromium, `VEZNE_POSTGRES_BIN`, the folder of PostgreSQL's
/// programs, and `VEZNE_POSTGRES`, the superuser's URL of a server that runs until all is over. The
/// tests of all crates include the race for one balance, and as much of the harnesses of `cargo
/// xtask prove` as [`LENGTHS`] says; their full length is for that command.
const STEPS: &[Step] = &[
    step("Style and structure", "cargo xtask tidy"),
    step("Generated documentation", "cargo xtask docs --check"),
    step("Tests of all crates", "cargo test --workspace --locked"),
    step(
        "Integration tests on PostgreSQL",
        "env VEZNE_TEST_STORE=postgres cargo test -p vezne --locked \
         --test it --test kill --test race --test browser",
    ),
    long("The tour, as a newcomer runs it", "cargo run --release --locked -- demo --once"),
];

/// How much of each harness is run, and how much with `--quick`: deaths of the program, percent of
/// what is done to several nodes, and histories on a file, of which the harness by itself knows how
/// many there must be.
const LENGTHS: [(&str, Option<&str>, &str); 3] = [
    ("VEZNE_KILL_CYCLES", Some("20"), "10"),
    ("VEZNE_NODES_PERCENT", Some("20"), "10"),
    ("VEZNE_PROVE_SEEDS", None, "20"),
];

/// Runs the steps until one fails.
///
/// # Errors
/// When the machine lacks something, or a step fails.
pub(crate) fn run(quick: bool) -> Result<(), Error> {
    let machine = Machine::prepare()?;
    let steps: Vec<&Step> = STEPS.iter().filter(|step| !(quick && step.long)).collect();
    let mut times = Vec::new();
    for step in &steps {
        println!("\n==> [{} of {}] {}: {}", times.len() + 1, steps.len(), step.name, step.command);
        let start = workspace::now();
        let outcome = step.run(&machine, quick);
        times.push(start.elapsed());
        println!("<== {} in {:.1?}", step.name, start.elapsed());
        if let Err(error) = outcome {
            summary(&steps, &times, 1);
            return Err(error);
        }
    }
    summary(&steps, &times, 0);
    Ok(())
}

impl Step {
    fn run(&self, machine: &Machine, quick: bool) -> Result<(), Error> {
        let mut words = self.command.split(' ');
        let mut command = Command::new(words.next().unwrap_or_default());
        for (name, whole, short) in LENGTHS {
            let length = if quick { Some(short) } else { whole };
            length.map(|length| command.env(name, length));
        }
        let status = command
            .args(words)
            .current_dir(workspace::root())
            .envs(machine.variables())
            .stdin(Stdio::null())
            .status()?;
        let command = self.command;
        let failed = || format!("{}: `{command}` failed ({status})", self.name);
        if status.success() { Ok(()) } else { Err(failed().into()) }
    }
}

/// What ran, how long each took, and as the last line the count.
fn summary(steps: &[&Step], times: &[Duration], failed: usize) {
    println!();
    let passed = times.len() - failed;
    for (at, (step, time)) in steps.iter().zip(times).enumerate() {
        let verdict = if at < passed { "passed" } else { "FAILED" };
        println!("{verdict}  {:>9}  {}", format!("{time:.1?}"), step.name);
    }
    println!("{passed} passed, {failed} failed");
}
