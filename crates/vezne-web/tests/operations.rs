//! Probes and metrics, on their own router.

mod desk;

use axum::body::Body;
use axum::http::Request;
use desk::{Desk, Fields, send};
use vezne_web::operations_router;

async fn get(desk: &Desk, path: &str) -> desk::Answer {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    send(&operations_router(&desk.web), request).await
}

#[tokio::test]
async fn it_is_alive_before_it_is_ready() {
    let desk = Desk::open().await;
    assert_eq!(get(&desk, "/healthz").await.status, 200);
    assert_eq!(get(&desk, "/readyz").await.status, 503);
    desk.web.set_ready(true);
    assert_eq!(get(&desk, "/readyz").await.status, 200);
}

#[tokio::test]
async fn metrics_count_answers_and_show_what_stands_where_without_an_id() {
    let desk = Desk::open().await;
    let body = Fields::sample("papara").body();
    desk.post("/api/withdraw/papara", body).await;
    desk.post("/api/withdraw/papara", "{").await;
    let page = get(&desk, "/metrics").await;
    let openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(page.headers.get("content-type").expect("one"), openmetrics);
    for line in [
        r#"vezne_requests_total{dialect="bankopay",service="papara",code="200"} 1"#,
        r#"vezne_requests_total{dialect="bankopay",service="papara",code="20001"} 1"#,
        r#"vezne_payouts{state="awaiting-approval"} 1"#,
        "vezne_engine_queue_length 0",
        "# EOF",
    ] {
        assert!(page.body.lines().any(|found| found == line), "{line} is not in\n{}", page.body);
    }
    assert!(!page.body.contains("456454646") && !page.body.contains("\"1001\""));
}

#[tokio::test]
async fn merchants_do_not_reach_it() {
    let desk = Desk::open().await;
    for path in ["/metrics", "/healthz", "/readyz", "/"] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        assert_eq!(desk.send(request).await.status, 404, "{path}");
    }
}
