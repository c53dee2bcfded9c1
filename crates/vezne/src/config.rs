//! The configuration: one commented sample file, which is the documentation, with overrides from
//! the environment. Whatever is not known or makes no sense stops the start.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use vezne_core::model::personal::Secret;
use vezne_web::dialect::ccpayment::{Brand, CcPaymentSettings};
use vezne_wire::ccpayment::Profile;

use crate::worker::token_keys::LONGEST_TOKEN;
use alarm::AlarmSection;
use retention::RetentionSection;

mod alarm;
mod callbacks;
pub(crate) mod faults;
mod retention;

/// The sample file: every key with its default.
pub(crate) const SAMPLE: &str = include_str!("../vezne.sample.toml");

const PREFIX: &str = "VEZNE_";

/// Variables of the commands, and of the tests, that are no settings.
const NOT_SETTINGS: [&str; 24] = [
    "VEZNE_CONFIG",
    "VEZNE_MASTER_KEY",
    "VEZNE_OPERATOR",
    "VEZNE_SITE_KEY",
    "VEZNE_NEW_SITE_KEY",
    "VEZNE_APP_SECRET",
    "VEZNE_NEW_APP_SECRET",
    "VEZNE_NEW_SECRET",
    "VEZNE_SECRET",
    "VEZNE_PHP",
    "VEZNE_PYTHON",
    "VEZNE_CHROMEDRIVER",
    "VEZNE_PROMTOOL",
    "VEZNE_NODE",
    "VEZNE_GO",
    "VEZNE_BASH",
    "VEZNE_WEBHOOK_SECRET",
    "VEZNE_POSTGRES",
    "VEZNE_POSTGRES_BIN",
    "VEZNE_SCREENSHOTS",
    "VEZNE_KILL_CYCLES",
    "VEZNE_NODES_PERCENT",
    "VEZNE_NODES_SEED",
    "VEZNE_TEST_STORE",
];

/// The whole configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub(crate) server: Server,
    pub(crate) store: Store,
    pub(crate) engine: EngineSection,
    pub(crate) dispatch: Dispatch,
    pub(crate) simulator: Simulator,
    pub(crate) callbacks: Callbacks,
    pub(crate) alarm: AlarmSection,
    pub(crate) ccpayment: CcPayment,
    pub(crate) retention: RetentionSection,
    pub(crate) log: Log,
}

/// Where merchants and probes call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub(crate) listen: SocketAddr,
    pub(crate) operations_listen: SocketAddr,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) max_body_bytes: usize,
    pub(crate) bodies_in_flight_bytes: usize,
    pub(crate) max_connections: usize,
    pub(crate) max_connections_per_address: usize,
    pub(crate) header_timeout_seconds: u64,
    pub(crate) body_timeout_seconds: u64,
    pub(crate) write_timeout_seconds: u64,
    pub(crate) requests_per_second: u32,
    pub(crate) drain_seconds: u64,
}

/// Where everything is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    pub(crate) directory: PathBuf,
    pub(crate) master_key_file: PathBuf,
    #[serde(deserialize_with = "secret")]
    pub(crate) url: Secret,
    pub(crate) password_file: PathBuf,
    pub(crate) ca_file: PathBuf,
    pub(crate) writers: usize,
    pub(crate) readers: usize,
    pub(crate) pooler: bool,
    pub(crate) require_synchronous_standby: bool,
    pub(crate) migrate_on_start: bool,
}

/// What waits and what goes together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineSection {
    pub(crate) queue: usize,
    pub(crate) group: usize,
}

/// How payouts are sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispatch {
    pub(crate) concurrency: usize,
    pub(crate) concurrency_per_merchant: usize,
    pub(crate) lease_seconds: u64,
    pub(crate) ask_again_seconds: u64,
    pub(crate) ask_again_most_seconds: u64,
    pub(crate) quarantine_seconds: u64,
    pub(crate) enabled: bool,
}

/// How long the sandbox rail takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulator {
    pub(crate) settle_after_seconds: u64,
    pub(crate) refuse_after_seconds: u64,
    pub(crate) doubt_seconds: u64,
    pub(crate) return_after_seconds: u64,
    pub(crate) journal_file: PathBuf,
}

/// How merchants are told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callbacks {
    pub(crate) concurrency: usize,
    pub(crate) concurrency_per_merchant: usize,
    pub(crate) retry_seconds: Vec<u64>,
    pub(crate) refused_retry_seconds: Vec<u64>,
    pub(crate) connect_timeout_seconds: u64,
    pub(crate) total_timeout_seconds: u64,
    pub(crate) hash_threads: usize,
    pub(crate) sandbox_private_networks: bool,
    pub(crate) live_ports: Vec<u16>,
    pub(crate) allowed_private_networks: Vec<IpNet>,
    pub(crate) extra_certificates_file: PathBuf,
}

/// The CCPayment platform: its brands, and the bounds of its requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CcPayment {
    pub(crate) brands: Vec<CcPaymentBrand>,
    pub(crate) max_rows: usize,
    pub(crate) max_body_bytes: usize,
    pub(crate) identical_review_seconds: u64,
    pub(crate) token_seconds: u64,
    pub(crate) token_key_days: u64,
}

