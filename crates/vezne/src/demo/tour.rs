//! The tour: every sample of the document as a real request, every answer held against the
//! document's, every callback checked as a merchant would.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, timeout};
use vezne_core::model::merchant::Mode;
use vezne_outbound::OutboundSettings;
use vezne_outbound::destination::{Guard, SystemResolver};
use vezne_outbound::http::Client;
use vezne_web::receiver::Received;
use vezne_wire::bankopay::samples::{self, Sample, WITHDRAWALS, compact};
use vezne_wire::bankopay::{Service, Status, WithdrawCallback};
use vezne_wire::json::Object;

use super::merchant::Callbacks;
use super::{SITE_KEY, merchant};
use crate::commands::Error;
use crate::commands::serve::Server;
use crate::control::Control;
use crate::control::request::{CallbackRequest, Request};
use crate::control::view::Reply;
use crate::output::{Output, table};

/// How long a callback of the simulator may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The tour with what it found so far.
pub(super) struct Tour {
    base: String,
    client: Client,
    guard: Guard,
    control: Control,
    database: PathBuf,
    callbacks: Callbacks,
    output: Output,
    steps: Vec<Step>,
}

struct Step {
    what: String,
    /// Nothing when it holds; otherwise what differs.
    wrong: Option<String>,
}

/// One answer over HTTP.
struct Answer {
    status: u16,
    body: String,
}

impl Tour {
    pub(super) fn new(
        server: &Server,
        callbacks: merchant::Callbacks,
        database: PathBuf,
        output: Output,
    ) -> Result<Self, Error> {
        let settings = OutboundSettings::default();
        Ok(Self {
            base: format!("http://{}", server.address),
            client: Client::new(&settings)?,
            guard: Guard::new(&settings, Arc::new(SystemResolver))?,
            control: server.control(),
            database,
            callbacks,
            output,
            steps: Vec::new(),
        })
    }

    /// Shows everything; true when all of it holds.
    pub(super) async fn run(&mut self) -> Result<bool, Error> {
        self.headline("The document's samples, as they are printed");
        for sample in &WITHDRAWALS {
            self.withdraw(sample).await?;
        }
        self.bank_list().await?;
        self.headline("Wrong credentials, on every service");
        for sample in &WITHDRAWALS {
            self.wrong_key(path(sample.service), sample.request).await?;
        }
        self.wrong_key("/api/bank-list/".to_owned(), samples::BANK_LIST_REQUEST).await?;
        self.headline("The merchant's callbacks");
        for _ in &WITHDRAWALS {
            self.callback(Status::Approved, "Completed!").await?;
        }
        self.headline("What the document leaves open");
        self.repeat().await?;
        self.other_content().await?;
        self.refused_by_the_rail().await?;
        self.headline("The books");
        self.all_acknowledged().await?;
        self.audit()?;
        Ok(self.steps.iter().all(|step| step.wrong.is_none()))
    }

