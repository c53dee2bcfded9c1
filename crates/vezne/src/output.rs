//! What commands print: tables for people, JSON for programs.

use std::io::{IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::commands::Error;
use crate::control::view::{
    CallbackDetail, CallbackView, CredentialsView, MerchantDetail, MerchantView, PayoutDetail,
    PayoutView, Reply,
};

/// Where and how a command prints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// JSON if it was asked for, otherwise whatever `plain` prints.
    pub(crate) fn either<T: Serialize>(self, value: &T, plain: impl FnOnce()) -> Result<(), Error> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(value)?);
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
            Reply::Done(what) => println!("{what}"),
            Reply::Credentials(view) => credentials(view),
            Reply::Merchants(views) => merchants(views),
            Reply::Merchant(view) => merchant(view),
            Reply::Payouts(views) => payouts(views),
            Reply::Payout(view) => payout(view),
            Reply::Callbacks(views) => callbacks(views),
            Reply::Callback(view) => callback(view),
        })
    }
}

/// A table that fits the terminal, or as wide as it needs to be when there is none.
pub(crate) fn table<R, C>(head: &[&str], rows: impl IntoIterator<Item = R>) -> Table
where
    R: IntoIterator<Item = C>,
    C: Into<comfy_table::Cell>,
{
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(head);
    for row in rows {
        table.add_row(row);
    }
    table
}

fn pairs(rows: &[(String, String)]) {
    if !rows.is_empty() {
        println!("{}", table(&["", ""], rows.iter().map(|(name, value)| [name, value])));
    }
}

fn credentials(view: &CredentialsView) {
    println!("Merchant {}. These are shown only now; give them to its developer.\n", view.merchant);
    println!("site_id         {}", view.site_id);
    println!("site_key        {}", view.site_key);
    if view.callback_key != view.site_key {
        println!("callback key    {}", view.callback_key);
    }
    println!("webhook secret  {}", view.webhook_secret);
}

fn merchants(views: &[MerchantView]) {
    let row = |view: &MerchantView| {
        [
            view.id.to_string(),
            view.login.clone(),
            view.name.clone(),
            view.mode.clone(),
            view.status.clone(),
            view.callback_url.clone().unwrap_or_else(|| "none".to_owned()),
        ]
    };
    let head = ["id", "site_id", "name", "mode", "status", "callbacks to"];
    println!("{}", table(&head, views.iter().map(row)));
}

fn merchant(view: &MerchantDetail) {
    merchants(std::slice::from_ref(&view.merchant));
    pairs(&view.balances);
    pairs(&view.settings);
    let terms = view.terms.iter();
    let row = |terms: &crate::control::view::TermsView| {
        let terms = terms.clone();
        [terms.channel, terms.commission, terms.amount, terms.day_limit, terms.rail]
    };
    let head = ["channel", "commission", "amount", "day limit", "rail"];
    println!("{}", table(&head, terms.map(row)));
    let banks = view.banks.iter().map(|(id, name)| [id.to_string(), name.clone()]);
    println!("{}", table(&["provider_id", "bank"], banks));
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
    println!("{}", table(&head, views.iter().map(row)));
}

fn payout(view: &PayoutDetail) {
    payouts(std::slice::from_ref(&view.payout));
    println!("Beneficiary {}, commission {}", view.payout.beneficiary, view.payout.commission);
    pairs(&view.state);
    println!("{}", table(&["when", "who", "what", "in words"], &view.trail));
    println!("{}", table(&["when", "why", "debit", "credit", "amount"], &view.postings));
    callbacks(&view.callbacks);
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
    println!("{}", table(&head, views.iter().map(row)));
}

fn callback(view: &CallbackDetail) {
    callbacks(std::slice::from_ref(&view.callback));
    let head = ["attempt", "when", "outcome", "HTTP", "ms", "in words"];
    println!("{}", table(&head, &view.attempts));
}
