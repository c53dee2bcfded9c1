//! Requests of a merchant: the document's samples, changed member by member.

use vezne_wire::bankopay::Service;
use vezne_wire::bankopay::samples::{Sample, WITHDRAWALS};

/// The document's sample of a service.
pub(crate) fn sample(service: Service) -> Sample {
    let found = WITHDRAWALS.into_iter().find(|sample| sample.service == service);
    found.expect("the document has a sample of every service")
}

pub(crate) fn path(service: Service) -> String {
    format!("/api/withdraw/{}", service.slug())
}

/// A request as names and JSON texts, in order.
#[derive(Clone, Debug)]
pub(crate) struct Ask(Vec<(String, String)>);

impl Ask {
    pub(crate) fn sample(service: Service) -> Self {
        let member = |line: &str| {
            let (name, value) = line.trim().split_once(": ")?;
            let value = value.strip_suffix(',').unwrap_or(value);
            Some((name.trim_matches('"').to_owned(), value.to_owned()))
        };
        Self(sample(service).request.lines().filter_map(member).collect())
    }

    /// A bank transfer with another reference and amount.
    pub(crate) fn bank(trx: &str, amount: &str) -> Self {
        Self::sample(Service::BankTransfer).text("trx", trx).set("amount", amount)
    }

    /// Replaces a member by a JSON text, or adds it.
    pub(crate) fn set(mut self, name: &str, json: &str) -> Self {
        match self.0.iter_mut().find(|(found, _)| found == name) {
            Some((_, value)) => json.clone_into(value),
            None => self.0.push((name.to_owned(), json.to_owned())),
        }
        self
    }

    /// Replaces a member by a string.
    pub(crate) fn text(self, name: &str, text: &str) -> Self {
        self.set(name, &serde_json::json!(text).to_string())
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(found, _)| found != name);
        self
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    pub(crate) fn body(&self) -> String {
        let members = self.0.iter().map(|(name, value)| format!("{name:?}:{value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}
