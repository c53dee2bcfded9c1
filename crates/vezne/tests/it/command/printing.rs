//! What a command does where nobody reads what it prints any more, and where a disk is full.

use std::fs::File;
use std::process::Stdio;

use crate::support::KEY;
use crate::support::program::{Program, Ran};

fn desk() -> Program {
    let program = Program::new();
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001", "--site-key", KEY]);
    program
}

/// Runs a command that prints to this.
fn printing(program: &Program, arguments: &[&str], stdout: impl Into<Stdio>) -> Ran {
    let mut command = program.command(arguments);
    let child = command.stdout(stdout).stderr(Stdio::piped()).spawn().expect("the program runs");
    child.wait_with_output().expect("it ends").into()
}

/// A pipe that nobody reads.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").expect("Linux has it").into()
}

const PRINTERS: [&[&str]; 12] = [
    &["--help"],
    &["--version"],
    &["config", "sample"],
    &["check-config"],
    &["merchant", "list"],
    &["merchant", "show", "1001"],
    &["--json", "merchant", "show", "1001"],
    &["channel", "export", "papara"],
    &["payout", "list"],
    &["migrate", "--dry-run"],
    &["doctor"],
    &["audit"],
];

#[test]
fn a_reader_that_has_seen_enough_ends_a_command_quietly() {
    let program = desk();
    for arguments in PRINTERS {
        let ran = printing(&program, arguments, unread());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
    }
    let ran = printing(&program, &["merchant", "top-up", "1001", "5.00"], unread());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let shown = program.ok(&["merchant", "show", "1001"]).stdout;
    assert!(shown.contains("5.00 TRY"), "what it did is done: {shown}");
    let wrong = printing(&program, &["payout", "show", "77"], unread());
    assert_eq!(wrong.code, 1, "its own code stays: {wrong:?}");
}

#[test]
fn a_full_device_is_complained_of() {
    let program = desk();
    for arguments in PRINTERS {
        let ran = printing(&program, arguments, full());
        assert_eq!(ran.code, 74, "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains("No space left on device"), "{arguments:?}: {ran:?}");
        assert!(!ran.stderr.contains("panicked"), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn an_error_stream_that_nobody_reads_stops_nothing() {
    let program = desk();
    for arguments in [&["payout", "show", "77"][..], &["nonsense"]] {
        let mut command = program.command(arguments);
        let status = command.stdout(Stdio::null()).stderr(unread()).status().expect("it runs");
        let expected = if arguments.len() > 1 { 1 } else { 2 };
        assert_eq!(status.code(), Some(expected), "{arguments:?}");
    }
}
