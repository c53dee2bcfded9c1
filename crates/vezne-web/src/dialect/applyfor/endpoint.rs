//! One path: from the request's head to the answer's bytes.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use tokio::time::Instant;
use vezne_core::model::channel::Channel;
use vezne_core::model::identifier::DialectCode;
use vezne_core::port::Fault;
use vezne_wire::applyfor::parameters::MAX_BODY;
use vezne_wire::applyfor::{
    ApplyRequest, BalanceQuery, BoolStyle, FormRuleRequest, LinkRequest, OrderQuery, Parameters,
    ParametersError, SigningKey, Status,
};
use vezne_wire::secret::SecretText;

use super::auth::admit;
use super::forms::{ChannelForm, Forms};
use super::reply::Refusal;
use super::{CODE, apply, hosted, query};
use crate::dialect::body::{Owner, Patience};
use crate::dialect::{answer as dialect_answer, body, caller, guard};
use crate::metrics::RequestMeter;
use crate::state::WebState;

/// What all paths of the dialect share.
pub(super) struct Desk {
    pub(super) web: Arc<WebState>,
    pub(super) dialect: DialectCode,
    /// The key that an account which nobody has is verified with, so that it takes as long as any
    /// other.
    pub(super) stranger: SigningKey,
    forms: Forms,
}

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// A withdrawal.
    Apply,
    /// The form of a channel.
    FormRule,
    /// What became of an order.
    Order,
    /// The balance.
    Balance,
    /// A link to the form of a channel.
    Link,
    /// No API has this path.
    Unknown,
}

/// One path with what it needs.
pub(super) struct Endpoint {
    desk: Arc<Desk>,
    task: Task,
    meter: RequestMeter,
}

impl Desk {
    pub(super) fn new(web: Arc<WebState>) -> Self {
        let stranger = SigningKey::new(SecretText::new("x".repeat(32)));
        Self { web, dialect: CODE.into(), stranger, forms: Forms::default() }
    }

    /// The channel that a request names.
    pub(super) fn channel(&self, pay_code: &str, currency: &str) -> Result<Arc<Channel>, Refusal> {
        let directory = self.web.store.directory();
        let found = directory.channel_by_pay_code(pay_code);
        let found = found.filter(|channel| channel.currency.code() == currency);
        found.map(Arc::clone).ok_or_else(|| {
            let message = "pay_code is not a channel's code for this currency.";
            Refusal::new(Status::UnknownChannel, message)
        })
    }

    /// The form of a channel.
    pub(super) fn form(&self, channel: &Arc<Channel>) -> Result<Arc<ChannelForm>, Refusal> {
        let form = self.forms.of(channel);
        form.map_err(|error| self.fault(&Fault(format!("channel {}: {error}", channel.code))))
    }

    /// Logs a fault once and gives it a number.
    pub(super) fn fault(&self, fault: &Fault) -> Refusal {
        let incident = self.web.incident();
        tracing::error!(%incident, %fault, "a request was not answered");
        Refusal::incident(incident)
    }
}

impl Task {
    const fn name(self) -> &'static str {
        match self {
            Self::Apply => "applyfor",
            Self::FormRule => "form-rule",
            Self::Order => "order-query",
            Self::Balance => "balance-query",
            Self::Link => "pay-out-link",
            Self::Unknown => "unknown",
        }
    }
}

/// Answers any request to an endpoint, whatever its method.
pub(super) async fn answer(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    let started = Instant::now();
    let outcome = endpoint.guarded(endpoint.handle(request)).await;
    let status = outcome.as_ref().err().map_or(Status::Success, Refusal::status);
    let took = started.elapsed();
    // Statuses are declared in the order of `Status::ALL`, which the meter was made with.
    endpoint.meter.record(status as usize, took);
    tracing::debug!(service = endpoint.task.name(), status = status.number(), ?took, "answered");
    let answered = |body| dialect_answer::json(StatusCode::OK, body);
    outcome.map_or_else(Refusal::into_response, answered)
}

