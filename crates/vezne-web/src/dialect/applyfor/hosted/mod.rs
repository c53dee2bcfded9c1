//! The hosted form: a page with a channel's form, for merchants who build none of their own.
//!
//! `POST /pay-out/link` is signed like every request and answers with a link; `GET /pay-out/TOKEN`
//! shows the form, and what became of the order once there is one; `POST` to it submits exactly
//! what `/applyfor` would. The token is all the authority that there is, and all the memory: the
//! `orderid` in it is used once, so a link is.
//!
//! The page works without its script. Whatever a person or a merchant wrote is escaped by the
//! templates, and the policy of every page allows nothing but our own files.

mod assets;
mod bank;
mod fields;
mod language;
mod link;
mod page;
mod quote;
mod session;
mod strings;
mod submit;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get};

use super::endpoint::Desk;

pub(super) use link::create;

/// The paths of the page. That of the link is one of the signed API.
pub(super) fn routes(desk: &Arc<Desk>) -> Router {
    let pages = any(page::answer).with_state(Arc::clone(desk));
    let bank = get(bank::answer).with_state(Arc::clone(desk));
    Router::new()
        .route("/pay-out/assets/form.css", get(assets::css))
        .route("/pay-out/assets/form.js", get(assets::js))
        .route("/pay-out/{token}", pages)
        .route("/pay-out/{token}/bank", bank)
}
