//! What commands print: tables for people, JSON for programs.

use std::io::{IsTerminal, Write};

use comfy_table::{LineStyle, Table, TableStyle};
use serde::Serialize;

use crate::channel::file::{ChannelFile, FieldLine};
use crate::commands::Error;
use crate::control::view::{
    AttemptView, BalanceView, CallbackDetail, CallbackView, ChannelView, CredentialsView, KeysView,
    MerchantDetail, MerchantView, PayoutDetail, PayoutView, PostingView, QuarantineView, Reply,
    SealsView, TermsView, TokenKeyView, TrailView, UnsealedView, WebhookSecretView, ZONE, or_none,
};
use crate::stream::{harmless, say};

/// Where and how a command prints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// JSON if it was asked for, otherwise whatever `plain` prints.
    pub(crate) fn either<T: Serialize>(self, value: &T, plain: impl FnOnce()) -> Result<(), Error> {
        if self.json {
            say!("{}", serde_json::to_string_pretty(value)?);
        } else {
            plain();
        }
        Ok(())
    }

    /// Prints the answers to several commands: tables and complaints as they come, or one JSON
    /// document with all of them, in order.
    pub(crate) fn answers(
        self,
        answers: &[Result<Reply, String>],
        print: impl Fn(&Reply) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.json && answers.len() > 1 {
            let one = |answer: &Result<Reply, String>| match answer {
                Ok(reply) => serde_json::to_value(reply),
                Err(why) => Ok(serde_json::json!({ "error": why })),
            };
            let all = answers.iter().map(one).collect::<Result<Vec<_>, _>>()?;
            return self.either(&all, || {});
        }
        for answer in answers {
            match answer {
                Ok(reply) => print(reply)?,
                Err(complaint) => self.complain(complaint),
            }
        }
        Ok(())
    }

    /// Says what went wrong, on the error stream.
    pub(crate) fn complain(self, why: &str) {
        let line = match self.json {
            true => serde_json::json!({ "error": why }).to_string(),
            false => harmless(&format!("vezne: {why}")),
        };
        // Nobody is left to tell when the error stream is gone.
        drop(writeln!(std::io::stderr(), "{line}"));
    }

    /// Prints the answer to an operator's command.
    pub(crate) fn reply(self, reply: &Reply) -> Result<(), Error> {
        self.either(reply, || match reply {
            Reply::Done(what) => say!("{what}"),
            Reply::Credentials(view) => credentials(view),
            Reply::WebhookSecret(view) => webhook_secret(view),
            Reply::Merchants(views) => merchants(views),
            Reply::Merchant(view) => merchant(view),
            Reply::Payouts(views) => payouts(views),
            Reply::Payout(view) => payout(view),
            Reply::Callbacks(views) => callbacks(views),
            Reply::Callback(view) => callback(view),
            Reply::TokenKeys(views) => token_keys(views),
            Reply::Quarantine(view) => quarantine(view),
            Reply::Seals(view) => seals(view),
            Reply::Channels(views) => channels(views),
            Reply::Channel(file) => channel(file),
        })
    }
}

/// One line under the heads and nothing else: rows stay close, and can be copied.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table as wide as it needs to be; where that is more than the terminal has, its rows one below
/// the other, each cell in a line of its own.
pub(crate) fn table<R, C>(head: &[&str], rows: impl IntoIterator<Item = R>) -> String
where
    R: IntoIterator<Item = C>,
    C: ToString,
{
    let cells = |row: R| row.into_iter().map(|cell| cell.to_string()).collect();
    let rows: Vec<Vec<String>> = rows.into_iter().map(cells).collect();
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(head);
    table.add_rows(rows.clone());
    let wide = table.to_string();
    let room = std::io::stdout().is_terminal().then(|| table.width()).flatten();
    let longest = wide.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    match room {
        Some(room) if longest > usize::from(room) => stacked(head, &rows),
        Some(_) | None => wide,
    }
}

/// Rows one below the other.
fn stacked(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = head.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let line = |(name, cell): (&&str, &String)| format!("{name:width$}  {cell}");
    let block = |row: &Vec<String>| head.iter().zip(row).map(line).collect::<Vec<_>>().join("\n");
    rows.iter().map(block).collect::<Vec<_>>().join("\n\n")
}

/// Names and values below each other, under a headline.
fn pairs(headline: &str, rows: &[(String, String)]) {
    if rows.is_empty() {
        return;
    }
    say!("\n{headline}");
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, value) in rows {
        say!("  {name:width$}  {value}");
    }
}