/// One brand of the platform.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CcPaymentBrand {
    pub(crate) name: String,
    pub(crate) profile: String,
    pub(crate) prefixes: Vec<String>,
}

/// What is logged, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub(crate) format: LogFormat,
    pub(crate) level: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Human,
    /// For programs.
    Json,
}

impl Store {
    pub(crate) fn database(&self) -> PathBuf {
        self.directory.join("vezne.sqlite3")
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        if self.master_key_file.as_os_str().is_empty() {
            self.directory.join("master.key")
        } else {
            self.master_key_file.clone()
        }
    }

    pub(crate) fn control_socket(&self) -> PathBuf {
        self.directory.join("control.sock")
    }

    pub(crate) fn marker(&self) -> PathBuf {
        self.directory.join(crate::marker::MARKER)
    }

    /// Which cluster and database of PostgreSQL this node works on.
    pub(crate) fn home(&self) -> PathBuf {
        self.directory.join("home")
    }
}

impl Simulator {
    /// The file that a desk with this store keeps the journal in.
    pub(crate) fn journal(&self, store: &Store) -> PathBuf {
        if self.journal_file.as_os_str().is_empty() {
            store.directory.join("simulator.journal")
        } else {
            self.journal_file.clone()
        }
    }
}

impl CcPayment {
    /// The settings of the dialect.
    pub(crate) fn settings(&self) -> Result<CcPaymentSettings, String> {
        Ok(CcPaymentSettings {
            brands: self.brands.iter().map(CcPaymentBrand::brand).collect::<Result<_, _>>()?,
            most_rows: self.max_rows,
            max_body_bytes: self.max_body_bytes,
            twin_window: seconds(self.identical_review_seconds),
            token_lifetime: seconds(self.token_seconds),
        })
    }

    fn check(&self) -> Result<(), String> {
        let settings = self.settings()?;
        let name = |at: usize| &settings.brands[at].name;
        let twice = (1..settings.brands.len()).find(|at| (0..*at).any(|b| name(b) == name(*at)));
        if let Some(at) = twice {
            return Err(format!("ccpayment.brands names {} twice", name(at)));
        }
        if settings.brands.is_empty() {
            return Err("ccpayment.brands must name one brand at least".to_owned());
        }
        let longest = LONGEST_TOKEN.as_secs();
        if !(60..=longest).contains(&self.token_seconds) {
            return Err(format!("ccpayment.token_seconds must be 60 to {longest}"));
        }
        Ok(())
    }
}

impl CcPaymentBrand {
    fn brand(&self) -> Result<Brand, String> {
        let Self { name, profile, prefixes } = self;
        let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || !name.bytes().all(lower) {
            return Err(format!("ccpayment.brands: the name {name:?} is not made of a-z, 0-9, _"));
        }
        let known = Profile::parse(profile)
            .ok_or_else(|| format!("ccpayment.brands: {name} has no profile sipay or iqmoney"))?;
        let segment = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte);
        let fits = |prefix: &String| {
            prefix.is_empty()
                || (prefix.starts_with('/')
                    && !prefix.ends_with('/')
                    && !prefix.contains("//")
                    && prefix.bytes().all(segment))
        };
        if prefixes.is_empty() || !prefixes.iter().all(fits) {
            return Err(format!(
                "ccpayment.brands: a prefix of {name} is empty or like /ccpayment, and one is \
                 needed"
            ));
        }
        Ok(Brand { name: name.clone(), profile: known, prefixes: prefixes.clone() })
    }
}

