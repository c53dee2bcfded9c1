//! What an operator may set about everything that leaves, and why a setting cannot be used.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use crate::rail::simulator::SimulatorSettings;

/// The settings of the whole crate.
#[derive(Clone, Debug)]
pub struct OutboundSettings {
    /// The most one lookup, one TCP connection or one TLS handshake may take.
    pub connect_timeout: Duration,
    /// The most one attempt may take from the lookup to the answer's last byte.
    pub total_timeout: Duration,
    /// The threads that compute callback hashes.
    pub hash_threads: usize,
    /// How many callbacks may wait for those threads; further ones wait for a place.
    pub hash_queue: usize,
    /// Whether sandbox merchants may be called by http and on this machine or in its networks, so
    /// that a developer's laptop works. Without it they are held to the rules of live merchants.
    pub sandbox_allow_private: bool,
    /// The ports of live merchants.
    pub live_ports: Vec<u16>,
    /// Networks of private addresses that may be called all the same: merchants on the premises.
    pub allowed_networks: Vec<IpNet>,
    /// Where this process itself listens. Nobody is called there, whoever asks for it.
    pub own_listeners: Vec<SocketAddr>,
    /// Certificates, PEM or DER, that are trusted beside the compiled-in roots.
    pub extra_ca: Option<PathBuf>,
    /// The sandbox rail.
    pub simulator: SimulatorSettings,
}

impl Default for OutboundSettings {
    /// Connect within 5 s, answer within 20 s (`research/reliability.md` W3), port 443 alone.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(20),
            hash_threads: 2,
            hash_queue: 256,
            sandbox_allow_private: true,
            live_ports: vec![443],
            allowed_networks: Vec::new(),
            own_listeners: Vec::new(),
            extra_ca: None,
            simulator: SimulatorSettings::default(),
        }
    }
}

/// Why the crate cannot start with its settings.
#[derive(Debug)]
pub enum SettingsError {
    /// An allowed network is wider than any private network.
    WideNetwork(IpNet),
    /// The extra certificates cannot be used.
    Certificates {
        /// Their file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// TLS cannot be set up.
    Tls(String),
    /// A thread cannot be started.
    Threads(String),
    /// The simulator's journal cannot be used.
    Journal {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WideNetwork(network) => write!(
                f,
                "the allowed network {network} is wider than any private network; \
                 name the merchant's own network"
            ),
            Self::Certificates { path, reason } => {
                write!(f, "the extra certificates in {} cannot be used: {reason}", path.display())
            }
            Self::Tls(reason) => write!(f, "TLS cannot be set up: {reason}"),
            Self::Threads(reason) => write!(f, "a thread cannot be started: {reason}"),
            Self::Journal { path, reason } => {
                write!(f, "the simulator's journal {} cannot be used: {reason}", path.display())
            }
        }
    }
}

impl std::error::Error for SettingsError {}
