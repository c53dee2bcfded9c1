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
    let (directory, own) = match &args.directory {
        Some(directory) => (directory.clone(), false),
        None => (fresh_directory(), true),
    };
    if directory.join("vezne.sqlite3").exists() {
        let shown = directory.display();
        return Err(
            format!("{shown} holds a desk already; the demo wants a fresh directory").into()
        );
    }
    assembly::make_directory(&directory)?;
    let config = configuration(args, &directory)?;
    start_log(&config)?;
    let passed = runtime()?.block_on(show(args, &config, output))?;
    if own {
        std::fs::remove_dir_all(&directory)?;
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn fresh_directory() -> PathBuf {
    std::env::temp_dir().join(format!("vezne-demo-{}", std::process::id()))
}

fn configuration(args: &DemoArgs, directory: &Path) -> Result<Config, Error> {
    let mut config = Config::load(None)?;
    let port = if args.once { 0 } else { args.port };
    config.store.directory = directory.to_owned();
    config.server.listen.set_port(port);
    config.server.operations_listen.set_port(0);
    config.log.level = "warn,vezne::assembly=error".to_owned();
    Ok(config)
}

async fn show(args: &DemoArgs, config: &Config, output: Output) -> Result<bool, Error> {
    let server = Server::start(config).await.map_err(|error| format!("{error}; try --port"))?;
    let shops = shop::open_all(&server).await?;
    let mut tour = tour::Tour::new(&server, shops, config.store.database(), output)?;
    let passed = tour.run().await?;
    tour.summary()?;
    if !args.once {
        invite(&server, config, &tour.page);
        Signals::listen()?.any().await;
    }
    drop(tour);
    server.stop().await;
    Ok(passed)
}

/// What to try next, ready to paste.
fn invite(server: &Server, config: &Config, page: &str) {
    let (address, directory) = (server.address, config.store.directory.display());
    let Brand { app_id, app_secret, .. } = IQMONEY;
    say!(
        r#"
The desk keeps serving on http://{address} until Ctrl-C. Try, in another terminal:

  curl -s http://{address}/api/withdraw/papara -H 'Content-Type: application/json' \
    -d '{{"site_id":{SITE_ID},"site_key":"{SITE_KEY}","user_id":"7",
         "username":"ayse","trx":"my-1","fullname":"Ayşe Kaya","amount":"125.50",
         "account_number":"1234567890"}}'

  curl -s http://{address}/api/bank-list/ -H 'Content-Type: application/json' \
    -d '{{"site_id":{SITE_ID},"site_key":"{SITE_KEY}"}}'

  printf '%s\n' name_surname,iban,amount,currency,gsm_number \
    'Ayşe Kaya,{SAMPLE_IBAN},25,TRY,905551112233' > rows.csv
  VEZNE_APP_SECRET={app_secret} cargo run --release -- send rows.csv \
    --url http://{address}/ccpayment --app-id {app_id} \
    --merchant-key '{MERCHANT_KEY}'

  {page}
                                              # in a browser: a channel's form, hosted

  export VEZNE_STORE_DIRECTORY={directory}
  cargo run --release -- payout list          # what became of it
  cargo run --release -- payout show 1  # one payout with trail, postings, callbacks
  cargo run --release -- callback list
  cargo run --release -- merchant show {SITE_ID}
  cargo run --release -- audit

An amount that ends in .01 is refused by the simulated rail, .02 is slow, .03 and .04 are in doubt,
.05 comes back from the bank; from 100,000.00 on a payout waits for `payout approve`."#
    );
}
