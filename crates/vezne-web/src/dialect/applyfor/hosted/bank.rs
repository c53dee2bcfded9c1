//! The bank of an IBAN, shown back while it is typed.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use url::form_urlencoded;
use vezne_core::model::merchant::Mode;
use vezne_core::model::turkish_bank;
use vezne_wire::applyfor::{Checks, Rule};
use vezne_wire::json::ObjectWriter;

use super::super::endpoint::Desk;
use super::session::{Session, Unopened};
use crate::dialect::answer::json;
use crate::dialect::caller;

/// The longest text that is looked at: an IBAN with as many spaces as anybody types.
const MAX_IBAN: usize = 68;

/// `GET /pay-out/TOKEN/bank?iban=`
pub(super) async fn answer(
    State(desk): State<Arc<Desk>>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let now = desk.web.clock.now();
    let (head, _) = request.into_parts();
    let address = caller::address(&head, &desk.web);
    let session = match Session::open(&desk, &token, (address, now)) {
        Ok(session) if session.is_over(now) => return json(StatusCode::GONE, b"{}".to_vec()),
        Ok(session) => session,
        Err(Unopened::Unknown) => return json(StatusCode::NOT_FOUND, b"{}".to_vec()),
        Err(Unopened::TooMany) => return json(StatusCode::TOO_MANY_REQUESTS, b"{}".to_vec()),
    };
    let query = head.uri.query().unwrap_or_default();
    let iban = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "iban");
    let iban = iban.map(|(_, iban)| iban).unwrap_or_default();
    let valid = is_iban(&iban, session.proof.merchant().mode);
    json(StatusCode::OK, told(valid, valid.then(|| bank_of(&iban)).flatten()))
}

fn told(valid: bool, bank: Option<&str>) -> Vec<u8> {
    let mut body = Vec::with_capacity(96);
    let mut writer = ObjectWriter::open(&mut body);
    writer.raw("valid", if valid { "true" } else { "false" });
    match bank {
        Some(name) => writer.text("bank", name),
        None => writer.raw("bank", "null"),
    };
    writer.close();
    body
}

/// Whether a text is an IBAN, as strictly as the mode asks.
fn is_iban(text: &str, mode: Mode) -> bool {
    text.len() <= MAX_IBAN && !text.is_empty() && Rule::Iban.check(text, checks(mode)).is_ok()
}

/// How strictly a merchant's forms are checked.
pub(super) const fn checks(mode: Mode) -> Checks {
    match mode {
        Mode::Sandbox => Checks::Structural,
        Mode::Live => Checks::Strict,
    }
}

/// The name of the bank that an IBAN belongs to, where it is known.
pub(super) fn bank_of(iban: &str) -> Option<&'static str> {
    turkish_bank::of_iban(iban).map(|bank| bank.name)
}
