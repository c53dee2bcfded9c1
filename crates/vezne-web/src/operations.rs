//! For the platform engineer: is it alive, may traffic come, what does it count.
//!
//! These routes are bound to an address of their own, since they are nobody else's business.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use vezne_core::model::identifier::PayoutId;
use vezne_core::port::{Fault, Overview};

use crate::state::WebState;

/// How long what the store told last is shown again. Counting payouts is dear when there are many.
const OVERVIEW_FRESH: Duration = Duration::from_secs(5);

/// How long the store may take over a probe's or a scrape's question.
const STORE_PATIENCE: Duration = Duration::from_secs(5);

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

struct Operations {
    web: Arc<WebState>,
    /// When the store was asked last. Held while asking, so that scrapes never ask at once.
    asked: Mutex<Option<Instant>>,
}

/// `GET /healthz` (the program runs), `/readyz` (it is ready and the store answers) and `/metrics`.
pub fn operations_router(state: &Arc<WebState>) -> Router {
    let operations = Operations { web: Arc::clone(state), asked: Mutex::new(None) };
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Arc::new(operations))
}

async fn alive() -> impl IntoResponse {
    plain(StatusCode::OK, "alive\n")
}

/// Ready, with a line for each merchant that this process cannot serve as it is configured.
async fn ready(State(operations): State<Arc<Operations>>) -> impl IntoResponse {
    if !operations.web.is_ready() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "starting or stopping\n");
    }
    // No payout has this id: the question is as cheap as one can be, and still needs an answer.
    match timeout(STORE_PATIENCE, operations.web.store.payout(PayoutId(0))).await {
        Ok(Ok(_)) => {
            let complaints = operations.web.complaints().into_iter().map(|what| what + "\n");
            plain(StatusCode::OK, &("ready\n".to_owned() + &complaints.collect::<String>()))
        }
        Ok(Err(_)) | Err(_) => {
            plain(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
        }
    }
}

fn plain(status: StatusCode, text: &str) -> impl IntoResponse + use<> {
    (status, [(CACHE_CONTROL, "no-store")], text.to_owned())
}

async fn metrics(State(operations): State<Arc<Operations>>) -> impl IntoResponse {
    operations.refresh().await;
    let headers = [(CONTENT_TYPE, OPENMETRICS), (CACHE_CONTROL, "no-store")];
    (headers, operations.web.metrics.encode())
}

impl Operations {
    async fn refresh(&self) {
        let Self { web, asked } = self;
        web.metrics.show_queue(web.engine.waiting());
        let mut asked = asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < OVERVIEW_FRESH) {
            return;
        }
        let overview = self.overview().await;
        if let Err(fault) = &overview {
            tracing::warn!(%fault, "the store could not tell what stands where");
        }
        web.metrics.show_overview(&overview, web.clock.now());
        *asked = Some(Instant::now());
    }

    async fn overview(&self) -> Result<Overview, Fault> {
        let late = |_| Err(Fault("the store took too long".into()));
        timeout(STORE_PATIENCE, self.web.store.overview()).await.unwrap_or_else(late)
    }
}
