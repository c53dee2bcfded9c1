//! The servers of a URL, one by one: of several that take writes, the latest primary is the one.
//!
//! After a failover the old primary may come back as it was, and stand first in the URL. So all are
//! asked at once, and the one on the latest timeline is taken.

use std::net::IpAddr;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// The configuration of each server alone.
pub(super) fn each(all: &Config) -> Vec<Config> {
    let (hosts, addresses, ports) = (all.get_hosts(), all.get_hostaddrs(), all.get_ports());
    let port = |at: usize| ports.get(at).or(ports.first()).copied();
    let count = hosts.len().max(addresses.len()).max(1);
    let one = |at| single(all, hosts.get(at), addresses.get(at).copied(), port(at));
    (0..count).map(one).collect()
}

fn single(all: &Config, host: Option<&Host>, address: Option<IpAddr>, port: Option<u16>) -> Config {
    let mut one = Config::new();
    match host {
        Some(Host::Tcp(name)) => drop(one.host(name)),
        Some(Host::Unix(path)) => drop(one.host_path(path)),
        None => {}
    }
    address.map(|address| one.hostaddr(address));
    port.map(|port| one.port(port));
    all.get_user().map(|user| one.user(user));
    all.get_password().map(|password| one.password(password));
    all.get_dbname().map(|name| one.dbname(name));
    all.get_options().map(|options| one.options(options));
    all.get_application_name().map(|name| one.application_name(name));
    all.get_connect_timeout().map(|timeout| one.connect_timeout(*timeout));
    all.get_tcp_user_timeout().map(|timeout| one.tcp_user_timeout(*timeout));
    all.get_keepalives_interval().map(|interval| one.keepalives_interval(interval));
    all.get_keepalives_retries().map(|retries| one.keepalives_retries(retries));
    one.keepalives(all.get_keepalives()).keepalives_idle(all.get_keepalives_idle());
    one.ssl_mode(all.get_ssl_mode()).ssl_negotiation(all.get_ssl_negotiation());
    one.channel_binding(all.get_channel_binding());
    one.target_session_attrs(all.get_target_session_attrs());
    one
}

#[cfg(test)]
mod tests {
    use super::each;
    use tokio_postgres::Config;
    use tokio_postgres::config::{Host, SslMode};

    #[test]
    fn each_server_is_asked_with_all_that_the_url_says() {
        for (url, servers) in [
            (
                "postgres://v:p@a,b:7,c/desk?sslmode=require",
                &[("a", 5432), ("b", 7), ("c", 5432)][..],
            ),
            ("postgres://v:p@a:5,b:5/desk?sslmode=require", &[("a", 5), ("b", 5)]),
            (
                "host=a,b port=6 user=v password=p dbname=desk sslmode=require",
                &[("a", 6), ("b", 6)],
            ),
        ] {
            let all: Config = url.parse().expect("a URL");
            let found: Vec<_> = each(&all);
            assert_eq!(found.len(), servers.len(), "{url}");
            for (one, (host, port)) in found.iter().zip(servers) {
                assert_eq!(one.get_hosts(), [Host::Tcp((*host).to_owned())], "{url}");
                assert_eq!(one.get_ports(), [*port], "{url}");
                assert_eq!((one.get_user(), one.get_dbname()), (Some("v"), Some("desk")));
                assert_eq!(one.get_password(), Some(&b"p"[..]));
                assert_eq!(one.get_ssl_mode(), SslMode::Require);
            }
        }
    }
}
