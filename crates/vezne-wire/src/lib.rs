//! The published protocols, both sides, without I/O.
//!
//! A merchant keeps the withdrawal API it has integrated already; this crate knows how that API's
//! requests, answers, callbacks and signatures are written and read. It has both sides of each
//! protocol, so the dialect that answers a call and the rail that makes one share their types.
//!
//! It knows nothing of payouts, asks no clock and draws no random number: instants and salts are
//! parameters. The one exception is [`jwt::SigningKey::generate`]. Money is `i64` minor units, read
//! from the text of the amount; no float exists.
//!
//! Shared by the protocols: [`json`], [`form`], [`body`], [`amount`], [`field`], [`extras`],
//! [`letters`], [`note`], [`time`], [`secret`], [`jwt`] and [`standard_webhooks`]. One module for
//! each protocol: [`bankopay`], [`ccpayment`], [`applyfor`].

#![deny(clippy::float_arithmetic)]

pub mod amount;
pub mod applyfor;
pub mod bankopay;
pub mod body;
pub mod ccpayment;
mod code_table;
mod decimal;
mod digest;
pub mod extras;
pub mod field;
pub mod form;
pub mod json;
pub mod jwt;
pub mod letters;
pub mod note;
pub mod secret;
pub mod standard_webhooks;
pub mod time;
