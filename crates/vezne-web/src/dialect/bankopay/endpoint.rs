//! One path of the document: from the request's head to the answer's bytes.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use tokio::time::Instant;
use vezne_core::model::identifier::{ChannelCode, DialectCode};
use vezne_wire::bankopay::{AnswerCode, Service};
use vezne_wire::json::Object;

use super::reply::{Refusal, accepted};
use super::{CODE, auth, bank_list, withdraw};
use crate::dialect::body::{Owner, Patience};
use crate::dialect::stranger::Stranger;
use crate::dialect::{body, caller, guard};
use crate::metrics::RequestMeter;
use crate::state::WebState;

/// What all paths of the dialect share.
pub(super) struct Desk {
    pub(super) web: Arc<WebState>,
    pub(super) dialect: DialectCode,
    pub(super) stranger: Stranger,
}

/// What a path is for.
pub(super) enum Task {
    /// One of the six services, which is a channel.
    Withdraw {
        /// As the wire knows it.
        service: Service,
        /// As the core knows it.
        channel: ChannelCode,
    },
    /// The bank list.
    BankList,
    /// No service has this path.
    Unknown,
}

/// One path with what it needs.
pub(super) struct Endpoint {
    pub(super) desk: Arc<Desk>,
    task: Task,
    name: &'static str,
    meter: RequestMeter,
}

impl Desk {
    pub(super) fn new(web: Arc<WebState>) -> Self {
        Self { web, dialect: CODE.into(), stranger: Stranger::default() }
    }
}

impl Task {
    pub(super) fn withdraw(service: Service) -> Self {
        Self::Withdraw { service, channel: service.slug().into() }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Withdraw { service, .. } => service.slug(),
            Self::BankList => "bank-list",
            Self::Unknown => "unknown",
        }
    }
}

/// Answers any request to an endpoint, whatever its method.
pub(super) async fn answer(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    let started = Instant::now();
    let outcome = guard::guarded(endpoint.handle(request)).await;
    let outcome = outcome.unwrap_or_else(|panicked| Err(endpoint.panicked(panicked)));
    let code = outcome.as_ref().err().map_or(AnswerCode::Created, Refusal::code);
    let took = started.elapsed();
    // Codes are declared in the order of `AnswerCode::ALL`, which the meter was made with.
    endpoint.meter.record(code as usize, took);
    tracing::debug!(service = endpoint.name, code = code.number(), ?took, "answered");
    outcome.map_or_else(Refusal::into_response, accepted)
}

impl Endpoint {
    pub(super) fn new(desk: Arc<Desk>, task: Task) -> Self {
        let name = task.name();
        let codes = AnswerCode::ALL.iter().map(|code| code.number());
        let meter = desk.web.metrics.requests(CODE, name, codes);
        Self { desk, task, name, meter }
    }

    async fn handle(&self, request: Request) -> Result<Vec<u8>, Refusal> {
        let (head, body) = request.into_parts();
        let settings = &self.desk.web.settings;
        let address = caller::address(&head, &self.desk.web);
        let verdict = self.check_head(&head);
        // A body is read even when its head is refused already: unread, it would end the
        // connection.
        let room = (&self.desk.web.rooms, Owner::at(address));
        let patience = Patience { most: settings.max_body_bytes, each: settings.request_timeout };
        let body = body::read(room, &head.headers, body, patience).await;
        verdict?;
        self.work(&body?, address).await
    }

    fn check_head(&self, head: &Parts) -> Result<(), Refusal> {
        if matches!(self.task, Task::Unknown) {
            return Err(AnswerCode::UnknownService.into());
        }
        if head.method != Method::POST {
            let refusal = Refusal::new(AnswerCode::UnknownService, "Send a POST request.");
            return Err(refusal.with_status(StatusCode::METHOD_NOT_ALLOWED));
        }
        body::check_head(&head.headers).map_err(Refusal::from)
    }

    async fn work(&self, body: &[u8], address: IpAddr) -> Result<Vec<u8>, Refusal> {
        let desk = &self.desk;
        let object = Object::parse(body).map_err(|error| Refusal::from(&error))?;
        let proof = auth::authenticate(desk, &object, address).await?;
        match &self.task {
            Task::Withdraw { service, channel } => {
                let withdrawal = withdraw::read(desk, &object, *service, channel, proof)?;
                // The members are not needed while the engine works.
                drop(object);
                withdrawal.submit(&desk.web).await
            }
            Task::BankList => Ok(bank_list::encode(proof.merchant())),
            Task::Unknown => Err(AnswerCode::UnknownService.into()),
        }
    }

    fn panicked(&self, panicked: guard::Panicked) -> Refusal {
        let incident = self.desk.web.incident();
        tracing::error!(%incident, service = self.name, ?panicked, "a handler panicked");
        Refusal::incident(incident)
    }
}
