//! The tour: every sample of the documents as a real request, every answer held against the
//! document's, every callback checked as a merchant would. One file for each dialect.

mod applyfor;
mod bankopay;
mod ccpayment;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use vezne_core::model::merchant::Mode;
use vezne_outbound::OutboundSettings;
use vezne_outbound::destination::{Guard, NameResolver};
use vezne_outbound::http::{Client, bearer_headers, json_headers};

use super::shop::Shops;
use crate::commands::Error;
use crate::commands::serve::Server;
use crate::control::Control;
use crate::control::request::{CallbackRequest, Request};
use crate::control::view::Reply;
use crate::output::{Output, table};
use crate::stream::say;

/// How long a callback of the simulator may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How to see more.
const DETAILS: &str = " --details shows each request with its answer.";

/// The tour with what it found so far.
pub(super) struct Tour {
    base: String,
    client: Client,
    guard: Guard,
    control: Control,
    database: PathBuf,
    shops: Shops,
    output: Output,
    /// Whether each request is shown.
    details: bool,
    chapter: &'static str,
    steps: Vec<Step>,
    /// A hosted form that is open for half an hour.
    pub(super) page: String,
}

struct Step {
    chapter: &'static str,
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
        shops: Shops,
        database: PathBuf,
        output: Output,
        details: bool,
    ) -> Result<Self, Error> {
        let settings = OutboundSettings::default();
        Ok(Self {
            base: format!("http://{}", server.address),
            client: Client::new(&settings)?,
            guard: Guard::new(&settings, Arc::new(NameResolver::system()?))?,
            control: server.control(),
            database,
            shops,
            output,
            details,
            chapter: "",
            steps: Vec::new(),
            page: String::new(),
        })
    }

    /// Shows everything; true when all of it holds.
    pub(super) async fn run(&mut self) -> Result<bool, Error> {
        self.say(&format!("The tour: the documents' own samples, over HTTP, to {}", self.base));
        self.chapter = "BankoPay";
        self.bankopay().await?;
        self.chapter = "CCPayment";
        self.ccpayment().await?;
        self.chapter = "/applyfor";
        self.applyfor().await?;
        self.chapter = "The books";
        self.headline("The books");
        self.all_acknowledged().await?;
        self.audit()?;
        Ok(self.steps.iter().all(|step| step.wrong.is_none()))
    }

    /// What held and what did not: by chapter, or step by step where details are wanted.
    pub(super) fn summary(&self) -> Result<(), Error> {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|step| json!({ "what": step.what, "wrong": step.wrong }))
            .collect();
        self.output.either(&json!({ "steps": steps }), || {
            if self.details {
                let row = |step: &Step| {
                    let verdict = if step.wrong.is_none() { "holds" } else { "DIFFERS" };
                    [verdict.to_owned(), step.what.clone(), step.wrong.clone().unwrap_or_default()]
                };
                let rows = self.steps.iter().map(row);
                say!("\n{}", table(&["", "what", "difference"], rows));
            } else {
                self.chapters();
            }
            let (all, more) = (self.steps.len(), if self.details { "" } else { DETAILS });
            say!("{} of {all} hold.{more}", all - self.wrong().count());
        })
    }

    fn chapters(&self) {
        for chapter in self.steps.chunk_by(|one, other| one.chapter == other.chapter) {
            let held = chapter.iter().filter(|step| step.wrong.is_none()).count();
            let name = chapter.first().map_or("", |step| step.chapter);
            say!("  {name:10} {held} of {} hold", chapter.len());
        }
        for Step { what, wrong, .. } in self.wrong() {
            say!("  DIFFERS: {what}: {}", wrong.as_deref().unwrap_or_default());
        }
    }

    fn wrong(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.wrong.is_some())
    }

    fn headline(&self, text: &str) {
        self.tell(&format!("\n{text}\n"));
    }

    fn say(&self, line: &str) {
        if !self.output.json {
            say!("{line}");
        }
    }

    /// Says what only those want to see who asked for details.
    fn tell(&self, line: &str) {
        if self.details {
            self.say(line);
        }
    }

    fn check(&mut self, what: impl Into<String>, wrong: Option<String>) {
        if let Some(wrong) = &wrong {
            self.tell(&format!("   DIFFERS: {wrong}"));
        }
        self.steps.push(Step { chapter: self.chapter, what: what.into(), wrong });
    }

    /// Compares what came with what must come.
    fn compare(&mut self, what: impl Into<String>, found: &str, expected: &str) {
        let differs = found != expected;
        if !differs {
            self.tell("   holds");
        }
        self.check(what, differs.then(|| format!("{found} instead of {expected}")));
    }

    async fn post(&self, path: &str, body: &str) -> Result<Answer, Error> {
        self.post_as(path, body, None).await
    }

    /// Posts with a bearer token, if there is one.
    async fn post_as(&self, path: &str, body: &str, token: Option<&str>) -> Result<Answer, Error> {
        self.tell(&format!("-> POST {path}\n   {body}"));
        let url = format!("{}{path}", self.base);
        let to = self.guard.admit(&url, Mode::Sandbox).await?;
        let headers = match token {
            None => json_headers(),
            Some(token) => bearer_headers(token)?,
        };
        let deadline = Instant::now() + PATIENCE;
        let answer = self.client.post(&to, headers, body.as_bytes().to_vec(), deadline).await?;
        let body = String::from_utf8(answer.body?)?;
        self.tell(&format!("<- {} {body}", answer.status));
        Ok(Answer { status: answer.status, body })
    }

    async fn all_acknowledged(&mut self) -> Result<(), Error> {
        let due = || async {
            let (merchant, payout, state) = (None, None, Some("due".to_owned()));
            let (set_aside, limit) = (false, 100);
            let list = CallbackRequest::List { merchant, payout, state, set_aside, limit };
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
