//! The protocols that merchants speak, one folder each, and the list that registers them.
//!
//! A dialect decodes a request, has its merchant prove itself, submits one command to the engine
//! and tells the outcome in its protocol's words. Its own words never leave its folder.

mod answer;
pub mod applyfor;
pub mod bankopay;
mod body;
mod caller;
pub mod ccpayment;
mod form;
mod guard;
mod stranger;

use std::sync::Arc;

use axum::Router;
pub(crate) use body::{RoomSettings, Rooms};

use crate::state::WebState;

/// One protocol.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Its code, as a merchant's access names it.
    pub code: &'static str,
    /// Makes its routes.
    pub routes: fn(&Arc<WebState>) -> Router,
}

/// Every dialect, one line each.
pub const DIALECTS: &[Dialect] = &[
    Dialect { code: bankopay::CODE, routes: bankopay::routes },
    Dialect { code: ccpayment::CODE, routes: ccpayment::routes },
    Dialect { code: applyfor::CODE, routes: applyfor::routes },
];
