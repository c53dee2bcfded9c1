//! One visit of a link: from the request to the page.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use vezne_core::engine::Failure;
use vezne_core::model::channel::Channel;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::merchant::{Merchant, Mode};
use vezne_core::model::money::Money;
use vezne_core::model::refusal::{Declined, SubmitRefusal};
use vezne_core::port::Fault;
use vezne_wire::applyfor::parameters::MAX_BODY;

use super::super::apply;
use super::super::endpoint::Desk;
use super::super::forms::ChannelForm;
use super::fields::Fields;
use super::language::Wish;
use super::quote::{Quote, quote};
use super::session::{Session, Standing, Unopened};
use super::strings::{Strings, Told, strings};
use super::submit::{Problems, Sending, Sent};
use super::view::{FormPage, MessagePage, Status, StatusPage, html};
use crate::dialect::body::{Owner, Patience};
use crate::dialect::{body, caller, guard};

/// Answers `/pay-out/TOKEN`, whatever its method.
pub(super) async fn answer(
    State(desk): State<Arc<Desk>>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let wish = Wish::of(&head);
    // In a box: what the engine is asked makes a large future.
    let visited = guard::guarded(Box::pin(visit(&desk, &token, &head, wish, body))).await;
    visited.unwrap_or_else(|panicked| {
        let page = Page { desk: &desk, t: strings(wish.language(None)), return_url: None };
        page.fault(&Fault(format!("{panicked:?}")))
    })
}

async fn visit(desk: &Desk, token: &str, head: &Parts, wish: Wish, body: Body) -> Response {
    let settings = &desk.web.settings;
    // A body is read even when its head is refused already: unread, it would end the connection.
    let most = settings.max_body_bytes.min(MAX_BODY);
    let patience = Patience { most, each: settings.request_timeout };
    let address = caller::address(head, &desk.web);
    let room = (&desk.web.rooms, Owner::at(address));
    let body = body::read(room, &head.headers, body, patience).await;
    let stranger = Page { desk, t: strings(wish.language(None)), return_url: None };
    let posted = head.method == Method::POST;
    if !posted && head.method != Method::GET && head.method != Method::HEAD {
        let mut response = stranger.message(StatusCode::METHOD_NOT_ALLOWED, stranger.t.unreadable);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
        return response;
    }
    let session = match Session::open(desk, token, (address, desk.web.clock.now())) {
        Ok(session) => session,
        Err(Unopened::Unknown) => {
            return stranger.message(StatusCode::NOT_FOUND, stranger.t.unknown);
        }
        Err(Unopened::TooMany) => {
            return stranger.message(StatusCode::TOO_MANY_REQUESTS, stranger.t.too_many);
        }
    };
    let return_url = session.return_url();
    let page = Page { desk, t: strings(wish.language(session.link.fixed.language)), return_url };
    let visit = Visit { page, session: &session, head };
    match (posted, body) {
        (false, _) => visit.show().await,
        (true, _) if is_cross_site(head) => page.message(StatusCode::FORBIDDEN, page.t.foreign),
        (true, Ok(body)) if is_form(head) => visit.send(&body).await,
        (true, _) => page.message(StatusCode::BAD_REQUEST, page.t.unreadable),
    }
}

/// Whether a browser says that another site has sent the form.
fn is_cross_site(head: &Parts) -> bool {
    head.headers.get("sec-fetch-site").is_some_and(|site| site.as_bytes() == b"cross-site")
}

fn is_form(head: &Parts) -> bool {
    let given = head.headers.get(CONTENT_TYPE).and_then(|given| given.to_str().ok());
    let essence = given.unwrap_or_default().split(';').next().unwrap_or_default();
    body::check_encoding(&head.headers).is_ok()
        && essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// What every page of one visit shares.
#[derive(Clone, Copy)]
struct Page<'a> {
    desk: &'a Desk,
    t: &'static Strings,
    return_url: Option<&'a str>,
}

impl Page<'_> {
    fn message(&self, status: StatusCode, told: Told) -> Response {
        self.words(status, told.title, told.text)
    }

    fn words(&self, status: StatusCode, title: &str, text: &str) -> Response {
        let page = MessagePage { t: self.t, title, text, return_url: self.return_url };
        let mut response = html(status, &page);
        if [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }

    fn refused(&self, why: &SubmitRefusal) -> Response {
        self.words(StatusCode::CONFLICT, self.t.refused_title, &self.t.refusal(why))
    }

    /// A fault of ours, logged once and told by nothing but its number.
    fn fault(&self, fault: &Fault) -> Response {
        let incident = self.desk.web.incident();
        tracing::error!(%incident, %fault, "a page was not shown");
        let text = self.t.fault.value(incident);
        self.words(StatusCode::INTERNAL_SERVER_ERROR, self.t.fault_title, &text)
    }

    fn failed(&self, failure: &Failure<Declined>) -> Response {
        match failure {
            Failure::Refused(declined) => self.refused(&declined.why),
            Failure::Busy => self.message(StatusCode::SERVICE_UNAVAILABLE, self.t.busy),
            Failure::Fault(fault) => self.fault(fault),
        }
    }
}

/// A visit whose link is genuine.
struct Visit<'a> {
    page: Page<'a>,
    session: &'a Session,
    head: &'a Parts,
}

/// What the form is made of.
struct Parties {
    channel: Arc<Channel>,
    form: Arc<ChannelForm>,
    quote: Quote,
}

