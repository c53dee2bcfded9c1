//! The operator's commands about merchants.

use std::sync::Arc;
use std::time::Duration;

use vezne_core::engine::merchant::{AddMerchant, Edit, EditMerchant};
use vezne_core::engine::top_up::TopUp;
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::{Access, Bank, FormerKey, Merchant, Terms};
use vezne_core::model::money::Money;
use vezne_core::model::personal::Secret;
use vezne_web::dialect::ccpayment::{BRAND_OPTION, MERCHANT_KEY_OPTION, TOKENS_SINCE_OPTION};

use super::request::{Keys, MerchantRequest, MerchantSettings, NewMerchant, TermsSettings};
use super::view::{
    At, CredentialsView, KeysView, MerchantDetail, MerchantView, Reply, WebhookSecretView, moment,
};
use super::{Complaint, Control};
use crate::merchant;

/// Ninety days, in hours.
const LONGEST_OVERLAP: u64 = 90 * 24;

impl Control {
    pub(super) async fn merchant(
        &self,
        by: Actor,
        request: MerchantRequest,
    ) -> Result<Reply, Complaint> {
        match request {
            MerchantRequest::Add(new) => self.add(by, new).await,
            MerchantRequest::List => {
                let directory = self.store.directory();
                let views = directory.iter().map(|merchant| MerchantView::from(&**merchant));
                Ok(Reply::Merchants(views.collect()))
            }
            MerchantRequest::Show { merchant } => {
                let merchant = self.find_merchant(&merchant)?;
                let balances = self.store.balances(merchant.id).await?;
                Ok(Reply::Merchant(Box::new(MerchantDetail::new(&merchant, &balances))))
            }
            MerchantRequest::RotateKey { merchant, overlap_hours, keys, forget_former } => {
                self.rotate_key(by, &merchant, overlap_hours, (keys, forget_former)).await
            }
            MerchantRequest::RotateWebhookSecret { merchant, overlap_hours, forget_former } => {
                self.rotate_webhook_secret(by, &merchant, overlap_hours, forget_former).await
            }
            MerchantRequest::TopUp { merchant, amount, note } => {
                let merchant = self.find_merchant(&merchant)?;
                let amount = Money::parse(&amount, merchant.currency)
                    .map_err(|error| Complaint(format!("amount: {error}")))?;
                let verb = TopUp { merchant: merchant.id, amount, by, note };
                let available = self.engine.run(verb).await?;
                Ok(Reply::Done(format!("{} now has {available} available", merchant.name)))
            }
            MerchantRequest::Set { merchant, settings } => self.set(by, &merchant, settings).await,
            MerchantRequest::SetBank { merchant, id, name } => {
                self.set_bank(by, &merchant, id, name).await
            }
            MerchantRequest::SetEndpoint { merchant, name, url } => {
                self.set_endpoint(by, &merchant, name, url).await
            }
            MerchantRequest::SetTerms { merchant, channel, terms } => {
                self.set_terms(by, &merchant, &channel, terms).await
            }
        }
    }

    async fn add(&self, by: Actor, new: NewMerchant) -> Result<Reply, Complaint> {
        let mut merchant = merchant::template(&new, &self.store.directory(), &*self.random)?;
        merchant::apply(&mut merchant, &new.settings, &self.destinations)?;
        self.check_brand(merchant.option(BRAND_OPTION))?;
        let credentials = credentials(&merchant)?;
        let id = self.engine.run(AddMerchant { merchant, by }).await?;
        Ok(Reply::Credentials(CredentialsView { merchant: id.0, ..credentials }))
    }

