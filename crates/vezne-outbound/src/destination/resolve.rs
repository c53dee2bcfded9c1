//! Names to addresses, behind a trait so that tests can answer, and answer differently next time.

use std::io;
use std::net::IpAddr;

use vezne_core::port::Later;

/// Looks names up.
pub trait Resolve: Send + Sync {
    /// Every address of a host name. Errors say why there is none, in words for a log.
    fn resolve<'a>(&'a self, host: &'a str) -> Later<'a, io::Result<Vec<IpAddr>>>;
}

/// The system's own resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> Later<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|socket| socket.ip()).collect())
        })
    }
}
