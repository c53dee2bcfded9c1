//! The whole program under test: a real database, real sockets, a clock that only the test moves.
//!
//! Tests are data through one helper. A walk is a script ([`support::script`]); what needs more is
//! written against [`support::desk::Desk`], or against the built program
//! ([`support::program::Program`]). Whatever a test leaves behind must be what it declared.

#![allow(
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "whatever else comes fails the test"
)]

mod attack;
mod callbacks;
mod canary;
mod clients;
mod command;
mod drain;
mod full_disk;
mod garbage;
mod isolation;
mod lease;
mod monitoring;
mod pages;
mod php;
mod python;
mod quarantine;
mod recipes;
mod retention;
mod room;
mod rules;
mod seals;
mod supervised;
mod support;
mod time;
mod transcripts;
mod usage;
mod walks;
