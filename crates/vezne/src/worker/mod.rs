//! The workers: they claim what is due under a lease, act outside, and record what came of it.
//!
//! Each has a `step` that does all that is due now and returns how much that was, and a `run` that
//! repeats it until told to stop. Tests step; the program runs.

mod absence;
pub mod alarm;
mod booking;
pub mod callbacks;
pub mod dispatch;
pub mod retention;
mod room;
mod started;
pub mod token_keys;
pub mod usage;
mod window;
