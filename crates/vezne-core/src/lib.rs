//! What a payout is: the types, the rules, the engine and the ports of the desk.
//!
//! Nothing here reads a clock, draws a random number, opens a file or a socket, or knows SQL,
//! JSON or HTTP. Time and randomness are parameters; what lies outside is behind the traits of
//! [`port`]. The rules are therefore plain functions that a table of examples can test.
//!
//! - [`model`]: the nouns and the rules that need nothing but their own data;
//! - [`engine`]: one file per verb, decided in groups and committed once per group;
//! - [`port`]: what the engine asks of a store, a rail, a courier, a clock and a die.

#![deny(clippy::float_arithmetic)]

pub mod engine;
pub mod model;
pub mod port;
