//! The CCPayment samples of both brands, success, partial and failed; repeats, forgeries, status
//! and the webhook.

use serde_json::Value;
use tokio::time::timeout;
use vezne_core::port::Random as _;
use vezne_web::receiver::WebhookSeen;
use vezne_wire::ccpayment::samples::{self, compact, expected};
use vezne_wire::ccpayment::{
    Answer, CashoutRequest, CashoutStatus, StatusKey, StatusRequest, TokenGranted, TokenRequest,
    hash_key,
};
use vezne_wire::json::Object;
use vezne_wire::secret::SecretText;

use super::{PATIENCE, Tour};
use crate::commands::Error;
use crate::demo::shop::{Brand, IQMONEY, MERCHANT_KEY, SIPAY, top_up};
use crate::system::SystemRandom;

const TOKEN_PATH: &str = "/ccpayment/api/token";
const CASHOUT_PATH: &str = "/ccpayment/api/cashout/tobank";
const STATUS_PATH: &str = "/ccpayment/api/cashout/status";

impl Tour {
    pub(super) async fn ccpayment(&mut self) -> Result<(), Error> {
        self.headline("CCPayment: Sipay's samples");
        let token = self.token(SIPAY).await?;
        self.sipay(&token).await?;
        self.headline("CCPayment: iqmoney's samples, with the commissions that its answers show");
        let token = self.token(IQMONEY).await?;
        self.merchant_not_found(&token).await?;
        let partial = self.partial(&token).await?;
        // While the balance is short; once it is not, what lacked balance may be paid after all.
        self.same_again(&token, &partial).await?;
        self.success(&token).await?;
        self.failed(&token).await?;
        self.headline("CCPayment: what the documents leave open");
        self.no_token().await?;
        self.forged(&token, &partial).await?;
        self.webhooks().await?;
        self.status(&token).await
    }

    async fn token(&mut self, brand: Brand) -> Result<String, Error> {
        let app_secret = SecretText::new(brand.app_secret);
        let request = TokenRequest { app_id: brand.app_id.to_owned(), app_secret };
        let body = String::from_utf8(request.encode())?;
        let answer = self.post(TOKEN_PATH, &body).await?;
        let granted = TokenGranted::decode(answer.body.as_bytes())?;
        self.compare(format!("a token for {}", brand.name), &answer.status.to_string(), "200");
        Ok(granted.token.expose().to_owned())
    }

    async fn cash_out(&mut self, body: &str, token: &str) -> Result<String, Error> {
        Ok(self.post_as(CASHOUT_PATH, body, Some(token)).await?.body)
    }

    async fn sipay(&mut self, token: &str) -> Result<(), Error> {
        let request = compact(samples::SIPAY_REQUEST);
        let answer = self.cash_out(&request, token).await?;
        let printed = expected(samples::SIPAY_FAILED, &[]);
        self.compare("Sipay: the sample with its made-up hash_key fails", &answer, &printed);
        let answer = self.cash_out(&signed(&request, SIPAY)?, token).await?;
        let printed = expected(samples::SIPAY_SUCCESS, &[]);
        self.compare("Sipay: the sample, signed, succeeds", &answer, &printed);
        Ok(())
    }

    async fn merchant_not_found(&mut self, token: &str) -> Result<(), Error> {
        let request = compact(samples::IQMONEY_REQUEST).replace(MERCHANT_KEY, "another");
        let answer = self.cash_out(&request, token).await?;
        let printed = expected(samples::IQMONEY_NOT_FOUND, &[]);
        self.compare("iqmoney: an unknown merchant_key", &answer, &printed);
        Ok(())
    }

    /// The balance covers the first row and its commission, and not the second.
    async fn partial(&mut self, token: &str) -> Result<String, Error> {
        top_up(&self.control, IQMONEY.app_id, "12.10").await?;
        let request = signed(&compact(samples::IQMONEY_REQUEST), IQMONEY)?;
        let answer = self.cash_out(&request, token).await?;
        let printed = expected(samples::IQMONEY_PARTIAL, &["6182458"]);
        self.compare("iqmoney: a balance for one row of two", &answer, &printed);
        Ok(request)
    }

