//! What commands print: tables for people, JSON for programs.

use std::io::{IsTerminal, Write};

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
use serde::Serialize;

use crate::channel::file::{ChannelFile, FieldLine};
use crate::commands::Error;
use crate::control::view::{
    CallbackDetail, CallbackView, ChannelView, CredentialsView, KeysView, MerchantDetail,
    MerchantView, PayoutDetail, PayoutView, QuarantineView, Reply, SealsView, TermsView,
    TokenKeyView, UnsealedView, WebhookSecretView,
};
use crate::stream::say;

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

    /// Says what went wrong, on the error stream.
    pub(crate) fn complain(self, why: &str) {
        let line = match self.json {
            true => serde_json::json!({ "error": why }).to_string(),
            false => format!("vezne: {why}"),
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

/// A table that fits the terminal, or as wide as it needs to be when there is none.
pub(crate) fn table<R, C>(head: &[&str], rows: impl IntoIterator<Item = R>) -> Table
where
    R: IntoIterator<Item = C>,
    C: Into<comfy_table::Cell>,
{
    let mut table = Table::new();
    table.load_style(STYLE);
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(head);
    for row in rows {
        table.add_row(row);
    }
    table
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
    say!("\nThe one before signs beside it until {former_signs_until}.");
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
    pairs("Balances", &view.balances);
    pairs("Settings", &view.settings);
    let row = |terms: &TermsView| {
        let terms = terms.clone();
        let receiver = terms.receiver_commission;
        [terms.channel, terms.commission, receiver, terms.amount, terms.day_limit, terms.rail]
    };
    let head = ["channel", "commission", "beneficiary bears", "amount", "day limit", "rail"];
    section("Terms", head, view.terms.iter().map(row).collect());
    let banks = view.banks.iter().map(|(id, name)| [id.to_string(), name.clone()]);
    section("Bank list", ["provider_id", "bank"], banks.collect());
}

fn token_keys(views: &[TokenKeyView]) {
    let row = |view: &TokenKeyView| {
        let view = view.clone();
        [view.id, view.state, view.since, view.until]
    };
    say!("{}", table(&["key", "state", "since", "verifies until"], views.iter().map(row)));
}

fn quarantine(view: &QuarantineView) {
    let QuarantineView { since, reason, claims, releases, .. } = view;
    match (since, reason) {
        (Some(since), Some(reason)) => say!("In quarantine since {since}: {reason}"),
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
            view.amount,
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

fn payouts(views: &[PayoutView]) {
    let row = |view: &PayoutView| {
        let view = view.clone();
        [
            view.id.to_string(),
            view.created_at,
            view.merchant,
            view.reference,
            view.channel,
            view.amount,
            view.account,
            view.state,
        ]
    };
    let head = ["id", "created", "merchant", "reference", "channel", "amount", "account", "state"];
    say!("{}", table(&head, views.iter().map(row)));
}

fn payout(view: &PayoutDetail) {
    payouts(std::slice::from_ref(&view.payout));
    pairs("Details", &view.facts);
    section("Trail", ["when", "who", "what", "in words"], view.trail.clone());
    let head = ["when", "why", "debit", "credit", "amount"];
    section("Ledger", head, view.postings.clone());
    if !view.callbacks.is_empty() {
        say!("\nCallbacks");
        callbacks(&view.callbacks);
    }
}

fn callbacks(views: &[CallbackView]) {
    let row = |view: &CallbackView| {
        let view = view.clone();
        [
            view.id.to_string(),
            view.payout.to_string(),
            view.merchant.to_string(),
            view.event,
            view.message,
            view.state,
            view.at,
            view.attempts.to_string(),
            view.refusals.to_string(),
        ]
    };
    let head =
        ["id", "payout", "merchant", "tells", "message", "state", "at", "attempts", "refusals"];
    say!("{}", table(&head, views.iter().map(row)));
}

fn callback(view: &CallbackDetail) {
    callbacks(std::slice::from_ref(&view.callback));
    let head = ["attempt", "when", "outcome", "HTTP", "ms", "in words"];
    section("Attempts", head, view.attempts.clone());
}
