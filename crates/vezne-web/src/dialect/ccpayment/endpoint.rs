//! One path below one prefix: from the request's head to the answer's bytes.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::Response;
use tokio::time::Instant;
use vezne_core::model::identifier::DialectCode;
use vezne_core::model::time::Timestamp;
use vezne_core::port::Fault;
use vezne_wire::ccpayment::{AnswerCode, TokenRequest};
use vezne_wire::json::Object;
use vezne_wire::jwt;

use super::bearer::{self, Caller};
use super::keys::KeyRing;
use super::reply::Refusal;
use super::settings::CcPaymentSettings;
use super::{CODE, cashout, status, token};
use crate::dialect::body::{Arrived, Owner, Patience};
use crate::dialect::stranger::Stranger;
use crate::dialect::{answer as dialect_answer, body, caller, guard};
use crate::metrics::RequestMeter;
use crate::state::WebState;

/// A body from this size on is read on a thread where it holds up no other request.
pub(super) const LARGE_BODY: usize = 64 * 1_024;

/// What all paths of the dialect share.
pub(super) struct Desk {
    pub(super) web: Arc<WebState>,
    pub(super) dialect: DialectCode,
    pub(super) stranger: Stranger,
    pub(super) keys: KeyRing,
    /// The last token's id.
    tokens: AtomicU64,
}

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// A token against credentials.
    Token,
    /// Cash-out to bank.
    Cashout,
    /// What became of one.
    Status,
    /// The public halves of the token keys.
    Keys,
    /// Nothing has this path.
    Unknown,
}

/// One path with what it needs.
pub(super) struct Endpoint {
    desk: Arc<Desk>,
    task: Task,
    prefix: String,
    meter: RequestMeter,
}

impl Desk {
    pub(super) fn new(web: Arc<WebState>) -> Self {
        Self {
            dialect: CODE.into(),
            stranger: Stranger::default(),
            keys: KeyRing::default(),
            tokens: AtomicU64::default(),
            web,
        }
    }

    pub(super) fn settings(&self) -> &CcPaymentSettings {
        &self.web.settings.ccpayment
    }

    /// The id of the next token: the moment it is made at, or the next one that no token has.
    /// [`made_at`] reads it.
    pub(super) fn token_id(&self, now: Timestamp) -> String {
        let next = |last: u64| now.micros().unsigned_abs().max(last + 1);
        let taken =
            self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        let (Ok(last) | Err(last)) = taken;
        format!("{:x}", next(last))
    }

    /// The answer to wrong credentials, and to too many of them from one address. A right one is
    /// never turned away for the wrong ones of its neighbours.
    pub(super) fn turn_away(&self, address: IpAddr, code: AnswerCode) -> Refusal {
        let now = self.web.clock.now();
        if self.web.failed_logins.blocks(address, now) {
            return AnswerCode::TooManyRequests.into();
        }
        self.web.failed_logins.count(address, now);
        tracing::debug!(%address, code = code.name(), "turned away");
        code.into()
    }

    /// Logs a fault once and gives it a number.
    pub(super) fn fault(&self, fault: &Fault) -> Refusal {
        let incident = self.web.incident();
        tracing::error!(%incident, %fault, "a request was not answered");
        Refusal::incident(incident)
    }
}

/// The moment in a token's id, in microseconds: its claims only tell the second.
pub(super) fn made_at(token_id: &str) -> Option<i64> {
    i64::from_str_radix(token_id, 16).ok()
}

impl Task {
    const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Cashout => "cashout-tobank",
            Self::Status => "cashout-status",
            Self::Keys => "jwks",
            Self::Unknown => "unknown",
        }
    }

    const fn method(self) -> &'static str {
        match self {
            Self::Keys => "GET",
            Self::Token | Self::Cashout | Self::Status | Self::Unknown => "POST",
        }
    }
}

/// Answers any request to an endpoint, whatever its method.
pub(super) async fn answer(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    let started = Instant::now();
    let outcome = guard::guarded(endpoint.handle(request)).await;
    let outcome = outcome.unwrap_or_else(|panicked| Err(endpoint.panicked(panicked)));
    let code = outcome.as_ref().map_or_else(Refusal::code, |(code, _)| *code);
    let took = started.elapsed();
    // Codes are declared in the order of `AnswerCode::ALL`, which the meter was made with.
    endpoint.meter.record(code as usize, took);
    tracing::debug!(service = endpoint.task.name(), code = code.number(), ?took, "answered");
    let answered = |(_, body)| dialect_answer::json(StatusCode::OK, body);
    match outcome {
        Ok(told) => answered(told),
        Err(refusal) => refusal.into_response(endpoint.task == Task::Token),
    }
}

/// The code of an answer and its bytes.
type Answered = (AnswerCode, Vec<u8>);

