//! A world around a store: an engine on it, a clock that is set by hand, and merchants to begin
//! with.

pub(crate) mod fleet;
pub(crate) mod old;
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
/// What a desk that was begun before payouts were sealed has to show that the key of these tests is
/// right, as hex.
pub(crate) const OLD_KEY_CHECK: &str = "0100000000000000000000000046a3b223d3bae7b81bf1c0a692de94fdc1\
     39207e08f1d0ce78b544f1af660d6b43b290645e395f";
/// One hour in microseconds.
pub(crate) const HOUR: i64 = 3_600_000_000;
