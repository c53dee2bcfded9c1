//! A world around a store: an engine on it, a clock that is set by hand, and merchants to begin
//! with.

pub(crate) mod fleet;
mod people;
pub(crate) mod postgres;
mod random;
pub(crate) mod serial;
pub(crate) mod sqlite;
mod world;

pub(crate) use people::{KEY, dialect, merchant, submission};
pub(crate) use random::{FakeClock, SeededRandom};
pub(crate) use world::{Backend, Refused, SharedBackend, World, refused, top_up};

/// 2026-11-20 12:00 in Istanbul, in microseconds.
pub(crate) const NOON: i64 = 1_795_165_200_000_000;
/// One hour in microseconds.
pub(crate) const HOUR: i64 = 3_600_000_000;
