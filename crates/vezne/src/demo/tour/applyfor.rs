//! The /applyfor samples: the form of a channel, an order, a repeat, a wrong sign, the
//! notification, and the queries of ours.

use serde_json::Value;
use tokio::time::timeout;
use vezne_core::port::Clock as _;
use vezne_web::receiver::NotificationSeen;
use vezne_wire::applyfor::{BoolStyle, Parameters, SigningKey, Status, samples};
use vezne_wire::json::{Object, compact};
use vezne_wire::secret::SecretText;

use super::{PATIENCE, Tour};
use crate::commands::Error;
use crate::demo::shop::{APPLYFOR_SECRET, APPLYFOR_UID};
use crate::system::SystemClock;

impl Tour {
    pub(super) async fn applyfor(&mut self) -> Result<(), Error> {
        self.headline("/applyfor: the document's samples");
        self.form().await?;
        let order = self.order("demo-1", "150000")?;
        let accepted = self.apply(&order, "an order is accepted", Status::Success).await?;
        self.headline("/applyfor: what the document leaves open, and its codes");
        let again = self.apply(&order, "the same orderid again is 10003", Status::DuplicateOrder);
        let again = again.await?;
        let ids = [accepted, again].map(|answer| answer["result"]["transactionid"].to_string());
        self.compare("... and names the first transactionid", &ids[1], &ids[0]);
        let forged = order.replace("150000", "950000");
        self.apply(&forged, "another amount under the same sign", Status::SignatureFailed).await?;
        let decimals = self.order("demo-2", "10.55")?;
        self.apply(&decimals, "decimals on a channel without any", Status::AmountFormat).await?;
        self.notification().await?;
        self.balance().await?;
        self.link().await
    }

    async fn form(&mut self) -> Result<(), Error> {
        let object = Object::parse(samples::FORM_RULE_REQUEST.as_bytes())?;
        let parameters = Parameters::from_json(&object, BoolStyle::Words)?;
        let body = signed(&parameters)?;
        let answer = self.post("/channel/formRule", &body).await?;
        let printed = compact(samples::FORM_RULE_ANSWER);
        let printed = printed.strip_suffix('}').unwrap_or(&printed);
        let without_sign = answer.body.split(",\"sign\"").next().unwrap_or_default();
        self.compare("POST /channel/formRule", without_sign, printed);
        let told: Value = serde_json::from_str(&answer.body)?;
        self.draw(&told["result"]["data"]["form_fields"]);
        Ok(())
    }

    /// The form that a merchant would make of the rules.
    fn draw(&self, fields: &Value) {
        for field in fields.as_array().into_iter().flatten() {
            let star = if field["required"] == true { " *" } else { "" };
            let text = |name: &str| field[name].as_str().unwrap_or_default().to_owned();
            self.tell(&format!("\n   {}{star}", text("label")));
            match field["options"].as_array() {
                None => self.tell(&format!("   [ {:<40} ]", text("placeholder"))),
                Some(options) => options.iter().for_each(|option| {
                    let name = option["name"].as_str().unwrap_or_default();
                    self.tell(&format!("   ( ) {} {name}", option["bankID"]));
                }),
            }
        }
        self.tell("");
    }

    /// A page with the same form, for a merchant that builds none.
    async fn link(&mut self) -> Result<(), Error> {
        let mut parameters = Parameters::default();
        let notify_url = self.shops.notify_url.clone();
        for (name, value) in [
            ("uid", APPLYFOR_UID),
            ("currency", "VND"),
            ("pay_code", "1004"),
            ("orderid", "demo-page"),
            ("amount", "250000"),
            ("notify_url", &notify_url),
            ("lang", "en"),
            ("expires_in", "1800"),
        ] {
            parameters.push(name, value)?;
        }
        parameters.push_number("timestamp", SystemClock.now().seconds())?;
        let answer = self.post("/pay-out/link", &signed(&parameters)?).await?.body;
        let told: Value = serde_json::from_str(&answer)?;
        self.compare("a link to the hosted form", &told["status"].to_string(), "10000");
        let path = told["result"]["url"].as_str().unwrap_or_default();
        self.page = format!("{}{path}", self.base);
        Ok(())
    }

    /// An order with what the sample's form asks for.
    fn order(&self, orderid: &str, amount: &str) -> Result<String, Error> {
        let mut parameters = Parameters::default();
        let notify_url = self.shops.notify_url.clone();
        for (name, value) in [
            ("uid", APPLYFOR_UID),
            ("currency", "VND"),
            ("pay_code", "1004"),
            ("orderid", orderid),
            ("amount", amount),
            ("notify_url", &notify_url),
            ("userip", "127.0.0.1"),
            ("bank_id", "1001"),
            ("bank_account", "Kim Minjun"),
        ] {
            parameters.push(name, value)?;
        }
        parameters.push_number("timestamp", SystemClock.now().seconds())?;
        signed(&parameters)
    }

    async fn apply(&mut self, body: &str, what: &str, expected: Status) -> Result<Value, Error> {
        let answer = self.post("/applyfor", body).await?.body;
        let told: Value = serde_json::from_str(&answer)?;
        self.compare(what, &told["status"].to_string(), &expected.number().to_string());
        Ok(told)
    }

    async fn notification(&mut self) -> Result<(), Error> {
        let Ok(Some(seen)) = timeout(PATIENCE, self.shops.applyfor.recv()).await else {
            self.check("a notification", Some("none came".to_owned()));
            return Ok(());
        };
        let NotificationSeen { body, notification } = seen;
        self.tell(&format!("<= POST /notify\n   {}", String::from_utf8_lossy(&body)));
        match notification {
            Err(why) => self.check("a notification", Some(why)),
            Ok(notification) => {
                let paid = notification.is_paid();
                self.tell("   both signatures fit; acknowledged");
                let what = format!("notification of {}: paid", notification.orderid);
                self.check(what, (!paid).then(|| "it was not paid".to_owned()));
            }
        }
        Ok(())
    }

    async fn balance(&mut self) -> Result<(), Error> {
        let mut parameters = Parameters::default();
        parameters.push("uid", APPLYFOR_UID)?;
        parameters.push_number("timestamp", SystemClock.now().seconds())?;
        let answer = self.post("/balance/query", &signed(&parameters)?).await?.body;
        let told: Value = serde_json::from_str(&answer)?;
        self.compare("its balance, by our query", &told["status"].to_string(), "10000");
        Ok(())
    }
}

/// The body with its sign.
fn signed(parameters: &Parameters) -> Result<String, Error> {
    let key = SigningKey::new(SecretText::new(APPLYFOR_SECRET));
    Ok(String::from_utf8(parameters.to_json(&key.sign(parameters)?))?)
}