/// A table under a headline; nothing when it is empty.
fn section<const N: usize>(headline: &str, head: [&str; N], rows: Vec<[String; N]>) {
    if !rows.is_empty() {
        say!("\n{headline}\n{}", table(&head, rows));
    }
}

fn credentials(view: &CredentialsView) {
    say!("Merchant {}. These are shown only now; give them to its developer.\n", view.merchant);
    match &view.keys {
        KeysView::Bankopay { site_id, site_key, callback_key } => {
            say!("site_id         {site_id}");
            say!("site_key        {site_key}");
            if callback_key != site_key {
                say!("callback key    {callback_key}");
            }
        }
        KeysView::Ccpayment { app_id, app_secret, merchant_key } => {
            say!("app_id          {app_id}");
            say!("app_secret      {app_secret}");
            say!("merchant_key    {merchant_key}");
        }
        KeysView::Applyfor { uid, secret } => {
            say!("uid             {uid}");
            say!("secret          {secret}");
        }
    }
    say!("webhook secret  {}", view.webhook_secret);
}

fn webhook_secret(view: &WebhookSecretView) {
    let WebhookSecretView { merchant, webhook_secret, former_signs_until } = view;
    say!("Merchant {merchant}. This is shown only now; give it to its developer.\n");
    say!("webhook secret  {webhook_secret}");
    say!("\nThe one before signs beside it until {}.", former_signs_until.named());
}

fn merchants(views: &[MerchantView]) {
    let row = |view: &MerchantView| {
        [
            view.id.to_string(),
            view.dialect.clone(),
            view.login.clone(),
            view.name.clone(),
            view.mode.clone(),
            view.status.clone(),
            view.callback_url.clone().unwrap_or_else(|| "none".to_owned()),
        ]
    };
    let head = ["id", "dialect", "login", "name", "mode", "status", "callbacks to"];
    say!("{}", table(&head, views.iter().map(row)));
}

fn merchant(view: &MerchantDetail) {
    merchants(std::slice::from_ref(&view.merchant));
    let balance = |one: &BalanceView| (one.account.clone(), one.amount.to_string());
    pairs("Balances", &view.balances.iter().map(balance).collect::<Vec<_>>());
    let mut settings = view.settings.lines();
    settings.extend(view.options.clone());
    let endpoint = |(name, url): (&String, &String)| (format!("endpoint {name}"), url.clone());
    settings.extend(view.endpoints.iter().map(endpoint));
    pairs("Settings", &settings);
    let row = |terms: &TermsView| {
        [
            terms.channel.clone(),
            terms.commission.to_string(),
            terms.receiver_commission.to_string(),
            terms.amount.to_string(),
            or_none(terms.day_limit.as_ref()),
            terms.rail.clone(),
        ]
    };
    let head = ["channel", "commission", "beneficiary bears", "amount", "day limit", "rail"];
    section("Terms", head, view.terms.iter().map(row).collect());
    let banks = view.banks.iter().map(|bank| [bank.id.to_string(), bank.name.clone()]);
    section("Bank list", ["provider_id", "bank"], banks.collect());
}

fn token_keys(views: &[TokenKeyView]) {
    let row = |view: &TokenKeyView| {
        let until = view.until.map_or_else(|| "no end yet".to_owned(), |at| at.to_string());
        [view.id.clone(), view.state.clone(), view.since.to_string(), until]
    };
    let head = ["key", "state", &zoned("since"), &zoned("verifies until")];
    say!("{}", table(&head, views.iter().map(row)));
}

fn quarantine(view: &QuarantineView) {
    let QuarantineView { since, reason, claims, releases, .. } = view;
    match (since, reason) {
        (Some(since), Some(reason)) => {
            say!("In quarantine since {}: {reason}", since.named());
        }
        _ => say!("Not in quarantine."),
    }
    say!("Claims: {claims}. Released so far: {releases}.");
}

fn seals(view: &SealsView) {
    match view.confirmed {
        true => say!("Every payout has a seal; one without was altered."),
        false => say!("Payouts that wait until somebody confirms them: {}", view.waiting),
    }
    let row = |sum: &UnsealedView| {
        let sum = sum.clone();
        [sum.state, sum.count.to_string(), sum.minor, sum.currency]
    };
    let head = ["state", "payouts", "sum in minor units", "currency"];
    section("Without a seal", head, view.unsealed.iter().map(row).collect());
    if !view.payouts.is_empty() {
        say!("\nThose that wait");
        payouts(&view.payouts);
    }
}

