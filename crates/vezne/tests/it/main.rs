//! The whole program under test: a real database, real sockets, a clock that only the test moves.
//!
//! Tests are data through one helper. A walk is a script ([`support::script`]); what needs more is
//! written against [`support::desk::Desk`], or against the built program
//! ([`support::program::Program`]). Whatever a test leaves behind must be what it declared.

#![allow(clippy::panic, reason = "a helper that panics is a test that fails")]

mod callbacks;
mod command;
mod python;
mod rules;
mod support;
mod transcripts;
mod walks;
