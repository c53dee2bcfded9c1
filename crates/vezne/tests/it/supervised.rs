//! A worker that ends although nobody told it to is begun again, and readiness says so meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use vezne::supervisor::Supervisor;

use crate::support::http::{Connection, PATIENCE};
use crate::support::{Desk, Left};

/// What the operations' address says at this path.
async fn operations(desk: &Desk, path: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let web = Arc::clone(desk.web());
    let server = tokio::spawn(async move {
        let app = vezne_web::operations_router(&web);
        vezne_web::serve(listener, app, &web.settings, std::future::pending(), PATIENCE).await;
    });
    let answer = Connection::open(address).await.send("GET", path, "", b"").await;
    server.abort();
    answer.body
}

#[tokio::test]
async fn a_worker_that_panics_is_begun_again() {
    let desk = Desk::open().await;
    desk.web().set_ready(true);
    assert_eq!(operations(&desk, "/readyz").await, "ready\n");
    let (stop, stopped) = watch::channel(false);
    let mut supervisor = Supervisor::new(Arc::clone(desk.web()), stopped.clone());
    let begun = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&begun);
    supervisor.keep("dispatch", move || {
        let (number, mut stopped) = (counted.fetch_add(1, Ordering::SeqCst), stopped.clone());
        async move {
            assert!(number > 0, "on purpose, the first time");
            drop(stopped.wait_for(|stop| *stop).await);
        }
    });
    let watched = async {
        let mut said = String::new();
        while begun.load(Ordering::SeqCst) < 2 {
            let now = operations(&desk, "/readyz").await;
            if now != "ready\n" {
                said = now;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        said
    };
    let said = tokio::time::timeout(PATIENCE, watched).await.expect("it is begun again");
    assert_eq!(said, "ready\ndegraded: dispatch is not running\n");
    let page = operations(&desk, "/metrics").await;
    for line in [
        "vezne_worker_running{worker=\"dispatch\"} 1",
        "vezne_worker_failures_total{worker=\"dispatch\"} 1",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
    }
    assert!(desk.web().workers.missing().is_empty());
    stop.send_replace(true);
    tokio::time::timeout(PATIENCE, supervisor.ended()).await.expect("it ends when it is told to");
    assert_eq!(begun.load(Ordering::SeqCst), 2);
    desk.end(Left::default()).await;
}
