use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use vezne_core::model::merchant::Mode;
use vezne_core::port::Later;

use super::{Destination, DestinationError, Guard, MOST_URL_BYTES, Resolve};
use crate::settings::{OutboundSettings, SettingsError};

/// Names with the answers of each lookup in turn; the last one stays.
struct Names {
    answers: HashMap<&'static str, Vec<Vec<IpAddr>>>,
    lookups: AtomicUsize,
}

impl Names {
    fn new(names: &[(&'static str, &[&str])]) -> Arc<Self> {
        let parse = |list: &&str| list.split_whitespace().map(|one| one.parse().unwrap()).collect();
        let row =
            |(name, lists): &(&'static str, &[&str])| (*name, lists.iter().map(parse).collect());
        Arc::new(Self { answers: names.iter().map(row).collect(), lookups: AtomicUsize::new(0) })
    }

    fn usual() -> Arc<Self> {
        Self::new(&[
            ("merchant.example", &["93.184.216.34"]),
            ("two.example", &["93.184.216.34 2606:2800:220:1::1"]),
            ("inside.example", &["10.0.0.7"]),
            ("mixed.example", &["93.184.216.34 10.0.0.7"]),
            ("mixed6.example", &["2606:2800:220:1::1 fd00::1"]),
            ("metadata.example", &["169.254.169.254"]),
            ("nothing.example", &[""]),
            ("localhost", &["127.0.0.1 ::1"]),
            ("xn--mgba3a4f16a.example", &["93.184.216.34"]),
        ])
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> Later<'a, io::Result<Vec<IpAddr>>> {
        let count = self.lookups.fetch_add(1, Ordering::SeqCst);
        let answers = self.answers.get(host);
        let answer = answers.and_then(|all| all.get(count).or(all.last())).cloned();
        Box::pin(std::future::ready(answer.ok_or_else(|| io::Error::other("no such name"))))
    }
}

async fn admit(
    settings: &OutboundSettings,
    mode: Mode,
    url: &str,
) -> Result<Destination, DestinationError> {
    Guard::new(settings, Names::usual()).unwrap().admit(url, mode).await
}

async fn check_refused(settings: &OutboundSettings, mode: Mode, cases: &[(&str, &str)]) {
    for (url, message) in cases {
        let error = admit(settings, mode, url).await.expect_err(url);
        assert_eq!(error.to_string(), *message, "{url}");
    }
}

#[tokio::test]
async fn live_merchants_are_called_by_https_on_the_internet() {
    for (url, sockets, host, target) in [
        ("https://merchant.example", "93.184.216.34:443", "merchant.example", "/"),
        (
            "https://merchant.example:443/a/b/?c=d",
            "93.184.216.34:443",
            "merchant.example",
            "/a/b/?c=d",
        ),
        ("HTTPS://Merchant.Example/A", "93.184.216.34:443", "merchant.example", "/A"),
        ("https://two.example/", "93.184.216.34:443 [2606:2800:220:1::1]:443", "two.example", "/"),
        ("https://8.8.8.8/x", "8.8.8.8:443", "8.8.8.8", "/x"),
        ("https://0x08080808/x", "8.8.8.8:443", "8.8.8.8", "/x"),
        ("https://[2606:4700::1111]/", "[2606:4700::1111]:443", "[2606:4700::1111]", "/"),
        ("https://ایران.example/", "93.184.216.34:443", "xn--mgba3a4f16a.example", "/"),
        ("https://@merchant.example/", "93.184.216.34:443", "merchant.example", "/"),
    ] {
        let to = admit(&OutboundSettings::default(), Mode::Live, url).await.expect(url);
        let found: Vec<String> = to.addresses().iter().map(ToString::to_string).collect();
        assert_eq!(found.join(" "), sockets, "{url}");
        assert_eq!((to.authority(), to.target()), (host, target), "{url}");
        assert!(to.server_name().is_some(), "{url}");
    }
}

#[tokio::test]
async fn urls_that_are_not_called_for_anybody() {
    let long = format!("https://merchant.example/{}", "a".repeat(MOST_URL_BYTES));
    let character = "the URL has a space, a control character or a backslash";
    let userinfo = "the URL must not have a user name or password";
    let cases = [
        (long.as_str(), "the URL is longer than 2048 bytes"),
        ("https://merchant.example/a b", character),
        (" https://merchant.example/", character),
        ("https://merchant.example/\r\nHost: x", character),
        ("ht\ttps://merchant.example/", character),
        ("https://merchant.example\\@inside.example/", character),
        ("https:\\\\inside.example", character),
        ("merchant.example/callback", "the URL cannot be read: relative URL without a base"),
        ("", "the URL cannot be read: relative URL without a base"),
        ("https://", "the URL cannot be read: empty host"),
        ("https://merchant.example:99999/", "the URL cannot be read: invalid port number"),
        ("https://[::1/", "the URL cannot be read: invalid IPv6 address"),
        ("https://[fe80::1%25eth0]/", "the URL cannot be read: invalid IPv6 address"),
        ("https://256.1.1.1/", "the URL cannot be read: invalid IPv4 address"),
        ("https://1.2.3.4.5/", "the URL cannot be read: invalid IPv4 address"),
        ("ftp://merchant.example/", "the URL must be https, not ftp"),
        ("file:///etc/passwd", "the URL must be https, not file"),
        ("gopher://inside.example/", "the URL must be https, not gopher"),
        ("javascript:alert(1)", "the URL must be https, not javascript"),
        ("data:text/plain,x", "the URL must be https, not data"),
        ("https://merchant.example@inside.example/", userinfo),
        ("https://user:word@merchant.example/", userinfo),
        ("https://:word@merchant.example/", userinfo),
        ("https://merchant.example/#x", "the URL must not have a fragment (#)"),
        ("https://merchant.example/#", "the URL must not have a fragment (#)"),
        ("https://merchant.example./", "the URL must have a host that does not end in a dot"),
        ("https://merchant.example:0/", "port 0 is not allowed"),
        ("https://merchant.example:25/", "port 25 is not allowed"),
        ("https://merchant.example:22/", "port 22 is not allowed"),
        ("https://unknown.example/", "unknown.example has no address: no such name"),
        ("https://nothing.example/", "nothing.example has no address: none was found"),
    ];
    for mode in [Mode::Live, Mode::Sandbox] {
        check_refused(&OutboundSettings::default(), mode, &cases).await;
    }
}

#[tokio::test]
async fn addresses_that_are_not_called_for_anybody() {
    let leads = |address: &str, purpose: &str| {
        format!("the URL leads to {address}, which is a forbidden address ({purpose})")
    };
    for (url, address, purpose) in [
        ("https://169.254.169.254/latest/meta-data/", "169.254.169.254", "link-local"),
        ("https://0xa9fea9fe/", "169.254.169.254", "link-local"),
        ("https://0251.0376.0251.0376/", "169.254.169.254", "link-local"),
        ("https://2852039166/", "169.254.169.254", "link-local"),
        ("https://metadata.example/", "169.254.169.254", "link-local"),
        ("https://0.0.0.0/", "0.0.0.0", "this network"),
        ("https://0/", "0.0.0.0", "this network"),
        ("https://[::]/", "::", "unspecified"),
        ("https://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1", "IPv4-mapped"),
        ("https://[::ffff:7f00:1]/", "::ffff:127.0.0.1", "IPv4-mapped"),
        ("https://[::127.0.0.1]/", "::7f00:1", "IPv4-compatible"),
        ("https://[64:ff9b::7f00:1]/", "64:ff9b::7f00:1", "NAT64"),
        ("https://[2002:7f00:1::]/", "2002:7f00:1::", "6to4"),
        ("https://[fe80::1]/", "fe80::1", "link-local"),
        ("https://255.255.255.255/", "255.255.255.255", "broadcast"),
        ("https://198.18.0.1/", "198.18.0.1", "benchmarking"),
        ("https://１６９.２５４.１６９.２５４/", "169.254.169.254", "link-local"),
    ] {
        let message = leads(address, purpose);
        for mode in [Mode::Live, Mode::Sandbox] {
            check_refused(&OutboundSettings::default(), mode, &[(url, &message)]).await;
        }
    }
}

/// What a developer's laptop needs, with what is said when nobody allows it.
const LOCAL: &[(&str, &str)] = &[
    ("http://merchant.example/", "the URL must be https, not http"),
    ("http://localhost:3000/cb", "the URL must be https, not http"),
    ("https://merchant.example:8443/", "port 8443 is not allowed"),
    ("https://localhost/", "the URL leads to 127.0.0.1, which is a forbidden address (loopback)"),
    ("https://127.1/", "the URL leads to 127.0.0.1, which is a forbidden address (loopback)"),
    ("https://2130706433/", "the URL leads to 127.0.0.1, which is a forbidden address (loopback)"),
    ("https://0x7f.1/", "the URL leads to 127.0.0.1, which is a forbidden address (loopback)"),
    ("https://[::1]/", "the URL leads to ::1, which is a forbidden address (loopback)"),
    (
        "https://192.168.1.5/",
        "the URL leads to 192.168.1.5, which is a forbidden address (private)",
    ),
    (
        "https://inside.example/",
        "the URL leads to 10.0.0.7, which is a forbidden address (private)",
    ),
    ("https://mixed.example/", "the URL leads to 10.0.0.7, which is a forbidden address (private)"),
    (
        "https://mixed6.example/",
        "the URL leads to fd00::1, which is a forbidden address (unique local)",
    ),
];

#[tokio::test]
async fn a_laptop_is_called_for_sandbox_merchants_only() {
    let settings = OutboundSettings::default();
    check_refused(&settings, Mode::Live, LOCAL).await;
    for (url, _) in LOCAL {
        let to = admit(&settings, Mode::Sandbox, url).await.expect(url);
        assert_eq!(to.server_name().is_some(), url.starts_with("https:"), "{url}");
    }
    let strict = OutboundSettings { sandbox_allow_private: false, ..settings };
    check_refused(&strict, Mode::Sandbox, LOCAL).await;
}

#[tokio::test]
async fn an_operator_allows_networks_and_ports() {
    let settings = OutboundSettings {
        allowed_networks: vec!["10.0.0.0/24".parse().unwrap(), "169.254.0.0/16".parse().unwrap()],
        live_ports: vec![443, 8443],
        ..OutboundSettings::default()
    };
    for url in ["https://inside.example/", "https://10.0.0.255:8443/", "https://mixed.example/"] {
        admit(&settings, Mode::Live, url).await.expect(url);
    }
    let cases = [
        ("https://10.0.1.0/", "the URL leads to 10.0.1.0, which is a forbidden address (private)"),
        (
            "https://169.254.169.254/",
            "the URL leads to 169.254.169.254, which is a forbidden address (link-local)",
        ),
        ("http://inside.example/", "the URL must be https, not http"),
        ("https://inside.example:8080/", "port 8080 is not allowed"),
    ];
    check_refused(&settings, Mode::Live, &cases).await;
}

#[test]
fn a_network_that_would_undo_the_guard_is_no_setting() {
    for (network, wide) in [
        ("0.0.0.0/0", true),
        ("::/0", true),
        ("8.0.0.0/7", true),
        ("f800::/6", true),
        ("10.0.0.0/8", false),
        ("fc00::/7", false),
    ] {
        let allowed_networks = vec![network.parse().unwrap()];
        let settings = OutboundSettings { allowed_networks, ..OutboundSettings::default() };
        let refused =
            matches!(Guard::new(&settings, Names::usual()), Err(SettingsError::WideNetwork(_)));
        assert_eq!(refused, wide, "{network}");
    }
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_checked_again_on_each_attempt() {
    let names = Names::new(&[("rebind.example", &["93.184.216.34", "127.0.0.1", "93.184.216.34"])]);
    let guard = Guard::new(&OutboundSettings::default(), Arc::<Names>::clone(&names)).unwrap();
    for (lookups, admitted) in [(1, true), (2, false), (3, true)] {
        let found = guard.admit("https://rebind.example/", Mode::Live).await;
        let addresses = found.map(|to| to.addresses().to_vec());
        match admitted {
            true => assert_eq!(addresses.unwrap(), ["93.184.216.34:443".parse().unwrap()]),
            false => assert!(matches!(addresses, Err(DestinationError::Forbidden { .. }))),
        }
        assert_eq!(names.lookups.load(Ordering::SeqCst), lookups);
    }
}

struct Silent;

impl Resolve for Silent {
    fn resolve<'a>(&'a self, _host: &'a str) -> Later<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_lookup_does_not_last_for_ever() {
    let connect_timeout = Duration::from_millis(20);
    let settings = OutboundSettings { connect_timeout, ..OutboundSettings::default() };
    let guard = Guard::new(&settings, Arc::new(Silent)).unwrap();
    let error = guard.admit("https://merchant.example/", Mode::Live).await.unwrap_err();
    assert_eq!(error.to_string(), "merchant.example has no address: the lookup took too long");
}

#[tokio::test]
async fn many_addresses_are_all_checked_and_few_are_tried() {
    let many = (1..=40).map(|last| format!("93.184.216.{last} ")).collect::<String>();
    let bad: &'static str = Box::leak(format!("{many} 10.0.0.1").into_boxed_str());
    let good: &'static str = Box::leak(many.into_boxed_str());
    let names = Names::new(&[("good.example", &[good]), ("bad.example", &[bad])]);
    let guard = Guard::new(&OutboundSettings::default(), names).unwrap();
    let to = guard.admit("https://good.example/", Mode::Live).await.unwrap();
    assert_eq!(to.addresses().len(), super::MOST_TRIES);
    let error = guard.admit("https://bad.example/", Mode::Live).await.unwrap_err();
    assert!(matches!(error, DestinationError::Forbidden { .. }));
}

/// The operations address tells numbers, and the front takes orders: neither is for a stranger who
/// can only have something posted.
#[tokio::test]
async fn nobody_is_called_where_the_desk_itself_listens() {
    let own = |text: &str| OutboundSettings {
        own_listeners: vec![text.parse().unwrap()],
        ..OutboundSettings::default()
    };
    for (listens, url, is_own) in [
        ("127.0.0.1:9090", "http://127.0.0.1:9090/metrics", true),
        ("127.0.0.1:9090", "http://localhost:9090/", true),
        ("127.0.0.1:9090", "http://[::ffff:127.0.0.1]:9090/", true),
        ("127.0.0.1:9090", "http://127.0.0.1:9091/", false),
        ("127.0.0.1:9090", "http://10.9.8.7:9090/", false),
        ("0.0.0.0:9090", "http://127.0.0.1:9090/", true),
        ("0.0.0.0:9090", "http://127.0.0.2:9090/", true),
        ("0.0.0.0:9090", "http://10.9.8.7:9090/", false),
        ("[::]:9090", "http://[::1]:9090/", true),
        ("[::]:9090", "http://127.0.0.1:9090/", true),
    ] {
        let answer = admit(&own(listens), Mode::Sandbox, url).await;
        let refused = matches!(answer, Err(DestinationError::Own { .. }));
        assert_eq!(refused, is_own, "{listens} {url}: {answer:?}");
    }
}
