//! Requests as data.

use super::sample;

/// A request as names and JSON texts, to be changed member by member.
#[derive(Clone, Debug)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// These members.
    pub(crate) fn of(members: &[(&str, &str)]) -> Self {
        let member = |(name, json): &(&str, &str)| ((*name).to_owned(), (*json).to_owned());
        Self(members.iter().map(member).collect())
    }

    /// The document's sample for a service.
    pub(crate) fn sample(service: &str) -> Self {
        let member = |line: &str| {
            let (name, value) = line.trim().split_once(": ")?;
            let value = value.strip_suffix(',').unwrap_or(value);
            Some((name.trim_matches('"').to_owned(), value.to_owned()))
        };
        Self(sample(service).request.lines().filter_map(member).collect())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Replaces a member's JSON text, or adds the member.
    pub(crate) fn set(mut self, name: &str, json: &str) -> Self {
        match self.0.iter_mut().find(|(found, _)| found == name) {
            Some((_, value)) => json.clone_into(value),
            None => self.0.push((name.to_owned(), json.to_owned())),
        }
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(found, _)| found != name);
        self
    }

    pub(crate) fn body(&self) -> String {
        let members = self.0.iter().map(|(name, value)| format!("\"{name}\":{value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}
