//! What the system says of names: the hosts file, and whom to ask for all others.

use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, SystemTime};

use hickory_resolver::config::{
    LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{Hosts, TokioResolver};

const RESOLV_CONF: &str = "/etc/resolv.conf";
const HOSTS: &str = "/etc/hosts";

/// The longest wait for one answer of a name server, so that a lost packet is sent again within the
/// time that a lookup has.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// When the files were last changed; nothing for one that is not there.
type Stamps = [Option<SystemTime>; 2];

/// What was read.
pub(super) struct System {
    hosts: Hosts,
    servers: Result<TokioResolver, String>,
    stamps: Stamps,
}

impl System {
    /// Reads the system's files.
    pub(super) fn read() -> Self {
        let stamps = stamps();
        let mut hosts = Hosts::default();
        if let Err(error) = File::open(HOSTS).and_then(|file| hosts.read_hosts_conf(file)) {
            tracing::debug!(%error, "there is no hosts file");
        }
        let (config, options) =
            hickory_resolver::system_conf::read_system_conf().unwrap_or_else(|error| {
                tracing::debug!(%error, "there is no resolv.conf");
                let own = NameServerConfig::udp_and_tcp(IpAddr::V4(Ipv4Addr::LOCALHOST));
                (ResolverConfig::from_parts(None, Vec::new(), vec![own]), ResolverOpts::default())
            });
        Self { hosts, stamps, ..Self::asking(config, options) }
    }

    /// Whom to ask, and how.
    pub(super) fn asking(config: ResolverConfig, mut options: ResolverOpts) -> Self {
        options.timeout = options.timeout.min(LONGEST_WAIT);
        // Every address is checked, so every address must be known.
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        // It is looked at before: whom it lists is not asked for.
        options.use_hosts_file = ResolveHosts::Never;
        let provider = TokioRuntimeProvider::default();
        let mut builder = TokioResolver::builder_with_config(config, provider);
        *builder.options_mut() = options;
        let servers = builder.build().map_err(|error| error.to_string());
        Self { hosts: Hosts::default(), servers, stamps: [None; 2] }
    }

    /// What the files say now, if they have changed.
    pub(super) fn changed(&self) -> Option<Self> {
        (stamps() != self.stamps).then(Self::read)
    }

    /// The addresses of a name that the hosts file lists.
    pub(super) fn listed(&self, host: &str) -> Option<Vec<IpAddr>> {
        let name = Name::from_utf8(host).ok()?;
        let of = |kind| self.hosts.lookup_static_host(&Query::query(name.clone(), kind));
        let found = [RecordType::A, RecordType::AAAA].into_iter().filter_map(of);
        let address = |record: &hickory_resolver::proto::rr::Record| record.data.ip_addr();
        let addresses: Vec<IpAddr> = found
            .flat_map(|found| found.answers().iter().filter_map(address).collect::<Vec<_>>())
            .collect();
        (!addresses.is_empty()).then_some(addresses)
    }

    /// Asks the name servers.
    pub(super) async fn ask(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let servers = self.servers.as_ref().map_err(|why| io::Error::other(why.clone()))?;
        let found = servers.lookup_ip(host).await.map_err(io::Error::other)?;
        Ok(found.iter().collect())
    }
}

fn stamps() -> Stamps {
    [RESOLV_CONF, HOSTS].map(|path| std::fs::metadata(path).and_then(|file| file.modified()).ok())
}