impl Config {
    /// Reads the file, or the defaults when there is none, and then the environment.
    ///
    /// # Errors
    /// What is wrong, in words, with the file's name.
    pub fn load(file: Option<&Path>) -> Result<Self, String> {
        let environment = std::env::vars().filter(|(name, _)| name.starts_with(PREFIX));
        let text = match file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?,
            None => String::new(),
        };
        Self::from_parts(&text, environment).map_err(|why| {
            // What the file alone gets right, the environment got wrong.
            match (file, Self::from_parts(&text, [])) {
                (Some(path), Err(_)) => format!("{}: {why}", path.display()),
                (None, Err(_)) => why,
                (_, Ok(_)) => format!("the environment: {why}"),
            }
        })
    }

    fn from_parts(
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, String> {
        let mut table: toml::Table = SAMPLE.parse().map_err(|error| format!("sample: {error}"))?;
        let given: toml::Table =
            text.parse().map_err(|error: toml::de::Error| error.to_string())?;
        merge(&mut table, given);
        for (name, value) in environment {
            override_one(&mut table, &name, &value)?;
        }
        let config: Self = table.try_into().map_err(|error: toml::de::Error| error.to_string())?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let positive = [
            ("server.max_body_bytes", self.server.max_body_bytes),
            ("server.max_connections", self.server.max_connections),
            ("server.max_connections_per_address", self.server.max_connections_per_address),
            ("server.requests_per_second", self.server.requests_per_second as usize),
            ("store.writers", self.store.writers),
            ("store.readers", self.store.readers),
            ("engine.queue", self.engine.queue),
            ("engine.group", self.engine.group),
            ("dispatch.concurrency", self.dispatch.concurrency),
            ("dispatch.concurrency_per_merchant", self.dispatch.concurrency_per_merchant),
            ("callbacks.concurrency", self.callbacks.concurrency),
            ("callbacks.concurrency_per_merchant", self.callbacks.concurrency_per_merchant),
            ("callbacks.hash_threads", self.callbacks.hash_threads),
            ("ccpayment.max_rows", self.ccpayment.max_rows),
            ("ccpayment.max_body_bytes", self.ccpayment.max_body_bytes),
            (
                "ccpayment.token_key_days",
                usize::try_from(self.ccpayment.token_key_days).unwrap_or(1),
            ),
        ];
        if let Some((name, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Err(format!("{name} must be above zero"));
        }
        if self.dispatch.lease_seconds < 2 {
            return Err("dispatch.lease_seconds must be at least 2".to_owned());
        }
        if self.dispatch.quarantine_seconds < self.dispatch.lease_seconds {
            return Err(
                "dispatch.quarantine_seconds must not be below dispatch.lease_seconds".into()
            );
        }
        let longest = self.server.max_body_bytes.max(self.ccpayment.max_body_bytes);
        if self.server.bodies_in_flight_bytes < longest {
            return Err(format!(
                "server.bodies_in_flight_bytes must not be below {longest}, the longest body"
            ));
        }
        for (name, value) in [
            ("server.header_timeout_seconds", self.server.header_timeout_seconds),
            ("server.body_timeout_seconds", self.server.body_timeout_seconds),
            ("server.write_timeout_seconds", self.server.write_timeout_seconds),
        ] {
            if !(1..=3_600).contains(&value) {
                return Err(format!("{name} must be 1 to 3600"));
            }
        }
        self.callbacks.check()?;
        self.ccpayment.check()?;
        self.retention.check()?;
        let open = |network: &IpNet| network.prefix_len() == 0;
        if self.callbacks.allowed_private_networks.iter().any(open) {
            return Err("callbacks.allowed_private_networks must not be everything".to_owned());
        }
        if self.server.trusted_proxies.iter().any(open) {
            return Err("server.trusted_proxies must not be everything".to_owned());
        }
        Ok(())
    }

    /// Things that work but that somebody should know about.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let hours = |waits: &[u64]| waits.iter().sum::<u64>() / 3_600;
        for (name, waits) in [
            ("callbacks.retry_seconds", &self.callbacks.retry_seconds),
            ("callbacks.refused_retry_seconds", &self.callbacks.refused_retry_seconds),
        ] {
            if hours(waits) < 72 {
                let hours = hours(waits);
                warnings.push(format!("{name} spans {hours} hours; 72 or more outlast a weekend"));
            }
        }
        if !self.server.listen.ip().is_loopback() && self.server.trusted_proxies.is_empty() {
            warnings.push("server.listen is reachable from outside without TLS".to_owned());
        }
        if faults::is_open(self.server.operations_listen.ip()) {
            warnings.push(
                "server.operations_listen is open to every network: it tells numbers, and asks \
                 nobody who they are"
                    .to_owned(),
            );
        }
        if !self.dispatch.enabled {
            warnings.push("dispatch.enabled is false: no payout is sent".to_owned());
        }
        warnings
    }
}

fn secret<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Secret, D::Error> {
    Ok(Secret::new(String::deserialize(source)?))
}

/// Seconds as a span of time.
pub(crate) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn merge(table: &mut toml::Table, given: toml::Table) {
    for (name, value) in given {
        match (table.get_mut(&name), value) {
            (Some(toml::Value::Table(section)), toml::Value::Table(values)) => {
                section.extend(values);
            }
            (_, value) => {
                table.insert(name, value);
            }
        }
    }
}

/// `VEZNE_SERVER_LISTEN=...` sets `listen` in `[server]`. Text needs no quotes.
fn override_one(table: &mut toml::Table, name: &str, value: &str) -> Result<(), String> {
    if NOT_SETTINGS.contains(&name) {
        return Ok(());
    }
    let unknown = || format!("the environment variable {name} names no key of the configuration");
    let path = name.strip_prefix(PREFIX).ok_or_else(unknown)?.to_lowercase();
    let (section, key) = path.split_once('_').ok_or_else(unknown)?;
    let section = table.get_mut(section).and_then(toml::Value::as_table_mut);
    let slot = section.and_then(|section| section.get_mut(key)).ok_or_else(unknown)?;
    *slot = if slot.is_str() {
        toml::Value::String(value.to_owned())
    } else {
        let line: toml::Table = format!("value = {value}")
            .parse()
            .map_err(|_| format!("the environment variable {name} has no fitting value"))?;
        line.get("value").cloned().ok_or_else(unknown)?
    };
    Ok(())
}

#[cfg(test)]
mod tests;