fn channels(views: &[ChannelView]) {
    let row = |view: &ChannelView| {
        let view = view.clone();
        let pay_code = view.pay_code.unwrap_or_else(|| "none".to_owned());
        [
            view.code,
            pay_code,
            view.name,
            view.currency,
            view.amount.to_string(),
            view.account,
            view.banks.to_string(),
            view.fields.join(", "),
        ]
    };
    let head = ["code", "pay_code", "name", "currency", "amount", "account", "banks", "form"];
    say!("{}", table(&head, views.iter().map(row)));
}

fn channel(file: &ChannelFile) {
    say!("{} ({}), {} by {}", file.name, file.code, file.currency, file.account);
    let given = |name: &str, value: &Option<String>| {
        value.as_ref().map(|value| (name.to_owned(), value.clone()))
    };
    let decimals = file.decimals.map(|count| count.to_string());
    let description = (!file.description.is_empty()).then(|| file.description.clone());
    let facts = [
        given("pay_code", &file.pay_code),
        given("description", &description),
        given("decimals", &decimals),
        given("minimum", &file.minimum),
        given("maximum", &file.maximum),
    ];
    pairs("Details", &facts.into_iter().flatten().collect::<Vec<_>>());
    let banks = file.banks.iter().map(|bank| [bank.id.to_string(), bank.name.clone()]);
    section("Bank list", ["bank_id", "bank"], banks.collect());
    let row = |field: &FieldLine| {
        let required = if field.required { "yes" } else { "no" };
        let (name, label) = (field.name.clone(), field.label.clone());
        let (length, rules) = (field.max_length.to_string(), field.rules.join(" "));
        [name, label, field.kind.clone(), required.to_owned(), length, rules]
    };
    let head = ["field", "label", "kind", "required", "longest", "rules"];
    section("Form", head, file.fields.iter().map(row).collect());
}

/// The headline of moments.
fn zoned(head: &str) -> String {
    format!("{head} ({ZONE})")
}

fn payouts(views: &[PayoutView]) {
    let row = |view: &PayoutView| {
        [
            view.id.to_string(),
            view.created_at.map(|at| at.to_string()).unwrap_or_default(),
            view.merchant.clone(),
            view.reference.clone(),
            view.channel.clone(),
            view.amount.as_ref().map(ToString::to_string).unwrap_or_default(),
            view.account.clone(),
            view.standing(),
        ]
    };
    let created = zoned("created");
    let head = ["id", &created, "merchant", "reference", "channel", "amount", "account", "state"];
    say!("{}", table(&head, views.iter().map(row)));
}

fn payout(view: &PayoutDetail) {
    payouts(std::slice::from_ref(&view.payout));
    pairs("Details", &view.facts.lines());
    let line = |line: &TrailView| {
        let TrailView { at, by, action, detail } = line.clone();
        [at.to_string(), by, action, detail]
    };
    let when = zoned("when");
    section("Trail", [&when, "who", "what", "in words"], view.trail.iter().map(line).collect());
    let movement = |posting: &PostingView| {
        let PostingView { at, reason, debit, credit, amount } = posting.clone();
        [at.to_string(), reason, debit, credit, amount.to_string()]
    };
    let head = [&when, "why", "debit", "credit", "amount"];
    section("Ledger", head, view.postings.iter().map(movement).collect());
    if !view.callbacks.is_empty() {
        say!("\nCallbacks");
        callbacks(&view.callbacks);
    }
}

fn callbacks(views: &[CallbackView]) {
    let row = |view: &CallbackView| {
        let state = match &view.unread {
            Some(why) => format!("does not read: {why}"),
            None => view.state.clone(),
        };
        [
            view.id.to_string(),
            view.payout.to_string(),
            view.merchant.to_string(),
            view.event.clone(),
            view.message.clone(),
            state,
            view.at.map(|at| at.to_string()).unwrap_or_default(),
            view.attempts.to_string(),
            view.refusals.to_string(),
        ]
    };
    let at = zoned("at");
    let head =
        ["id", "payout", "merchant", "tells", "message", "state", &at, "attempts", "refusals"];
    say!("{}", table(&head, views.iter().map(row)));
}

fn callback(view: &CallbackDetail) {
    callbacks(std::slice::from_ref(&view.callback));
    let row = |attempt: &AttemptView| {
        [
            attempt.number.to_string(),
            attempt.at.to_string(),
            attempt.outcome.clone(),
            attempt.http_status.map(|status| status.to_string()).unwrap_or_default(),
            attempt.milliseconds.to_string(),
            attempt.detail.clone(),
        ]
    };
    let when = zoned("when");
    let head = ["attempt", &when, "outcome", "HTTP", "ms", "in words"];
    section("Attempts", head, view.attempts.iter().map(row).collect());
}
