//! The destination guard: whom we call, decided before a socket is opened.
//!
//! A merchant's callback URL must not make this server call its own network. The host is looked up
//! once; if *any* of its addresses is forbidden the whole destination is, and the connection goes
//! to the very addresses that were checked, so a name that changes its answer in between (DNS
//! rebinding) gains nothing (`research/reliability.md` W4, W5).

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use rustls::pki_types::ServerName;
use url::{Host, Position, Url};
use vezne_core::model::merchant::Mode;

pub mod address;
mod error;
mod resolve;
#[cfg(test)]
mod tests;

pub use error::DestinationError;
pub use resolve::{NameResolver, Resolve};

use crate::settings::{OutboundSettings, SettingsError};
use address::special_range;

/// The longest URL that is looked at, in bytes.
pub const MOST_URL_BYTES: usize = 2_048;

/// The most addresses of one name that are tried; all of them are checked.
const MOST_TRIES: usize = 4;

/// The widest networks that are private: 10.0.0.0/8 and fc00::/7.
const WIDEST: (u8, u8) = (8, 7);

/// A URL that may be called, with the addresses that were checked. Only [`Guard::admit`] makes one.
#[derive(Clone, Debug)]
pub struct Destination {
    url: Url,
    addresses: Vec<SocketAddr>,
    server_name: Option<ServerName<'static>>,
}

impl Destination {
    /// The addresses to connect to, in the order to try them. There is at least one.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The name its certificate must be for; nothing when it is plain http.
    #[must_use]
    pub fn server_name(&self) -> Option<&ServerName<'static>> {
        self.server_name.as_ref()
    }

    /// The value of the `Host` header.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.url[Position::BeforeHost..Position::AfterPort]
    }

    /// The request target: path and query.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }
}

/// What of a URL says whether it may be called, as far as that can be told without a look-up: where
/// it is entered, and before each call.
#[derive(Clone, Debug)]
pub struct Rules {
    sandbox_allow_private: bool,
    live_ports: Vec<u16>,
    allowed_networks: Vec<IpNet>,
    own_listeners: Vec<SocketAddr>,
}

/// Judges URLs, and looks their hosts up.
pub struct Guard {
    resolver: Arc<dyn Resolve>,
    lookup_timeout: Duration,
    rules: Rules,
}

impl Guard {
    /// A guard with the operator's rules.
    ///
    /// # Errors
    /// [`SettingsError::WideNetwork`] for an allowed network that would undo the guard.
    pub fn new(
        settings: &OutboundSettings,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, SettingsError> {
        let rules = Rules::new(settings)?;
        Ok(Self { resolver, lookup_timeout: settings.connect_timeout, rules })
    }

    /// Admits a URL for a merchant of this mode, and looks its host up.
    ///
    /// # Errors
    /// [`DestinationError`] names the first reason not to call it. Nothing was connected to.
    pub async fn admit(&self, url: &str, mode: Mode) -> Result<Destination, DestinationError> {
        let url = self.rules.check(url, mode)?;
        let port = url.port_or_known_default().ok_or(DestinationError::Port { port: 0 })?;
        let (server_name, addresses) = self.look_up(&url).await?;
        let relaxed = self.rules.relaxed(mode);
        let check =
            |address: &IpAddr| self.rules.check_address(SocketAddr::new(*address, port), relaxed);
        addresses.iter().try_for_each(check)?;
        let sockets = addresses.into_iter().take(MOST_TRIES);
        let addresses = sockets.map(|address| SocketAddr::new(address, port)).collect();
        let server_name = (url.scheme() == "https").then_some(server_name);
        Ok(Destination { url, addresses, server_name })
    }

    async fn look_up(
        &self,
        url: &Url,
    ) -> Result<(ServerName<'static>, Vec<IpAddr>), DestinationError> {
        match url.host().ok_or(DestinationError::Host)? {
            Host::Ipv4(address) => Ok((IpAddr::V4(address).into(), vec![address.into()])),
            Host::Ipv6(address) => Ok((IpAddr::V6(address).into(), vec![address.into()])),
            Host::Domain(name) => Ok((server_name(name)?, self.resolve(name).await?)),
        }
    }

    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, DestinationError> {
        let failed = |reason| DestinationError::Unresolved { host: host.to_owned(), reason };
        let lookup = tokio::time::timeout(self.lookup_timeout, self.resolver.resolve(host));
        match lookup.await {
            Ok(Ok(addresses)) if addresses.is_empty() => Err(failed("none was found".to_owned())),
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(_) => Err(failed("the lookup took too long".to_owned())),
        }
    }
}

impl Default for Rules {
    /// The rules of [`OutboundSettings::default`].
    fn default() -> Self {
        Self::of(&OutboundSettings::default())
    }
}

impl Rules {
    /// The operator's rules.
    ///
    /// # Errors
    /// [`SettingsError::WideNetwork`] for an allowed network that would undo the guard.
    pub fn new(settings: &OutboundSettings) -> Result<Self, SettingsError> {
        if let Some(network) = settings.allowed_networks.iter().find(|network| is_wide(network)) {
            return Err(SettingsError::WideNetwork(*network));
        }
        Ok(Self::of(settings))
    }

