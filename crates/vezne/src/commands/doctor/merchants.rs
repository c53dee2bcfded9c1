//! What of the merchants' settings somebody should know about.

use std::sync::Arc;

use vezne_core::model::directory::Directory;
use vezne_core::model::merchant::{Access, Merchant, Mode};
use vezne_outbound::destination::Rules;

use super::{Finding, Verdict, finding, looked_at};
use crate::commands::Error;
use crate::commands::serve::outbound_settings;
use crate::config::Config;
use crate::merchant::{APPLYFOR, BANKOPAY, unserved};

/// What of the live merchants' settings somebody should know about.
pub(super) fn merchants(config: &Config) -> Vec<Finding> {
    match directory_of_merchants(config) {
        Err(error) => finding(Verdict::Bad, "merchants", error.to_string()),
        Ok(directory) => {
            let live = || directory.iter().filter(|merchant| merchant.mode == Mode::Live);
            let listed = live().any(|merchant| !merchant.allowed_networks.is_empty());
            let mut findings: Vec<Finding> = live().flat_map(|merchant| minded(merchant)).collect();
            let bad = |detail| Finding { verdict: Verdict::Bad, what: "merchants", detail };
            findings.extend(unserved(&config.ccpayment, &directory).map(bad));
            findings.extend(uncallable(config, &directory).into_iter().map(bad));
            if listed && config.server.trusted_proxies.is_empty() {
                let why = "allow-lists see the proxy's address: name it in server.trusted_proxies, \
                           or mind that merchants must reach this server directly";
                findings.extend(finding(Verdict::Mind, "merchants", why));
            }
            if live().next().is_some() && config.callbacks.sandbox_private_networks {
                let why = "there are live merchants, and the sandbox may have private networks \
                           called: turn callbacks.sandbox_private_networks off";
                findings.extend(finding(Verdict::Mind, "merchants", why));
            }
            if findings.is_empty() {
                let count = directory.iter().count();
                findings = finding(Verdict::Good, "merchants", format!("{count}, all in order"));
            }
            findings
        }
    }
}

/// URLs of merchants that no callback gets to, as each attempt would find.
fn uncallable(config: &Config, directory: &Directory) -> Vec<String> {
    let rules = match Rules::new(&outbound_settings(config)) {
        Ok(rules) => rules,
        Err(error) => return vec![error.to_string()],
    };
    let urls = |merchant: &Arc<Merchant>| -> Vec<String> {
        merchant.callback_base_url.iter().chain(merchant.endpoints.values()).cloned().collect()
    };
    let refused = directory.iter().flat_map(|merchant| {
        let found = urls(merchant).into_iter();
        let why = |url: String| Some((rules.check(&url, merchant.mode).err()?, url));
        let told: Vec<_> = found.filter_map(why).collect();
        told.into_iter().map(|(why, url)| format!("{}: {url}: {why}", merchant.name))
    });
    refused.collect()
}

fn minded(merchant: &Merchant) -> Vec<Finding> {
    let speaks = |dialect: &str| merchant.access.iter().any(|one| one.dialect.as_str() == dialect);
    // Only BankoPay's callbacks show the key; the others are signed with it.
    let one_key = |access: &Access| {
        access.dialect.as_str() == BANKOPAY && access.key.matches(access.callback_key.expose())
    };
    let silent = merchant.callback_base_url.is_none() && merchant.endpoints.is_empty();
    // An order of /applyfor says itself where it is told.
    let silent = silent && !speaks(APPLYFOR);
    [
        (silent, "has no callback URL, so it is never told"),
        (merchant.allowed_networks.is_empty(), "may call from any address"),
        (merchant.access.iter().any(one_key), "shows its inbound key in callbacks; rotate to two"),
    ]
    .into_iter()
    .filter(|(applies, _)| *applies)
    .map(|(_, why)| {
        let detail = format!("{} {why}", merchant.name);
        Finding { verdict: Verdict::Mind, what: "merchants", detail }
    })
    .collect()
}

pub(super) fn directory_of_merchants(config: &Config) -> Result<Arc<Directory>, Error> {
    looked_at(config, async |store| Ok(store.directory()))
}
