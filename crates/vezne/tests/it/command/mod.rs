//! The command line as a user runs it.

mod applyfor_sign;
mod ccpayment;
mod channels;
mod copy;
mod data;
mod hash_key;
mod merchants;
mod offline;
mod payouts;
mod printing;
mod send;
mod serving;
mod shared;
