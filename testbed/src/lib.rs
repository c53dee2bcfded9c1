//! Real PostgreSQL servers for tests and benches, and a proxy that breaks connections to them.
//!
//! A [`Server`] is one throw-away server, with standbys if wanted. A [`Database`] is a fresh one on
//! the server that the environment names, or on one that this process shares among its tests. A
//! [`Bouncer`] is PgBouncer before one. A [`Proxy`] stands between a client and a server and cuts
//! at the worst moment. Nothing of it outlives the process, however that ends.
//!
//! For development only: no crate that is shipped may depend on it but for its own tests.

mod bouncer;
mod database;
mod error;
mod home;
mod process;
mod program;
mod proxy;
mod server;
mod watcher;

pub use self::bouncer::Bouncer;
pub use self::database::Database;
pub use self::error::Error;
pub use self::program::{bin, psql};
pub use self::proxy::Proxy;
pub use self::server::{Options, Server};
