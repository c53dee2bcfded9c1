//! The crate graph is the architecture: who may know whom, and who may know which outside crate.

use super::Violation;
use super::source::Source;

/// Our crates by their folders, each with those of ours that it may depend on.
const GRAPH: &[(&str, &[&str])] = &[
    ("vezne", &["vezne-web", "vezne-outbound", "vezne-store", "vezne-core", "vezne-wire"]),
    ("vezne-web", &["vezne-core", "vezne-wire"]),
    ("vezne-outbound", &["vezne-core", "vezne-wire"]),
    ("vezne-store", &["vezne-core"]),
    ("vezne-core", &[]),
    ("vezne-wire", &[]),
    ("testbed", &[]),
    ("xtask", &["vezne-outbound", "vezne-testbed", "vezne-wire"]),
];

/// Those that are not shipped, so that it does not matter what outside crates they know. Who tests
/// with real servers has `vezne-testbed` among its dev-dependencies.
const TOOLS: &[&str] = &["testbed", "xtask"];

/// Something outside that not every crate may use.
struct Boundary {
    /// A path; whatever begins with it is meant.
    paths: &'static [&'static str],
    crates: Crates,
    why: &'static str,
}

enum Crates {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

const BOUNDARIES: &[Boundary] = &[
    Boundary {
        paths: &["rusqlite"],
        crates: Crates::Only(&["vezne-store"]),
        why: "vezne-store is the only crate that knows SQL",
    },
    Boundary {
        paths: &["axum", "hyper::server", "hyper_util::server"],
        crates: Crates::Only(&["vezne-web"]),
        why: "vezne-web is the only crate that answers HTTP",
    },
    Boundary {
        paths: &["hyper::client", "hyper_util::client"],
        crates: Crates::Only(&["vezne-outbound"]),
        why: "vezne-outbound is the only crate that sends HTTP",
    },
    Boundary {
        paths: &["hyper", "hyper_util"],
        crates: Crates::Only(&["vezne-web", "vezne-outbound"]),
        why: "HTTP is known at the edges only",
    },
    Boundary {
        paths: &["serde", "serde_json"],
        crates: Crates::AllBut(&["vezne-core"]),
        why: "what a payout is does not depend on how somebody writes it down",
    },
    Boundary {
        paths: &[
            "std::fs",
            "std::net::TcpListener",
            "std::net::TcpStream",
            "std::net::ToSocketAddrs",
            "std::net::UdpSocket",
            "std::os::unix::net",
            "tokio::fs",
            "tokio::net",
        ],
        crates: Crates::AllBut(&["vezne-core", "vezne-wire"]),
        why: "the core and the protocols do no I/O: what lies outside is behind the ports",
    },
];

impl Crates {
    fn contain(&self, package: &str) -> bool {
        match self {
            Self::Only(list) => list.contains(&package),
            Self::AllBut(list) => !list.contains(&package),
        }
    }
}

/// What the code names and should not. Tests may use what they like.
pub(super) fn check_source(source: &Source) -> Vec<Violation> {
    if source.is_test || !source.path.starts_with("crates/") {
        return Vec::new();
    }
    let package = source.package();
    // A name alone may be anybody's; that the crate is not even there is the manifest's rule.
    let paths = source.mentions.iter().filter(|mention| mention.name.contains("::"));
    let found = paths.filter_map(|mention| {
        let why = crossed(package, &mention.name)?;
        let what = format!("{} in {package}: {why}", mention.name);
        let in_test = source.is_test_line(mention.line);
        (!in_test).then(|| Violation::new(&source.path, mention.line, what))
    });
    found.collect()
}

/// Why a crate must not depend on another, if it must not.
pub(super) fn check_dependency(package: &str, dependency: &str) -> Option<String> {
    if dependency != "vezne" && !dependency.starts_with("vezne-") {
        if TOOLS.contains(&package) {
            return None;
        }
        return crossed(package, &dependency.replace('-', "_")).map(str::to_owned);
    }
    match GRAPH.iter().find(|(name, _)| *name == package) {
        Some((_, allowed)) if allowed.contains(&dependency) => None,
        Some((_, [])) => Some("it depends on none of ours".to_owned()),
        Some((_, allowed)) => Some(format!("of ours it may know {} only", allowed.join(", "))),
        None => Some("the crate is not on the map in the tidy check's crate graph".to_owned()),
    }
}

fn crossed(package: &str, path: &str) -> Option<&'static str> {
    let begins = |with: &&str| {
        let rest = path.strip_prefix(with);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let names = |boundary: &&Boundary| boundary.paths.iter().any(&begins);
    let boundary =
        BOUNDARIES.iter().filter(names).find(|boundary| !boundary.crates.contain(package))?;
    Some(boundary.why)
}
