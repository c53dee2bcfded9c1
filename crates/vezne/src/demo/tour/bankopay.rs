//! The BankoPay samples, wrong keys, callbacks, and what the document leaves open.

use tokio::time::timeout;
use vezne_web::receiver::Received;
use vezne_wire::bankopay::samples::{self, Sample, WITHDRAWALS, compact};
use vezne_wire::bankopay::{Service, Status, WithdrawCallback};
use vezne_wire::json::Object;

use super::{PATIENCE, Tour};
use crate::commands::Error;
use crate::demo::SITE_KEY;

impl Tour {
    pub(super) async fn bankopay(&mut self) -> Result<(), Error> {
        self.headline("BankoPay: the document's samples, as they are printed");
        for sample in &WITHDRAWALS {
            self.withdraw(sample).await?;
        }
        self.bank_list().await?;
        self.headline("BankoPay: wrong credentials, on every service");
        for sample in &WITHDRAWALS {
            self.wrong_key(path(sample.service), sample.request).await?;
        }
        self.wrong_key("/api/bank-list/".to_owned(), samples::BANK_LIST_REQUEST).await?;
        self.headline("BankoPay: the merchant's callbacks");
        for _ in &WITHDRAWALS {
            self.callback(Status::Approved, "Completed!").await?;
        }
        self.headline("BankoPay: what the document leaves open");
        self.repeat().await?;
        self.other_content().await?;
        self.refused_by_the_rail().await
    }

    async fn withdraw(&mut self, sample: &Sample) -> Result<(), Error> {
        let path = path(sample.service);
        let answer = self.post(&path, &compact(sample.request)).await?;
        let (id, moment) = id_and_moment(&answer.body).unwrap_or_default();
        self.compare(format!("POST {path}"), &answer.body, &sample.expected(id, &moment));
        Ok(())
    }

    async fn bank_list(&mut self) -> Result<(), Error> {
        let request = compact(samples::BANK_LIST_REQUEST);
        let answer = self.post("/api/bank-list/", &request).await?;
        let expected = compact(samples::BANK_LIST_ANSWER);
        self.compare("POST /api/bank-list/", &answer.body, &expected);
        Ok(())
    }

    async fn wrong_key(&mut self, path: String, request: &str) -> Result<(), Error> {
        let request = compact(request).replace(SITE_KEY, "wrong0BaEXn3iUrzuDXcwiNQIYqmorU");
        let answer = self.post(&path, &request).await?;
        let expected = compact(samples::ERROR_ANSWER);
        self.compare(format!("POST {path} with a wrong key"), &answer.body, &expected);
        Ok(())
    }

    /// Waits for the next callback and checks that it is the document's, member for member.
    async fn callback(&mut self, status: Status, message: &str) -> Result<(), Error> {
        let Ok(Some(received)) = timeout(PATIENCE, self.shops.bankopay.recv()).await else {
            self.check("a callback", Some("none came".to_owned()));
            return Ok(());
        };
        let Received { body, callback } = received;
        let shown = String::from_utf8_lossy(&body).replace(SITE_KEY, "***");
        self.tell(&format!("<= POST /api/BankoPay/withdraw/\n   {shown}"));
        let wrong = match &callback {
            Err(why) => Some(why.clone()),
            Ok(callback) => differs(callback, &body, status, message),
        };
        let what = callback.map_or("a callback".to_owned(), |callback| {
            let WithdrawCallback { transaction_id, method, .. } = &callback;
            let status = if status == Status::Approved { "approved" } else { "reject" };
            format!("callback {transaction_id} {}: {status}", method.method())
        });
        if wrong.is_none() {
            self.tell("   both signatures fit; acknowledged");
        }
        self.check(what, wrong);
        Ok(())
    }

    async fn repeat(&mut self) -> Result<(), Error> {
        let request = compact(WITHDRAWALS[0].request);
        let path = path(Service::BankTransfer);
        let (first, second) =
            (self.post(&path, &request).await?, self.post(&path, &request).await?);
        self.compare("a repeat gets the first answer again", &second.body, &first.body);
        Ok(())
    }

    async fn other_content(&mut self) -> Result<(), Error> {
        let request = compact(WITHDRAWALS[0].request).replace("250.00", "251.00");
        let answer = self.post(&path(Service::BankTransfer), &request).await?;
        let code = code_of(&answer.body);
        self.compare("the same trx with another amount is refused", &code, "20020");
        self.compare("... on HTTP 200, as clients read it", &answer.status.to_string(), "200");
        Ok(())
    }

    async fn refused_by_the_rail(&mut self) -> Result<(), Error> {
        let request = compact(WITHDRAWALS[1].request)
            .replace("250.00", "250.01")
            .replace("456454646", "refused-1");
        let answer = self.post(&path(Service::Papara), &request).await?;
        self.compare("a payout that the rail will refuse", &code_of(&answer.body), "200");
        self.callback(Status::Reject, "").await
    }
}

fn path(service: Service) -> String {
    format!("/api/withdraw/{}", service.slug())
}

fn code_of(body: &str) -> String {
    let code = Object::parse(body.as_bytes()).ok();
    let code = code.and_then(|object| object.get("code").map(|code| code.raw().to_owned()));
    code.unwrap_or_default()
}

fn id_and_moment(body: &str) -> Option<(i64, String)> {
    let object = Object::parse(body.as_bytes()).ok()?;
    let data = object.get("data")?.object().ok()?;
    let moment = data.get("created_at")?.text()?.into_owned();
    Some((data.get("id")?.integer()?, moment))
}

/// What of a callback is not as the document's sample has it.
fn differs(
    callback: &WithdrawCallback,
    body: &[u8],
    status: Status,
    message: &str,
) -> Option<String> {
    let names = |bytes: &[u8]| -> Option<Vec<String>> {
        let object = Object::parse(bytes).ok()?;
        Some(object.members().iter().map(|member| member.name.to_string()).collect())
    };
    let sample = compact(samples::WITHDRAW_CALLBACK);
    if names(body) != names(sample.as_bytes()) {
        return Some("its members are not the document's".to_owned());
    }
    if callback.status != status {
        return Some(format!("its status is {:?}", callback.status));
    }
    let fits =
        if message.is_empty() { !callback.message.is_empty() } else { callback.message == message };
    (!fits).then(|| format!("its message is {:?}", callback.message))
}
