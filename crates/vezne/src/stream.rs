//! The standard output. `println!` panics when nobody reads any more or the disk behind a file is
//! full; a command that has moved money must not end like that. Everything is printed by [`say!`]
//! and [`put!`], and clippy refuses the others.

use std::fmt::Arguments;
use std::io::{Error, ErrorKind, Write, stdout};
use std::process::ExitCode;
use std::sync::OnceLock;

use vezne_wire::letters::escaped;

/// Prints a line on the standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::stream::write(format_args!("{}\n", format_args!($($text)*))) };
}

/// Prints a text on the standard output, without an end of line.
macro_rules! put {
    ($($text:tt)*) => { $crate::stream::write(format_args!($($text)*)) };
}

pub(crate) use {put, say};

/// What ended the output of this process. Nothing more is printed after it.
static ENDED: OnceLock<Error> = OnceLock::new();

/// What a command exits with that did its work and could not print all of it: EX_IOERR.
const UNPRINTED: u8 = 74;

/// Prints, unless the output has ended. What is not seen and changes how the rest looks, as
/// direction controls in a merchant's texts do, is written out, and so is what steers a terminal.
pub(crate) fn write(text: Arguments<'_>) {
    if !is_ended() {
        keep(stdout().write_all(harmless(&text.to_string()).as_bytes()));
    }
}

/// A text that a terminal shows and does nothing else with.
pub(crate) fn harmless(text: &str) -> String {
    use std::fmt::Write as _;

    let steers = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    let shown = escaped(text).unwrap_or_else(|| text.to_owned());
    let mut harmless = String::with_capacity(shown.len());
    for letter in shown.chars() {
        match steers(letter) {
            // Writing to a text does not fail.
            true => drop(write!(harmless, "\\u{:04x}", u32::from(letter))),
            false => harmless.push(letter),
        }
    }
    harmless
}

/// Whether nobody can read any more what is printed.
pub(crate) fn is_ended() -> bool {
    ENDED.get().is_some()
}

/// Shows what was printed so far, as a question does before its answer is read.
pub(crate) fn flush() {
    if !is_ended() {
        keep(stdout().flush());
    }
}

/// Notes that the output has ended, if it has.
pub(crate) fn keep(printed: std::io::Result<()>) {
    if let Err(error) = printed {
        // Whoever else fails to print at this moment says nothing new.
        drop(ENDED.set(error));
    }
}

/// What the process exits with. A reader that has seen enough changes nothing; a text that is lost
/// is complained of.
pub(crate) fn finish(code: ExitCode, complain: impl FnOnce(&str)) -> ExitCode {
    flush();
    match ENDED.get() {
        None => code,
        Some(error) if error.kind() == ErrorKind::BrokenPipe => code,
        Some(error) => {
            complain(&format!("the output could not be written, and is not whole: {error}"));
            ExitCode::from(UNPRINTED)
        }
    }
}
