//! The pages that people work in, in a real browser against the built program.
//!
//! Without `VEZNE_CHROMEDRIVER` they are skipped, which is said loudly. `VEZNE_SCREENSHOTS=1`
//! renews the pictures of the documentation.

#![expect(clippy::panic, reason = "a harness fails by panicking, in its helpers too")]

#[path = "../support/database.rs"]
mod database;
mod driver;
mod form;
mod http;
mod judge;
mod page;
#[expect(dead_code, reason = "the other tests need more of it")]
#[path = "../it/support/program.rs"]
mod program;
mod shop;