impl Visit<'_> {
    fn merchant(&self) -> &Arc<Merchant> {
        self.session.proof.merchant()
    }

    /// The form, or what became of it.
    async fn show(&self) -> Response {
        let page = self.page;
        match self.standing().await {
            Ok(Standing::Payout(id)) => self.status(id).await,
            Ok(Standing::Closed(why)) => page.refused(&why),
            Ok(Standing::Free) => match self.parties() {
                Ok(parties) => self.form(StatusCode::OK, &parties, Problems::default()),
                Err(refusal) => *refusal,
            },
            Err(response) => *response,
        }
    }

    /// Takes a form that was sent. Sent twice, it leads to what became of the first.
    async fn send(&self, body: &[u8]) -> Response {
        let page = self.page;
        match self.standing().await {
            Ok(Standing::Payout(_)) => return self.see_status(),
            Ok(Standing::Closed(why)) => return page.refused(&why),
            Ok(Standing::Free) => {}
            Err(response) => return *response,
        }
        let parties = match self.parties() {
            Ok(parties) => parties,
            Err(response) => return *response,
        };
        let address = caller::address(self.head, &page.desk.web).to_string();
        let (desk, session, strings) = (page.desk, self.session, page.t);
        let Parties { channel, form, .. } = &parties;
        let sending = Sending { desk, session, channel, form, strings, address };
        match sending.send(body).await {
            Sent::Stands => self.see_status(),
            Sent::Wrong(problems) => {
                self.form(StatusCode::UNPROCESSABLE_ENTITY, &parties, problems)
            }
            Sent::Refused(why) => page.refused(&why),
            Sent::Failed(failure) => page.failed(&failure),
        }
    }

    /// What stands under the order; an answer when the link has ended or nobody can tell.
    async fn standing(&self) -> Result<Standing, Box<Response>> {
        let (page, now) = (self.page, self.page.desk.web.clock.now());
        let over = || Box::new(page.message(StatusCode::GONE, page.t.expired));
        if self.session.is_forgotten(now) {
            return Err(over());
        }
        let standing = self.session.standing(page.desk).await;
        match standing.map_err(|failure| Box::new(page.failed(&failure)))? {
            Standing::Free if self.session.is_over(now) => Err(over()),
            Standing::Closed(_) if self.merchant().retry_refused => Ok(Standing::Free),
            standing @ (Standing::Free | Standing::Payout(_) | Standing::Closed(_)) => Ok(standing),
        }
    }

    /// Channel and figures as they are now, or why they are none.
    fn parties(&self) -> Result<Parties, Box<Response>> {
        let (page, fixed) = (self.page, &self.session.link.fixed);
        let gone = || {
            let (title, text) = (page.t.refused_title, page.t.not_offered);
            Box::new(page.words(StatusCode::CONFLICT, title, text))
        };
        let channel = page.desk.channel(&fixed.pay_code, &fixed.currency).map_err(|_| gone())?;
        let form = page.desk.form(&channel).map_err(|_| gone())?;
        let amount = apply::amount(&fixed.amount, &channel).map_err(|_| gone())?;
        let quote = quote(self.merchant(), &channel, amount);
        let quote = quote.map_err(|why| Box::new(page.refused(&why)))?;
        Ok(Parties { channel, form, quote })
    }

    fn form(&self, status: StatusCode, parties: &Parties, problems: Problems) -> Response {
        let Parties { channel, form, quote } = parties;
        let fields = Fields { form: &form.shown, channel, link: &self.session.link };
        let views = fields.views(&problems.values, &problems.errors);
        let labelled = |(name, text): (String, String)| {
            let field = views.iter().find(|field| field.name == name);
            let label = field.map_or_else(|| name.clone(), |field| field.label.clone());
            (name, label, text)
        };
        let errors = problems.errors.into_iter().map(labelled).collect();
        let page = FormPage {
            t: self.page.t,
            merchant: &self.merchant().name,
            channel: &channel.name,
            description: &channel.description,
            quote: *quote,
            errors,
            fields: views,
            general: problems.general,
            strict: self.merchant().mode == Mode::Live,
        };
        html(status, &page)
    }

    async fn status(&self, id: PayoutId) -> Response {
        let page = self.page;
        let payout = match page.desk.web.store.payout(id).await {
            Ok(Some(payout)) if payout.merchant == self.merchant().id => payout,
            Ok(_) => return page.fault(&Fault(format!("payout {id} is not there"))),
            Err(fault) => return page.fault(&fault),
        };
        let directory = page.desk.web.store.directory();
        let channel = directory.channel(&payout.channel);
        let net = payout.paid().unwrap_or(Money::zero(payout.amount.currency()));
        let status = StatusPage {
            t: page.t,
            merchant: &self.merchant().name,
            channel: channel.map_or(payout.channel.as_str(), |channel| &channel.name),
            status: Status::of(&payout, page.t),
            quote: Quote { amount: payout.amount, commission: payout.receiver_commission, net },
            reference: &payout.reference.text,
            account: payout.beneficiary.masked_account(),
            return_url: page.return_url,
        };
        html(StatusCode::OK, &status)
    }

    /// The same URL again, by GET.
    fn see_status(&self) -> Response {
        let uri = &self.head.uri;
        let here = uri.path_and_query().map_or(uri.path(), |here| here.as_str());
        let Ok(location) = HeaderValue::from_str(here) else {
            return self.page.message(StatusCode::BAD_REQUEST, self.page.t.unreadable);
        };
        let mut response = self.page.message(StatusCode::SEE_OTHER, self.page.t.pending);
        response.headers_mut().insert(LOCATION, location);
        response
    }
}
