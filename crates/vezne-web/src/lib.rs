//! The only crate that answers HTTP.
//!
//! Merchants speak to one of the [`dialect`]s: each decodes a published protocol, proves who asks,
//! hands one command to the engine and says the outcome in the protocol's own words. The platform
//! engineer speaks to [`operations_router`], bound to another address: health and metrics.
//! [`serve`] accepts the connections of either, with a cap and timeouts, and drains them on
//! shutdown.
//!
//! No money rule lives here, and nothing here knows how a payout is stored.

mod client_address;
pub mod dialect;
mod limiter;
mod metrics;
mod operations;
pub mod receiver;
mod server;
mod state;
mod usage;
mod workers;

pub use client_address::{Peer, client_address};
pub use limiter::EXCHANGE_EVERY;
pub use metrics::{Metrics, RequestMeter};
pub use operations::operations_router;
pub use server::serve;
pub use state::{Complaints, DestinationRule, DiskLook, DiskRoom, WebSettings, WebState};
pub use workers::Workers;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;

/// The routes of every dialect, for merchants.
pub fn router(state: &Arc<WebState>) -> Router {
    let dialects = dialect::DIALECTS.iter().map(|dialect| (dialect.routes)(state));
    dialects.fold(Router::new(), Router::merge).fallback(nothing_here)
}

async fn nothing_here() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "There is nothing here.\n")
}