    async fn success(&mut self, token: &str) -> Result<(), Error> {
        top_up(&self.control, IQMONEY.app_id, "100000.00").await?;
        let request = compact(samples::IQMONEY_REQUEST).replace("6182458", "6182459");
        let answer = self.cash_out(&signed(&request, IQMONEY)?, token).await?;
        let rows = Answer::decode(answer.as_bytes())?.rows;
        let ids: Vec<&str> = rows.iter().filter_map(|row| row.unique_id.as_deref()).collect();
        let printed = expected(samples::IQMONEY_SUCCESS, &ids);
        self.compare("iqmoney: both rows succeed", &answer, &printed);
        Ok(())
    }

    async fn failed(&mut self, token: &str) -> Result<(), Error> {
        let request = compact(samples::IQMONEY_REQUEST)
            .replace(r#""unique_id":"6182458","#, "")
            .replace(r#""amount":10"#, r#""amount":9.5"#)
            .replace(r#""amount":20"#, r#""amount":5"#);
        let answer = self.cash_out(&signed(&request, IQMONEY)?, token).await?;
        let printed = expected(samples::IQMONEY_FAILED, &[]);
        self.compare("iqmoney: both rows below the minimum", &answer, &printed);
        Ok(())
    }

    async fn no_token(&mut self) -> Result<(), Error> {
        let request = signed(&compact(samples::IQMONEY_REQUEST), IQMONEY)?;
        let answer = self.post(CASHOUT_PATH, &request).await?;
        self.compare("without a token: HTTP 401", &answer.status.to_string(), "401");
        Ok(())
    }

    async fn same_again(&mut self, token: &str, request: &str) -> Result<(), Error> {
        let answer = self.cash_out(request, token).await?;
        let printed = expected(samples::IQMONEY_PARTIAL, &["6182458"]);
        self.compare("a repeat gets the first answer, and pays nothing again", &answer, &printed);
        Ok(())
    }

    /// The `hash_key` covers the sum and the first row only. Around other rows it is worth nothing.
    async fn forged(&mut self, token: &str, request: &str) -> Result<(), Error> {
        let other = request.replace("Another Name", "Somebody Else");
        let answer = self.cash_out(&other, token).await?;
        let printed = expected(samples::SIPAY_FAILED, &[]);
        self.compare("a used hash_key around another second row", &answer, &printed);
        Ok(())
    }

    /// The three rows that were accepted, as the merchant is told of them.
    async fn webhooks(&mut self) -> Result<(), Error> {
        for _ in 0..3 {
            let Ok(Some(seen)) = timeout(PATIENCE, self.shops.iqmoney.recv()).await else {
                self.check("a webhook", Some("none came".to_owned()));
                return Ok(());
            };
            let WebhookSeen { body, outcome } = seen;
            self.tell(&format!("<= POST /webhook\n   {}", String::from_utf8_lossy(&body)));
            match outcome {
                Err(why) => self.check("a webhook", Some(why)),
                Ok(received) => {
                    let what =
                        format!("webhook {}: {}", received.unique_id, received.status.text());
                    let wrong = (received.status != CashoutStatus::Completed)
                        .then(|| "it is not Completed".to_owned());
                    self.tell("   hash_key and signature fit; acknowledged");
                    self.check(what, wrong);
                }
            }
        }
        Ok(())
    }

    async fn status(&mut self, token: &str) -> Result<(), Error> {
        let by = StatusKey::UniqueId("6182458".to_owned());
        let request = StatusRequest { merchant_key: MERCHANT_KEY.to_owned(), by };
        let body = String::from_utf8(request.encode())?;
        let answer = self.post_as(STATUS_PATH, &body, Some(token)).await?.body;
        let told: Value = serde_json::from_str(&answer)?;
        let status = told["data"]["status"].as_str().unwrap_or_default().to_owned();
        self.compare("its status, by unique_id", &status, CashoutStatus::Completed.text());
        Ok(())
    }
}

/// The same request with a `hash_key` of its own.
fn signed(request: &str, brand: Brand) -> Result<String, Error> {
    let object = Object::parse(request.as_bytes())?;
    let decoded = CashoutRequest::decode(&object, 10)?;
    let (mut iv, mut salt) = ([0; 8], [0; 2]);
    SystemRandom.fill(&mut iv);
    SystemRandom.fill(&mut salt);
    let text = hash_key::plaintext(&decoded.expected());
    let made = hash_key::make(&text, brand.app_secret, iv, salt);
    Ok(request.replace(&decoded.hash_key, &made))
}