impl Endpoint {
    pub(super) fn new(desk: Arc<Desk>, task: Task, prefix: &str) -> Self {
        let codes = AnswerCode::ALL.iter().map(|code| code.number());
        let meter = desk.web.metrics.requests(CODE, task.name(), codes);
        Self { desk, task, prefix: prefix.to_owned(), meter }
    }

    async fn handle(&self, request: Request) -> Result<Answered, Refusal> {
        let (head, body) = request.into_parts();
        let address = caller::address(&head, &self.desk.web);
        match self.task {
            Task::Keys | Task::Unknown => {
                self.body((&head, address), body, self.check_head(&head)).await?;
                self.keys().map(|body| (AnswerCode::Success, body))
            }
            Task::Token => {
                let body = self.body((&head, address), body, self.check_head(&head)).await?;
                let kind = head.headers.get(CONTENT_TYPE).map(|given| given.to_str());
                let kind = kind.transpose().map_err(|_| AnswerCode::NotJson)?;
                let request = TokenRequest::from_body(kind, &body);
                let request = request.map_err(|error| Refusal::from(&error))?;
                let granted = token::grant(&self.desk, request, address, &self.prefix).await?;
                Ok((AnswerCode::Success, granted))
            }
            Task::Cashout | Task::Status => self.admitted(head, body, address).await,
        }
    }

    /// What needs a token. It is looked at before the body, so that nobody else can have a large
    /// one read.
    async fn admitted(
        &self,
        head: Parts,
        body: Body,
        address: IpAddr,
    ) -> Result<Answered, Refusal> {
        let desk = &self.desk;
        let checked = self.check_head(&head);
        let caller = match checked {
            Ok(()) => bearer::admit(desk, &head.headers, address, &self.prefix).await,
            Err(refusal) => Err(refusal),
        };
        let caller = match caller {
            Ok(caller) => caller,
            refused @ Err(_) => {
                let unread = self.body((&head, address), body, refused.map(drop)).await;
                return Err(unread.err().unwrap_or_else(|| AnswerCode::Unauthenticated.into()));
            }
        };
        if self.task == Task::Status {
            let body = self.body((&head, address), body, Ok(())).await?;
            let request = status::read(&parse(&body)?, &caller)?;
            let told = status::tell(desk, request, &caller).await?;
            return Ok((AnswerCode::Success, told));
        }
        self.cashout(&head, body, caller).await
    }

    async fn cashout(&self, head: &Parts, body: Body, caller: Caller) -> Result<Answered, Refusal> {
        let desk = &self.desk;
        let settings = &desk.web.settings;
        let room = (&desk.web.rooms, Owner::Merchant(caller.merchant.id));
        let most = settings.ccpayment.max_body_bytes;
        let patience = Patience { most, each: settings.request_timeout };
        let body = body::read(room, &head.headers, body, patience).await?;
        let answered = cashout::cash_out(desk, body.bytes(), caller).await;
        drop(body);
        answered
    }

    fn check_head(&self, head: &Parts) -> Result<(), Refusal> {
        if self.task == Task::Unknown {
            return Err(AnswerCode::NotFound.into());
        }
        if head.method != self.task.method() {
            return Err(Refusal::wrong_method(self.task.method()));
        }
        match self.task {
            Task::Keys => Ok(()),
            Task::Token => body::check_encoding(&head.headers).map_err(Refusal::from),
            Task::Cashout | Task::Status | Task::Unknown => {
                body::check_head(&head.headers).map_err(Refusal::from)
            }
        }
    }

    /// A small body. It is read even when its head is refused already: unread, it would end the
    /// connection.
    async fn body(
        &self,
        (head, address): (&Parts, IpAddr),
        body: Body,
        verdict: Result<(), Refusal>,
    ) -> Result<Arrived, Refusal> {
        let settings = &self.desk.web.settings;
        let patience = Patience { most: settings.max_body_bytes, each: settings.request_timeout };
        let room = (&self.desk.web.rooms, Owner::at(address));
        let read = body::read(room, &head.headers, body, patience).await;
        verdict?;
        read.map_err(Refusal::from)
    }

    fn keys(&self) -> Result<Vec<u8>, Refusal> {
        let web = &self.desk.web;
        let keys = self.desk.keys.now(&web.store.directory(), web.clock.now());
        let keys = keys.map_err(|fault| self.desk.fault(&fault))?;
        Ok(jwt::jwks(keys.verifying()))
    }

    fn panicked(&self, panicked: guard::Panicked) -> Refusal {
        let incident = self.desk.web.incident();
        tracing::error!(%incident, service = self.task.name(), ?panicked, "a handler panicked");
        Refusal::incident(incident)
    }
}

fn parse(body: &[u8]) -> Result<Object<'_>, Refusal> {
    Object::parse(body).map_err(|error| Refusal::from(&error))
}