impl Endpoint {
    pub(super) fn new(desk: Arc<Desk>, task: Task) -> Self {
        let statuses = Status::ALL.iter().map(|status| status.number());
        let meter = desk.web.metrics.requests(CODE, task.name(), statuses);
        Self { desk, task, meter }
    }

    async fn handle(&self, request: Request) -> Result<Vec<u8>, Refusal> {
        let (head, body) = request.into_parts();
        let settings = &self.desk.web.settings;
        let address = caller::address(&head, &self.desk.web);
        let verdict = self.check_head(&head);
        let most = settings.max_body_bytes.min(MAX_BODY);
        let patience = Patience { most, each: settings.request_timeout };
        // A body is read even when its head is refused already: unread, it would end the
        // connection.
        let room = (&self.desk.web.rooms, Owner::at(address));
        let body = body::read(room, &head.headers, body, patience).await;
        verdict?;
        let parameters = parameters(&head, &body?)?;
        // In a box: what the engine is asked makes a large future.
        Box::pin(self.work(&parameters, address)).await
    }

    fn check_head(&self, head: &Parts) -> Result<(), Refusal> {
        if self.task == Task::Unknown {
            return Err(Status::UnknownPath.into());
        }
        if head.method != Method::POST {
            let refusal = Refusal::new(Status::UnknownPath, "Send a POST request.");
            return Err(refusal.with_http_status(StatusCode::METHOD_NOT_ALLOWED));
        }
        body::check_encoding(&head.headers).map_err(Refusal::from)
    }

    /// Reads the request as what the path is for, once its caller is proven, and does it. From then
    /// on every refusal is signed.
    async fn work(&self, sent: &Parameters, address: IpAddr) -> Result<Vec<u8>, Refusal> {
        let desk = &*self.desk;
        match self.task {
            Task::Apply => {
                let (caller, request) = admit(desk, sent, address, ApplyRequest::decode).await?;
                caller.sign(self.guarded(apply::apply(desk, &caller, request, sent)).await)
            }
            Task::FormRule => {
                let (caller, request) =
                    admit(desk, sent, address, |p, _| FormRuleRequest::decode(p)).await?;
                let told = async { query::form_rule(desk, &caller, &request) };
                caller.sign(self.guarded(told).await)
            }
            Task::Order => {
                let (caller, request) =
                    admit(desk, sent, address, |p, _| OrderQuery::decode(p)).await?;
                caller.sign(self.guarded(query::order(desk, &caller, request)).await)
            }
            Task::Balance => {
                let (caller, request) =
                    admit(desk, sent, address, |p, _| BalanceQuery::decode(p)).await?;
                caller.sign(self.guarded(query::balance(desk, &caller, request)).await)
            }
            Task::Link => {
                let (caller, request) =
                    admit(desk, sent, address, |p, _| LinkRequest::decode(p)).await?;
                caller.sign(self.guarded(hosted::create(desk, &caller, request)).await)
            }
            Task::Unknown => Err(Status::UnknownPath.into()),
        }
    }

    /// A panic becomes a fault of ours.
    async fn guarded(
        &self,
        work: impl Future<Output = Result<Vec<u8>, Refusal>>,
    ) -> Result<Vec<u8>, Refusal> {
        guard::guarded(work).await.unwrap_or_else(|panicked| {
            let (incident, service) = (self.desk.web.incident(), self.task.name());
            tracing::error!(%incident, service, ?panicked, "a handler panicked");
            Err(Refusal::incident(incident))
        })
    }
}

/// The parameters of a body. One without a content type is taken for JSON, as simple clients leave
/// it out.
fn parameters(head: &Parts, body: &[u8]) -> Result<Parameters, Refusal> {
    let read = match head.headers.get(CONTENT_TYPE).map(|given| given.to_str()) {
        None => Parameters::from_body("application/json", body, BoolStyle::default()),
        Some(Ok(given)) => Parameters::from_body(given, body, BoolStyle::default()),
        Some(Err(_)) => Err(ParametersError::ContentType),
    };
    read.map_err(|error| Refusal::from(&error))
}
