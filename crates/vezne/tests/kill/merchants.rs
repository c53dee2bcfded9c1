//! The merchants: each with money, a limit on one service, and a receiver of its own.

use std::net::TcpListener;

use vezne::control::request::{
    MerchantRequest, MerchantSettings, NewAccess, NewMerchant, Request, TermsSettings,
};
use vezne::control::view::Reply;

use crate::dice::Dice;
use crate::order::{KEY, LIMIT, LIMITED};
use crate::program::Installation;
use crate::shop::Shop;

/// Adds all merchants to a desk that runs, and opens their receivers.
pub(crate) fn open(installation: &Installation, dice: &mut Dice) -> Vec<Shop> {
    crate::SITES.iter().map(|site| open_one(installation, *site, dice.split())).collect()
}

fn open_one(installation: &Installation, site: u64, dice: Dice) -> Shop {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/api/BankoPay", listener.local_addr().expect("its address"));
    let settings = MerchantSettings {
        callback_url: Some(url),
        bcrypt_cost: Some(4),
        ..MerchantSettings::default()
    };
    let (name, site_key) = (format!("Shop {site}"), Some(KEY.to_owned()));
    let access = NewAccess::Bankopay { site_id: site, site_key };
    let new = NewMerchant { name, access, settings, ..NewMerchant::default() };
    let ask = |request| installation.ask(Request::Merchant(request)).expect("it is done");
    let Reply::Credentials(credentials) = ask(MerchantRequest::Add(new)) else {
        panic!("adding a merchant gives its credentials");
    };
    let merchant = || site.to_string();
    let (amount, note) = ("1000000000.00".to_owned(), "harness".to_owned());
    ask(MerchantRequest::TopUp { merchant: merchant(), amount, note });
    let maximum = Some(LIMIT.to_owned());
    let (percent, fixed) = (Some("1.5".to_owned()), Some("1.00".to_owned()));
    let terms = TermsSettings { percent, fixed, maximum, ..TermsSettings::default() };
    let channel = LIMITED.slug().to_owned();
    ask(MerchantRequest::SetTerms { merchant: merchant(), channel, terms });
    Shop::open(listener, &credentials.webhook_secret, dice)
}