    /// A merchant of a brand that is not served would be let in nowhere.
    fn check_brand(&self, brand: Option<&str>) -> Result<(), Complaint> {
        let served = |brand: &str| self.brands.iter().any(|known| known == brand);
        match brand {
            Some(brand) if !self.brands.is_empty() && !served(brand) => {
                let known = self.brands.join(", ");
                Err(Complaint(format!("ccpayment.brands has no {brand}; it has {known}")))
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn edit(
        &self,
        by: Actor,
        merchant: MerchantId,
        detail: String,
        edit: Edit,
    ) -> Result<(), Complaint> {
        Ok(self.engine.run(EditMerchant { merchant, edit, by, detail }).await?)
    }

    async fn rotate_key(
        &self,
        by: Actor,
        key: &str,
        overlap_hours: u64,
        (keys, forget_former): (Keys, bool),
    ) -> Result<Reply, Complaint> {
        let merchant = self.find_merchant(key)?;
        let now = self.clock.now();
        let until = now.plus(overlap(overlap_hours)?);
        let [fresh, other] = [(); 2].map(|()| merchant::fresh_key(&merchant, &*self.random));
        let edit = move |merchant: &mut Merchant| {
            if forget_former {
                // Tokens that were asked for with a key that is to be forgotten go with it.
                let since = now.micros().to_string();
                merchant.options.insert(TOKENS_SINCE_OPTION.to_owned(), since);
            }
            let access = merchant.access.first_mut().ok_or("it has no key to rotate")?;
            let former = access.former_key.as_ref().filter(|former| now < former.until);
            if let Some(former) = former.filter(|_| !forget_former) {
                let until = moment(former.until);
                return Err(format!("the key before is taken until {until}; see --forget-former"));
            }
            let one = access.key.matches(access.callback_key.expose());
            let two = keys == Keys::Two || (keys == Keys::AsBefore && !one);
            let former = std::mem::replace(&mut access.key, Secret::new(fresh.clone()));
            access.former_key = Some(FormerKey { key: former, until });
            access.callback_key = Secret::new(if two { other.clone() } else { fresh.clone() });
            Ok(())
        };
        let detail = format!("key rotated, the former one is taken for {overlap_hours} hours");
        self.edit(by, merchant.id, detail, Box::new(edit)).await?;
        let merchant = self.find_merchant(key)?;
        Ok(Reply::Credentials(credentials(&merchant)?))
    }

    async fn rotate_webhook_secret(
        &self,
        by: Actor,
        key: &str,
        overlap_hours: u64,
        forget_former: bool,
    ) -> Result<Reply, Complaint> {
        let merchant = self.find_merchant(key)?;
        let now = self.clock.now();
        let until = now.plus(overlap(overlap_hours)?);
        let fresh = merchant::keys::webhook_secret(&*self.random);
        let view = WebhookSecretView {
            merchant: merchant.id.0,
            webhook_secret: fresh.clone(),
            former_signs_until: At(until),
        };
        let edit = move |merchant: &mut Merchant| {
            let former = merchant.former_webhook_secret.as_ref();
            if let Some(former) = former.filter(|former| !forget_former && now < former.until) {
                let until = moment(former.until);
                return Err(format!("the secret before signs until {until}; see --forget-former"));
            }
            let key = std::mem::replace(&mut merchant.webhook_secret, Secret::new(fresh.clone()));
            merchant.former_webhook_secret = Some(FormerKey { key, until });
            Ok(())
        };
        let detail =
            format!("webhook secret rotated, the former one signs for {overlap_hours} hours");
        self.edit(by, merchant.id, detail, Box::new(edit)).await?;
        Ok(Reply::WebhookSecret(view))
    }

    async fn set(
        &self,
        by: Actor,
        key: &str,
        settings: MerchantSettings,
    ) -> Result<Reply, Complaint> {
        let merchant = self.find_merchant(key)?;
        let detail = merchant::describe(&settings)?;
        self.check_brand(settings.brand.as_deref())?;
        let rules = Arc::clone(&self.destinations);
        let edit = move |merchant: &mut Merchant| merchant::apply(merchant, &settings, &rules);
        self.edit(by, merchant.id, detail.clone(), Box::new(edit)).await?;
        Ok(Reply::Done(format!("{}: {detail}", merchant.name)))
    }

    async fn set_bank(
        &self,
        by: Actor,
        key: &str,
        id: u32,
        name: Option<String>,
    ) -> Result<Reply, Complaint> {
        let merchant = self.find_merchant(key)?;
        let detail = match &name {
            Some(name) => format!("bank {id} is {name}"),
            None => format!("bank {id} is gone"),
        };
        let edit = move |merchant: &mut Merchant| {
            merchant.banks.retain(|bank| bank.id != id);
            merchant.banks.extend(name.clone().map(|name| Bank { id, name }));
            merchant.banks.sort_by_key(|bank| bank.id);
            Ok(())
        };
        self.edit(by, merchant.id, detail.clone(), Box::new(edit)).await?;
        Ok(Reply::Done(format!("{}: {detail}", merchant.name)))
    }

    async fn set_endpoint(
        &self,
        by: Actor,
        key: &str,
        name: String,
        url: Option<String>,
    ) -> Result<Reply, Complaint> {
        let merchant = self.find_merchant(key)?;
        merchant::check_endpoint(&name, url.as_deref(), merchant.mode, &self.destinations)?;
        let detail = match &url {
            Some(url) => format!("endpoint {name} is {url}"),
            None => format!("endpoint {name} is gone"),
        };
        let edit = move |merchant: &mut Merchant| {
            match &url {
                Some(url) => drop(merchant.endpoints.insert(name.clone(), url.clone())),
                None => drop(merchant.endpoints.remove(&name)),
            }
            Ok(())
        };
        self.edit(by, merchant.id, detail.clone(), Box::new(edit)).await?;
        Ok(Reply::Done(format!("{}: {detail}", merchant.name)))
    }

    async fn set_terms(
        &self,
        by: Actor,
        key: &str,
        channel: &str,
        settings: TermsSettings,
    ) -> Result<Reply, Complaint> {
        let merchant: Arc<Merchant> = self.find_merchant(key)?;
        let known = self.find_channel(channel)?;
        if known.currency != merchant.currency {
            let [own, its] = [merchant.currency, known.currency].map(|currency| currency.code());
            return Err(Complaint(format!("{channel} pays {its}, the merchant has {own}")));
        }
        let code = known.code.clone();
        let detail = format!("{channel}: {}", merchant::describe(&settings)?);
        let edit = move |merchant: &mut Merchant| {
            if settings.offered == Some(false) {
                merchant.terms.retain(|terms| terms.channel != code);
                return Ok(());
            }
            let currency = merchant.currency;
            let known = merchant.terms.iter().any(|terms| terms.channel == code);
            if !known {
                merchant.terms.push(merchant::open_terms(code.clone()));
            }
            let terms: Option<&mut Terms> =
                merchant.terms.iter_mut().find(|terms| terms.channel == code);
            terms.map_or(Ok(()), |terms| merchant::apply_terms(terms, &settings, currency))
        };
        self.edit(by, merchant.id, detail.clone(), Box::new(edit)).await?;
        Ok(Reply::Done(format!("{}: {detail}", merchant.name)))
    }
}

/// For how long a former key counts. A slip must not make it count for good.
fn overlap(hours: u64) -> Result<Duration, Complaint> {
    match hours {
        0..=LONGEST_OVERLAP => Ok(Duration::from_secs(hours * 3_600)),
        _ => Err(Complaint(format!("an overlap has at most {LONGEST_OVERLAP} hours"))),
    }
}

fn credentials(merchant: &Merchant) -> Result<CredentialsView, Complaint> {
    let missing = || Complaint("the merchant has no credentials".to_owned());
    let access: &Access = merchant.access.first().ok_or_else(missing)?;
    let (login, key) = (access.login.clone(), access.key.expose().to_owned());
    let keys = match access.dialect.as_str() {
        merchant::CCPAYMENT => {
            let merchant_key = merchant.option(MERCHANT_KEY_OPTION).unwrap_or_default().to_owned();
            KeysView::Ccpayment { app_id: login, app_secret: key, merchant_key }
        }
        merchant::APPLYFOR => KeysView::Applyfor { uid: login, secret: key },
        _ => {
            let callback_key = access.callback_key.expose().to_owned();
            KeysView::Bankopay { site_id: login, site_key: key, callback_key }
        }
    };
    Ok(CredentialsView {
        merchant: merchant.id.0,
        dialect: access.dialect.to_string(),
        keys,
        webhook_secret: merchant.webhook_secret.expose().to_owned(),
    })
}