    fn of(settings: &OutboundSettings) -> Self {
        Self {
            sandbox_allow_private: settings.sandbox_allow_private,
            live_ports: settings.live_ports.clone(),
            allowed_networks: settings.allowed_networks.clone(),
            own_listeners: settings.own_listeners.clone(),
        }
    }

    /// Reads a URL that a merchant of this mode may have called, as far as the URL alone tells.
    ///
    /// # Errors
    /// [`DestinationError`] names the first reason not to call it.
    pub fn check(&self, url: &str, mode: Mode) -> Result<Url, DestinationError> {
        let (url, relaxed) = (parse(url)?, self.relaxed(mode));
        self.check_parts(&url, relaxed)?;
        let port = url.port_or_known_default().ok_or(DestinationError::Port { port: 0 })?;
        let address = match url.host().ok_or(DestinationError::Host)? {
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
            Host::Domain(name) => server_name(name).map(|_| None)?,
        };
        let check = |address| self.check_address(SocketAddr::new(address, port), relaxed);
        address.map_or(Ok(()), check)?;
        Ok(url)
    }

    fn relaxed(&self, mode: Mode) -> bool {
        mode == Mode::Sandbox && self.sandbox_allow_private
    }

    fn check_parts(&self, url: &Url, relaxed: bool) -> Result<(), DestinationError> {
        if url.scheme() != "https" && !(relaxed && url.scheme() == "http") {
            return Err(DestinationError::Scheme { scheme: url.scheme().to_owned() });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(DestinationError::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(DestinationError::Fragment);
        }
        match url.port_or_known_default() {
            Some(port) if self.allows_port(port, relaxed) => Ok(()),
            port => Err(DestinationError::Port { port: port.unwrap_or(0) }),
        }
    }

    /// A developer's server runs on any port that needs no privilege; the system's own services
    /// (mail, name service, ...) are not for a POST.
    fn allows_port(&self, port: u16, relaxed: bool) -> bool {
        self.live_ports.contains(&port) || (relaxed && matches!(port, 80 | 443 | 1_024..))
    }

    fn check_address(&self, socket: SocketAddr, relaxed: bool) -> Result<(), DestinationError> {
        if self.own_listeners.iter().any(|own| reaches(*own, socket)) {
            return Err(DestinationError::Own { address: socket });
        }
        let address = socket.ip();
        let Some(range) = special_range(address) else { return Ok(()) };
        let allowed = || self.allowed_networks.iter().any(|network| network.contains(&address));
        if range.local && (relaxed || allowed()) {
            return Ok(());
        }
        Err(DestinationError::Forbidden { address, purpose: range.purpose })
    }
}

/// Whether a connection to an address gets to a listener of this process. One that listens on all
/// addresses is reached by each that this machine has, which are those that can be bound.
fn reaches(own: SocketAddr, to: SocketAddr) -> bool {
    let (listens, called) = (own.ip().to_canonical(), to.ip().to_canonical());
    let is_of_this_machine =
        || called.is_loopback() || called.is_unspecified() || UdpSocket::bind((called, 0)).is_ok();
    own.port() == to.port()
        && match listens.is_unspecified() {
            true => is_of_this_machine(),
            false => called == listens || (called.is_unspecified() && listens.is_loopback()),
        }
}

/// The name that a certificate must be for.
fn server_name(host: &str) -> Result<ServerName<'static>, DestinationError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| DestinationError::Host)?;
    if host.ends_with('.') { Err(DestinationError::Host) } else { Ok(name) }
}

/// Reads a URL. What the parser would quietly mend (tabs, backslashes) is refused first, because
/// whoever else looks at the URL may mend it differently.
fn parse(text: &str) -> Result<Url, DestinationError> {
    if text.len() > MOST_URL_BYTES {
        return Err(DestinationError::TooLong);
    }
    if text.chars().any(|c| c == '\\' || c.is_control() || c.is_whitespace()) {
        return Err(DestinationError::Character);
    }
    Url::parse(text).map_err(|error| DestinationError::Syntax(error.to_string()))
}

fn is_wide(network: &IpNet) -> bool {
    match network {
        IpNet::V4(network) => network.prefix_len() < WIDEST.0,
        IpNet::V6(network) => network.prefix_len() < WIDEST.1,
    }
}