    /// The final table.
    pub(super) fn summary(&self) -> Result<(), Error> {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|step| json!({ "what": step.what, "wrong": step.wrong }))
            .collect();
        self.output.either(&json!({ "steps": steps }), || {
            let row = |step: &Step| {
                let verdict = if step.wrong.is_none() { "holds" } else { "DIFFERS" };
                [verdict.to_owned(), step.what.clone(), step.wrong.clone().unwrap_or_default()]
            };
            println!("\n{}", table(&["", "what", "difference"], self.steps.iter().map(row)));
            let wrong = self.steps.iter().filter(|step| step.wrong.is_some()).count();
            println!("{} of {} hold.", self.steps.len() - wrong, self.steps.len());
        })
    }

    fn headline(&self, text: &str) {
        self.say(&format!("\n{text}\n"));
    }

    fn say(&self, line: &str) {
        if !self.output.json {
            println!("{line}");
        }
    }

    fn check(&mut self, what: impl Into<String>, wrong: Option<String>) {
        if let Some(wrong) = &wrong {
            self.say(&format!("   DIFFERS: {wrong}"));
        }
        self.steps.push(Step { what: what.into(), wrong });
    }

    /// Compares what came with what must come.
    fn compare(&mut self, what: impl Into<String>, found: &str, expected: &str) {
        let differs = found != expected;
        if !differs {
            self.say("   holds");
        }
        self.check(what, differs.then(|| format!("{found} instead of {expected}")));
    }

    async fn post(&self, path: &str, body: &str) -> Result<Answer, Error> {
        self.say(&format!("-> POST {path}\n   {body}"));
        let url = format!("{}{path}", self.base);
        let to = self.guard.admit(&url, Mode::Sandbox).await?;
        let headers = vezne_outbound::http::json_headers();
        let deadline = Instant::now() + PATIENCE;
        let answer = self.client.post(&to, headers, body.as_bytes().to_vec(), deadline).await?;
        let body = String::from_utf8(answer.body?)?;
        self.say(&format!("<- {} {body}", answer.status));
        Ok(Answer { status: answer.status, body })
    }

    async fn withdraw(&mut self, sample: &Sample) -> Result<(), Error> {
        let path = path(sample.service);
        let answer = self.post(&path, &compact(sample.request)).await?;
        let (id, moment) = id_and_moment(&answer.body).unwrap_or_default();
        self.compare(format!("POST {path}"), &answer.body, &sample.expected(id, &moment));
        Ok(())
    }

    async fn bank_list(&mut self) -> Result<(), Error> {
        let request = compact(samples::BANK_LIST_REQUEST);
        let answer = self.post("/api/bank-list/", &request).await?;
        let expected = compact(samples::BANK_LIST_ANSWER);
        self.compare("POST /api/bank-list/", &answer.body, &expected);
        Ok(())
    }

    async fn wrong_key(&mut self, path: String, request: &str) -> Result<(), Error> {
        let request = compact(request).replace(SITE_KEY, "wrong0BaEXn3iUrzuDXcwiNQIYqmorU");
        let answer = self.post(&path, &request).await?;
        let expected = compact(samples::ERROR_ANSWER);
        self.compare(format!("POST {path} with a wrong key"), &answer.body, &expected);
        Ok(())
    }

    /// Waits for the next callback and checks that it is the document's, member for member.
    async fn callback(&mut self, status: Status, message: &str) -> Result<(), Error> {
        let Ok(Some(received)) = timeout(PATIENCE, self.callbacks.recv()).await else {
            self.check("a callback", Some("none came".to_owned()));
            return Ok(());
        };
        let Received { body, callback } = received;
        let shown = String::from_utf8_lossy(&body).replace(SITE_KEY, "***");
        self.say(&format!("<= POST /api/BankoPay/withdraw/\n   {shown}"));
        let wrong = match &callback {
            Err(why) => Some(why.clone()),
            Ok(callback) => differs(callback, &body, status, message),
        };
        let what = callback.map_or("a callback".to_owned(), |callback| {
            let WithdrawCallback { transaction_id, method, .. } = &callback;
            let status = if status == Status::Approved { "approved" } else { "reject" };
            format!("callback {transaction_id} {}: {status}", method.method())
        });
        if wrong.is_none() {
            self.say("   both signatures fit; acknowledged");
        }
        self.check(what, wrong);
        Ok(())
    }

    async fn repeat(&mut self) -> Result<(), Error> {
        let request = compact(WITHDRAWALS[0].request);
        let path = path(Service::BankTransfer);
        let (first, second) =
            (self.post(&path, &request).await?, self.post(&path, &request).await?);
        self.compare("a repeat gets the first answer again", &second.body, &first.body);
        Ok(())
    }

    async fn other_content(&mut self) -> Result<(), Error> {
        let request = compact(WITHDRAWALS[0].request).replace("250.00", "251.00");
        let answer = self.post(&path(Service::BankTransfer), &request).await?;
        let code = code_of(&answer.body);
        self.compare("the same trx with another amount is refused", &code, "20020");
        self.compare("... on HTTP 200, as clients read it", &answer.status.to_string(), "200");
        Ok(())
    }

    async fn refused_by_the_rail(&mut self) -> Result<(), Error> {
        let request = compact(WITHDRAWALS[1].request)
            .replace("250.00", "250.01")
            .replace("456454646", "refused-1");
        let answer = self.post(&path(Service::Papara), &request).await?;
        self.compare("a payout that the rail will refuse", &code_of(&answer.body), "200");
        self.callback(Status::Reject, "").await
    }

    async fn all_acknowledged(&mut self) -> Result<(), Error> {
        let due = || async {
            let (merchant, payout, state) = (None, None, Some("due".to_owned()));
            let list = CallbackRequest::List { merchant, payout, state, limit: 100 };
            match self.control.run("demo", Request::Callback(list)).await {
                Ok(Reply::Callbacks(views)) => Ok(views.len()),
                Ok(_) => Err("the list of callbacks is none".to_owned()),
                Err(complaint) => Err(complaint.to_string()),
            }
        };
        let deadline = Instant::now() + PATIENCE;
        let mut left = due().await?;
        while left > 0 && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
            left = due().await?;
        }
        self.compare("callbacks that are not acknowledged", &left.to_string(), "0");
        Ok(())
    }

    fn audit(&mut self) -> Result<(), Error> {
        let report = vezne_store::audit::audit(&self.database)?;
        let broken = report.checks.iter().flat_map(|check| &check.violations).next();
        self.check("vezne audit: the books are right", broken.cloned());
        Ok(())
    }
}

fn path(service: Service) -> String {
    format!("/api/withdraw/{}", service.slug())
}

fn code_of(body: &str) -> String {
    let code = Object::parse(body.as_bytes()).ok();
    let code = code.and_then(|object| object.get("code").map(|code| code.raw().to_owned()));
    code.unwrap_or_default()
}

fn id_and_moment(body: &str) -> Option<(i64, String)> {
    let object = Object::parse(body.as_bytes()).ok()?;
    let data = object.get("data")?.object().ok()?;
    let moment = data.get("created_at")?.text()?.into_owned();
    Some((data.get("id")?.integer()?, moment))
}

/// What of a callback is not as the document's sample has it.
fn differs(
    callback: &WithdrawCallback,
    body: &[u8],
    status: Status,
    message: &str,
) -> Option<String> {
    let names = |bytes: &[u8]| -> Option<Vec<String>> {
        let object = Object::parse(bytes).ok()?;
        Some(object.members().iter().map(|member| member.name.to_string()).collect())
    };
    let sample = compact(samples::WITHDRAW_CALLBACK);
    if names(body) != names(sample.as_bytes()) {
        return Some("its members are not the document's".to_owned());
    }
    if callback.status != status {
        return Some(format!("its status is {:?}", callback.status));
    }
    let fits =
        if message.is_empty() { !callback.message.is_empty() } else { callback.message == message };
    (!fits).then(|| format!("its message is {:?}", callback.message))
}
