//! What every rail keeps to: one suite, run for each rail that we have.
//!
//! A new rail adds one module that gives the suite a [`contract::Subject`], and the tests of what
//! is its own.

mod contract;
mod journal;
mod manual;
mod simulator;
