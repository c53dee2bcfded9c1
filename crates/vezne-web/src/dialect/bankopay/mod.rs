//! BankoPay: six withdrawal services and the bank list, as `bankopay.txt` documents them.
//!
//! Each path has an [`Endpoint`] with everything it needs found beforehand. A request passes, in
//! this order and no further than its first refusal: method, content type, size, JSON, credentials
//! present, credentials right, rate, fields, signature length, bank, beneficiary, engine. So a
//! caller that is not proven learns nothing about fields, and nothing is stored before the engine.
//!
//! Everything under the document's paths is answered in its own shape, unknown services included.

mod auth;
mod bank_list;
mod endpoint;
mod reply;
mod withdraw;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use vezne_wire::bankopay::Service;

use crate::state::WebState;
use endpoint::{Desk, Endpoint, Task};

/// The dialect's code.
pub(super) const CODE: &str = "bankopay";

/// The merchant's option that has a request refused of whose key not all is hashed in callbacks.
pub const HASH_WHOLE_KEY_OPTION: &str = "hash_whole_key";

/// The routes of all services, each with and without a slash at the end.
pub(super) fn routes(state: &Arc<WebState>) -> Router {
    let desk = Arc::new(Desk::new(Arc::clone(state)));
    let mut router = Router::new();
    for service in Service::ALL {
        let path = format!("/api/withdraw/{}", service.slug());
        router = add(router, &desk, Task::withdraw(service), &[&path, &format!("{path}/")]);
    }
    router = add(router, &desk, Task::BankList, &["/api/bank-list", "/api/bank-list/"]);
    let others =
        ["/api/withdraw", "/api/withdraw/", "/api/withdraw/{*rest}", "/api/bank-list/{*rest}"];
    add(router, &desk, Task::Unknown, &others)
}

fn add(router: Router, desk: &Arc<Desk>, task: Task, paths: &[&str]) -> Router {
    let endpoint = Arc::new(Endpoint::new(Arc::clone(desk), task));
    let method = any(endpoint::answer).with_state(endpoint);
    paths.iter().fold(router, |router, path| router.route(path, method.clone()))
}
