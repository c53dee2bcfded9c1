//! The command line as a user runs it.

mod merchants;
mod offline;
mod payouts;
mod serving;
