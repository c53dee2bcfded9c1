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

use crate::state::{DiskRoom, WebState};

/// How long what the store told last is shown again. Counting payouts is dear when there are many.
const OVERVIEW_FRESH: Duration = Duration::from_secs(5);

/// From so many seconds on it is told how far the clock is off.
const DRIFT_TOLD: u64 = 2;

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
    plain(StatusCode::OK, "alive\n".to_owned())
}

/// Ready, with a line for each merchant that this process cannot serve as it is configured.
async fn ready(State(operations): State<Arc<Operations>>) -> impl IntoResponse {
    if !operations.web.is_ready() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "starting or stopping\n".to_owned());
    }
    // No payout has this id: the question is as cheap as one can be, and still needs an answer.
    match timeout(STORE_PATIENCE, operations.web.store.payout(PayoutId(0))).await {
        Ok(Ok(_)) => match takes_commits(&operations.web).await {
            Ok(()) => plain(StatusCode::OK, readiness(&operations.web)),
            Err(why) => plain(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("the store takes no commit: {why}\n"),
            ),
        },
        Ok(Err(_)) | Err(_) => {
            let text = "the store does not answer\n".to_owned();
            plain(StatusCode::SERVICE_UNAVAILABLE, text)
        }
    }
}

/// Whether what is accepted could be kept. Only after a group was undone there is a reason to ask,
/// and then the store is tried: traffic that is turned away would never show that it is well again.
async fn takes_commits(web: &WebState) -> Result<(), Fault> {
    if !web.engine.pulse().is_failing() {
        return Ok(());
    }
    // The little that is tried may still fit where no payout does.
    if web.disk().is_some_and(DiskRoom::is_full) {
        return Err(Fault("the disk is full".into()));
    }
    let late = |_| Err(Fault("it takes too long".into()));
    timeout(STORE_PATIENCE, web.store.prove_commits()).await.unwrap_or_else(late)?;
    web.engine.pulse().recovered();
    Ok(())
}

/// What a node that takes requests has to say. One without a worker, or that lacks what a merchant
/// needs, takes them all the same: what it promises is kept, by this node or by another one.
fn readiness(web: &WebState) -> String {
    let mut text = "ready\n".to_owned();
    for name in web.workers.missing() {
        text += &format!("degraded: {name} is not running\n");
    }
    for complaint in web.complaints() {
        text += &format!("degraded: {complaint}\n");
    }
    let ahead = web.clock.drift().ahead / 1_000_000;
    if ahead.unsigned_abs() >= DRIFT_TOLD {
        text += &format!("degraded: the clock was set, and is {ahead} seconds from the desk's\n");
    }
    text
}

fn plain(status: StatusCode, text: String) -> impl IntoResponse {
    (status, [(CACHE_CONTROL, "no-store")], text)
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
        web.metrics.show_commits(web.engine.pulse());
        web.metrics.show_connections(&web.store.connections());
        web.metrics.show_disk(web.disk());
        web.metrics.show_workers(&web.workers.standings());
        web.metrics.show_clock(web.clock.drift());
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
