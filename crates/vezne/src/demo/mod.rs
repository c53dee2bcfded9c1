//! `vezne demo`: the whole desk on a fresh directory, with a merchant that answers callbacks. It
//! sends every sample of the document over real HTTP and shows what happens.

mod shop;
mod tour;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::assembly;
use crate::cli::DemoArgs;
use crate::commands::serve::{Server, Signals, start_log};
use crate::commands::{Error, runtime};
use crate::config::Config;
use crate::output::Output;
use crate::stream::say;
use shop::{Brand, IQMONEY, MERCHANT_KEY};

/// An IBAN whose check digits hold.
const SAMPLE_IBAN: &str = "TR330006100519786457841326";

/// The document's own sample credentials.
pub(crate) const SITE_ID: u64 = 1001;
pub(crate) const SITE_KEY: &str = "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU";

/// Runs the demo: the tour, and then, unless it is for once, the server until Ctrl-C.
pub(crate) fn run(args: &DemoArgs, output: Output) -> Result<ExitCode, Error> {
    let place = Place::new(args.directory.clone());
    let directory = &place.directory;
    if directory.join("vezne.sqlite3").exists() {
        let (shown, called) = (directory.display(), as_called());
        return Err(format!(
            "{shown} holds a desk already, and the demo wants a fresh directory; to go on with \
             that desk: VEZNE_STORE_DIRECTORY={shown} {called} serve"
        )
        .into());
    }
    assembly::make_directory(directory)?;
    let config = configuration(args, directory)?;
    start_log(&config)?;
    let passed = runtime()?.block_on(show(args, &config, output))?;
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Where the demo's desk is. One of its own goes away with it, however the demo ends.
struct Place {
    directory: PathBuf,
    is_own: bool,
}

impl Place {
    fn new(named: Option<PathBuf>) -> Self {
        let own = || std::env::temp_dir().join(format!("vezne-demo-{}", std::process::id()));
        Self { is_own: named.is_none(), directory: named.unwrap_or_else(own) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_own {
            // It may not have been made.
            drop(std::fs::remove_dir_all(&self.directory));
        }
    }
}

fn configuration(args: &DemoArgs, directory: &Path) -> Result<Config, Error> {
    let mut config = Config::load(None)?;
    let port = if args.once { 0 } else { args.port };
    config.store.directory = directory.to_owned();
    config.server.listen.set_port(port);
    config.server.operations_listen.set_port(0);
    // The tour asks for what must be refused, which the log would warn of.
    let level = if args.details { "warn,vezne::assembly=error" } else { "error" };
    config.log.level = level.to_owned();
    Ok(config)
}

async fn show(args: &DemoArgs, config: &Config, output: Output) -> Result<bool, Error> {
    let mut signals = Signals::listen()?;
    let server = Server::start(config).await.map_err(|error| format!("{error}; try --port"))?;
    // Whoever ends the tour early leaves nothing behind either.
    let guided = tokio::select! {
        guided = guide(args, &server, config, output) => guided,
        () = signals.any() => Ok(true),
    };
    server.stop().await;
    guided
}

/// The tour, and then what to try, for as long as anybody likes. Answers with whether all held.
async fn guide(
    args: &DemoArgs,
    server: &Server,
    config: &Config,
    output: Output,
) -> Result<bool, Error> {
    let shops = shop::open_all(server).await?;
    let accounts = shops.accounts.clone();
    let database = config.store.database();
    let mut tour = tour::Tour::new(server, shops, database, output, args.details)?;
    let passed = tour.run().await?;
    tour.summary()?;
    if args.once {
        return Ok(passed);
    }
    if let Some(url) = &args.callback_url {
        shop::call_elsewhere(server, url).await?;
    }
    if !output.json {
        present(&accounts, args.callback_url.as_deref());
        invite(server, config, &tour.page);
    }
    std::future::pending().await
}

/// The program as whoever runs it would call it again.
fn as_called() -> String {
    // Cargo sets it for what it runs.
    match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(_) if cfg!(debug_assertions) => "cargo run --".to_owned(),
        Some(_) => "cargo run --release --".to_owned(),
        None => std::env::args().next().unwrap_or_else(|| "vezne".to_owned()),
    }
}

/// What an integrator needs of each merchant.
fn present(accounts: &[shop::Account], elsewhere: Option<&str>) {
    say!("\nCredentials of the sandbox merchants");
    for shop::Account { dialect, credentials, webhook_secret } in accounts {
        say!("  {dialect:10} {credentials}\n             webhook secret {webhook_secret}");
    }
    let to = elsewhere.unwrap_or("receivers of the demo's own; --callback-url sends them to you");
    say!("  callbacks  {to}");
}

/// What to try next, ready to paste.
fn invite(server: &Server, config: &Config, page: &str) {
    let (address, directory) = (server.address, config.store.directory.display());
    let (called, Brand { app_id, app_secret, .. }) = (as_called(), IQMONEY);
    say!(
        r#"
The desk keeps serving on http://{address} until Ctrl-C. In another terminal:

  export VEZNE_STORE_DIRECTORY={directory}
  {called} payout list          # what became of it
  {called} payout show 1        # one payout with trail, postings, callbacks
  {called} callback list
  {called} merchant show {SITE_ID}
  {called} audit

  curl -s http://{address}/api/withdraw/papara -H 'Content-Type: application/json' \
    -d '{{"site_id":{SITE_ID},"site_key":"{SITE_KEY}","user_id":"7",
         "username":"ayse","trx":"my-1","fullname":"Ayşe Kaya","amount":"125.50",
         "account_number":"1234567890"}}'

  curl -s http://{address}/api/bank-list/ -H 'Content-Type: application/json' \
    -d '{{"site_id":{SITE_ID},"site_key":"{SITE_KEY}"}}'

  printf '%s\n' name_surname,iban,amount,currency,gsm_number \
    'Ayşe Kaya,{SAMPLE_IBAN},25,TRY,905551112233' > rows.csv
  VEZNE_APP_SECRET={app_secret} {called} send rows.csv \
    --url http://{address}/ccpayment --app-id {app_id} \
    --merchant-key '{MERCHANT_KEY}'

  {page}
                                              # in a browser: a channel's form, hosted

An amount that ends in .01 is refused by the simulated rail, .02 is slow, .03 and .04 are in doubt,
.05 comes back from the bank; from 100,000.00 on a payout waits for `payout approve`."#
    );
}
