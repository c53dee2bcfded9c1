//! /applyfor: withdrawals and the forms of channels, as `applyfor-withdrawal.txt` documents them,
//! and extensions of ours, signed in the same way: `/order/query`, `/balance/query` and
//! `/pay-out/link`, whose answer leads to a page with a channel's form ([`hosted`]).
//!
//! A request passes, in this order and no further than its first refusal: method, content type,
//! size, shape, account and signature, rate, timestamp, `notify_url`, channel and form, amount,
//! bank, and then the engine: duplicate, limits, balance (`research/wire-facts.md` C16). An unknown
//! account, a wrong signature and a foreign address get one answer after the same work, so nothing
//! about the business shows before the signature holds. A request whose content was accepted before
//! is a duplicate whatever has changed since, the clock included: its merchant would refund what is
//! paid.
//!
//! Every answer is signed as the merchant signs, with the secret that it signed with. The exception
//! are callers who have not proved themselves; their answers have an empty `sign`. A signature over
//! a text that a stranger knows would let him guess at the secret on his own machine, and tell him
//! which accounts exist (`research/reliability.md` PD2).

mod apply;
mod auth;
mod beneficiary;
mod destination;
mod endpoint;
mod forms;
mod hosted;
mod options;
mod query;
mod reply;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;

use crate::state::WebState;
use endpoint::{Desk, Endpoint, Task};

pub use options::{
    NOTIFY_HOSTS_OPTION, OLDER_GENERATION_OPTION, SIGN_EMPTIES_OPTION, SIGN_STYLE_OPTION,
    STRICT_DUPLICATES_OPTION, TIMESTAMP_WINDOW_OPTION,
};

/// The dialect's code.
pub(super) const CODE: &str = "applyfor";

/// Each path, which is there with a slash at its end too.
const PATHS: [(&str, Task); 9] = [
    ("/applyfor", Task::Apply),
    ("/channel/formRule", Task::FormRule),
    ("/order/query", Task::Order),
    ("/balance/query", Task::Balance),
    ("/pay-out/link", Task::Link),
    ("/applyfor/{*rest}", Task::Unknown),
    ("/channel/{*rest}", Task::Unknown),
    ("/order/{*rest}", Task::Unknown),
    ("/balance/{*rest}", Task::Unknown),
];

/// The routes of the document and of our queries.
pub(super) fn routes(state: &Arc<WebState>) -> Router {
    let desk = Arc::new(Desk::new(Arc::clone(state)));
    let mut router = hosted::routes(&desk);
    for (path, task) in PATHS {
        let endpoint = Arc::new(Endpoint::new(Arc::clone(&desk), task));
        let method = any(endpoint::answer).with_state(endpoint);
        router = router.route(path, method.clone());
        if !path.ends_with('}') {
            router = router.route(&format!("{path}/"), method);
        }
    }
    router
}
