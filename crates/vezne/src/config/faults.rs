//! What of a configuration cannot work, found before a server is started on it.
//!
//! Reading the file refuses what contradicts itself in one key. Here is what shows only when
//! several keys are held together, or when the files and the URL that they name are opened and
//! read. The check of a configuration tells all of it, and a server refuses to start for the same
//! reasons.

use std::fs::File;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::Config;
use crate::assembly::kept_key;
use crate::commands::runtime;
use crate::database::Database;

impl Config {
    /// What cannot work, in words for the operator.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        faults.extend(level(&self.log.level).err());
        faults.extend(self.addresses());
        faults.extend(self.files());
        faults.extend(self.server_settings());
        faults.extend(self.alarm_fault());
        let callbacks = &self.callbacks;
        if callbacks.total_timeout_seconds < callbacks.connect_timeout_seconds {
            let why = "callbacks.total_timeout_seconds is below connect_timeout_seconds";
            faults.push(why.to_owned());
        }
        if self.engine.group > self.engine.queue {
            faults.push("engine.group is above engine.queue, and would never be full".to_owned());
        }
        faults
    }

    fn alarm_fault(&self) -> Option<String> {
        let alarm = match self.alarm.alarm() {
            Ok(alarm) => alarm?,
            Err(why) => return Some(why),
        };
        let look = async { alarm.check().await };
        let found = runtime().map(|runtime| runtime.block_on(look));
        match found {
            Ok(Ok(())) => None,
            // It may be known by the time that something is told.
            Ok(Err(error)) if error.may_pass() => None,
            Ok(Err(error)) => Some(format!("alarm.url: {error}")),
            Err(error) => Some(error.to_string()),
        }
    }

    fn addresses(&self) -> Option<String> {
        let (front, operations) = (self.server.listen, self.server.operations_listen);
        let all = |address: SocketAddr| address.ip().is_unspecified();
        let one = front.port() == operations.port() && front.port() != 0;
        let same = one && (front.ip() == operations.ip() || all(front) || all(operations));
        let why = || format!("server.listen and server.operations_listen are both on {front}");
        same.then(why)
    }

    fn files(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let directory = &self.store.directory;
        if directory.as_os_str().is_empty() {
            faults.push("store.directory is empty".to_owned());
        } else if directory.exists() && !directory.is_dir() {
            faults.push(format!("store.directory: {} is no directory", directory.display()));
        }
        for (key, path) in [
            ("store.password_file", &self.store.password_file),
            ("store.ca_file", &self.store.ca_file),
            ("callbacks.extra_certificates_file", &self.callbacks.extra_certificates_file),
        ] {
            if !path.as_os_str().is_empty() {
                faults.extend(unreadable(key, path));
            }
        }
        let extra = &self.callbacks.extra_certificates_file;
        if extra.is_file() {
            let wrong = |why| format!("callbacks.extra_certificates_file: {why}");
            faults.extend(vezne_outbound::http::check_certificates(extra).err().map(wrong));
        }
        // The first start makes the key, but no directory for it.
        let parent = self.store.master_key_file.parent();
        match parent.filter(|parent| !parent.as_os_str().is_empty() && !parent.is_dir()) {
            Some(parent) => faults
                .push(format!("store.master_key_file: there is no directory {}", parent.display())),
            None => faults.extend(kept_key(self).err().map(|error| error.to_string())),
        }
        faults
    }

    fn server_settings(&self) -> Vec<String> {
        let store = &self.store;
        if store.url.expose().is_empty() {
            let set = [
                ("require_synchronous_standby", store.require_synchronous_standby),
                ("pooler", store.pooler),
                ("password_file", !store.password_file.as_os_str().is_empty()),
                ("ca_file", !store.ca_file.as_os_str().is_empty()),
            ];
            let alone = set.into_iter().filter(|(_, set)| *set);
            return alone
                .map(|(key, _)| format!("store.{key} is for PostgreSQL, and there is no store.url"))
                .collect();
        }
        match store.kept_in() {
            // What is wrong with its files is told by their own names.
            Err(_) => Vec::new(),
            Ok(Database::File(_)) => Vec::new(),
            Ok(Database::Server { url, options }) => {
                let read = vezne_store::postgres::check_url(url.expose(), &options);
                read.err().map(|error| format!("store.url: {error}")).into_iter().collect()
            }
        }
    }
}

/// Reads `log.level`. A word alone is a level: were it taken for the name of a module, as the
/// library would, a slip in it would leave everything unlogged.
///
/// # Errors
/// Which word is none, and the levels.
pub(crate) fn level(text: &str) -> Result<EnvFilter, String> {
    for directive in text.split(',').map(str::trim) {
        let level = directive.rsplit_once('=').map_or(directive, |(_, level)| level);
        let is_span = directive.contains('[');
        if !is_span && LevelFilter::from_str(level).is_err() {
            return Err(format!(
                "log.level: {level:?} is none of off, error, warn, info, debug and trace"
            ));
        }
    }
    EnvFilter::try_new(text).map_err(|error| format!("log.level: {error}"))
}

fn unreadable(key: &str, path: &Path) -> Option<String> {
    let opened = File::open(path).and_then(|file| file.metadata());
    match opened {
        Ok(metadata) if metadata.is_file() => None,
        Ok(_) => Some(format!("{key}: {} is no file", path.display())),
        Err(error) => Some(format!("{key}: {}: {error}", path.display())),
    }
}

/// Whether an address is open to all of the network.
pub(super) fn is_open(address: IpAddr) -> bool {
    address.is_unspecified()
}
