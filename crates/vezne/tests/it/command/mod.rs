//! The command line as a user runs it.

mod hash_key;
mod merchants;
mod offline;
mod payouts;
mod send;
mod serving;
