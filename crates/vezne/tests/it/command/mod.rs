//! The command line as a user runs it.

mod channels;
mod merchants;
mod offline;
mod payouts;
mod serving;
