//! A merchant that speaks CCPayment: its credentials, and what it sends.

use std::net::SocketAddr;

use serde_json::{Value, json};
use vezne_wire::ccpayment::CashoutRequest;
use vezne_wire::ccpayment::hash_key::{make, plaintext};
use vezne_wire::json::Object;

use super::http::{Answer, Connection};

pub(crate) const CASH_OUT: &str = "/ccpayment/api/cashout/tobank";

/// What a CCPayment merchant was given.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) app_id: String,
    pub(crate) app_secret: String,
    pub(crate) merchant_key: String,
}

impl Client {
    /// From the answer of `merchant add` or `merchant rotate-key`.
    pub(crate) fn of(shown: &Value) -> Self {
        let text = |name| shown["credentials"][name].as_str().expect("credentials").to_owned();
        let (app_id, app_secret) = (text("app_id"), text("app_secret"));
        Self { app_id, app_secret, merchant_key: text("merchant_key") }
    }

    pub(crate) async fn ask_for_token(&self, server: SocketAddr) -> Answer {
        let body = json!({ "app_id": self.app_id, "app_secret": self.app_secret }).to_string();
        Connection::open(server).await.post("/ccpayment/api/token", body).await
    }

    pub(crate) async fn token(&self, server: SocketAddr) -> String {
        let answer = self.ask_for_token(server).await;
        let json = answer.json();
        json["data"]["token"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
    }

    /// A document's request as this merchant sends it. Requests of different numbers have
    /// different `hash_key`s.
    pub(crate) fn request(&self, sample: &str, number: u8) -> Value {
        let object = Object::parse(sample.as_bytes()).expect("a sample is JSON");
        let read = CashoutRequest::decode(&object, 10).expect("a sample is a request");
        let (text, secret) = (plaintext(&read.expected()), &self.app_secret);
        let mut request: Value = serde_json::from_str(sample).expect("a sample is JSON");
        request["merchant_key"] = json!(self.merchant_key);
        request["hash_key"] = json!(make(&text, secret, [number; 8], [number; 2]));
        request
    }
}

/// Sends any body to cash out, under a token.
pub(crate) async fn cash_out(server: SocketAddr, token: &str, body: &str) -> Answer {
    let headers = format!("content-type: application/json\r\nauthorization: Bearer {token}\r\n");
    let mut connection = Connection::open(server).await;
    connection.send("POST", CASH_OUT, &headers, body.as_bytes()).await
}
