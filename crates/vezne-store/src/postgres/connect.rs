//! Connections: made with the settings that a promise needs, and only to a server that may decide.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, Pool, RecycleError, RecycleResult};
use futures_util::stream::StreamExt;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::error::DbError;
use tokio_postgres::{AsyncMessage, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::OpenError;
use super::place::{self, About};
use super::session::Session;
use super::{PostgresOptions, hosts, timeline};

/// What every connection of a store shares.
pub(super) struct Server {
    servers: Vec<Config>,
    tls: MakeRustlsConnect,
    pub(super) pooled: bool,
    require_standby: bool,
    /// The latest timeline seen. A server on an earlier one is an old primary that came back.
    timeline: AtomicU32,
    /// The cluster and the database that this store works on. Another one that stands in the same
    /// URL is a copy.
    home: OnceLock<String>,
    /// The schema that the desk is in.
    schema: OnceLock<String>,
}

/// The channels that a connection listens on bring news here.
pub(super) type News = mpsc::UnboundedSender<()>;

/// How long the other servers may take to answer once one has: a primary on a later timeline may be
/// among them.
const GRACE: Duration = Duration::from_millis(250);

/// A server that was reached.
struct Reached {
    timeline: u32,
    about: About,
    schema: String,
    session: Session,
}

impl Server {
    /// Reads the URL and the certificates; connects nowhere yet.
    pub(super) fn new(url: &str, options: &PostgresOptions) -> Result<Arc<Self>, OpenError> {
        // The library would take another text for a list of settings, and say something else.
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(OpenError::Url("it does not begin with postgres://".to_owned()));
        }
        let mut config = Config::from_str(url).map_err(|error| OpenError::Url(why(&error)))?;
        if let Some(password) = &options.password {
            config.password(password.expose());
        }
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.keepalives_idle(Duration::from_secs(5));
        config.tcp_user_timeout(Duration::from_secs(15));
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(3));
        }
        if config.get_application_name().is_none() {
            config.application_name("vezne");
        }
        let home = options.home.clone().map_or_else(OnceLock::new, OnceLock::from);
        Ok(Arc::new(Self {
            servers: hosts::each(&config),
            tls: tls(options)?,
            pooled: options.pooler,
            require_standby: options.require_synchronous_standby,
            timeline: AtomicU32::new(0),
            home,
            schema: OnceLock::new(),
        }))
    }

    /// A connection to the primary.
    pub(super) async fn connect(self: &Arc<Self>) -> Result<Session, OpenError> {
        // Making a connection takes much room, and every group would carry it along.
        Box::pin(self.connect_listening(None)).await
    }

    /// A connection to the primary that passes on what it is notified of.
    pub(super) async fn connect_listening(
        self: &Arc<Self>,
        news: Option<News>,
    ) -> Result<Session, OpenError> {
        let mut asked = JoinSet::new();
        for at in 0..self.servers.len() {
            let (server, news) = (Arc::clone(self), news.clone());
            asked.spawn(async move { server.reach(at, news).await });
        }
        let reached = latest(asked, self.home()).await?;
        self.advance(reached.timeline)?;
        self.home.get_or_init(|| reached.about.home);
        self.schema.get_or_init(|| reached.schema);
        Ok(reached.session)
    }

    /// A connection to one of the servers, if it takes writes and a desk can be on it.
    async fn reach(&self, at: usize, news: Option<News>) -> Result<Reached, OpenError> {
        let none = || OpenError::Url("it names no server".to_owned());
        let config = self.servers.get(at).ok_or_else(none)?;
        let session = self.dial(config, news).await?;
        let about = place::about(&session).await?;
        if self.require_standby && !about.has_standby {
            return Err(OpenError::NoStandby);
        }
        session.settle().await?;
        let schema = self.pin(&session).await?;
        Ok(Reached { timeline: timeline::of(&session).await?, about, schema, session })
    }

    /// Has a connection find its tables where the desk is.
    async fn pin(&self, session: &Session) -> Result<String, OpenError> {
        let schema = match self.schema.get() {
            Some(schema) => schema.clone(),
            None => place::schema(session).await?,
        };
        session.pin(&schema).await?;
        Ok(schema)
    }

    /// The cluster and the database that this store works on; nothing before the first connection.
    pub(super) fn home(&self) -> Option<&str> {
        self.home.get().map(String::as_str)
    }

    /// A connection for whoever only reads: to the primary, or where none is reached, to the first
    /// standby that answers.
    pub(super) async fn connect_reading(self: &Arc<Self>) -> Result<Session, OpenError> {
        let refused = match self.connect().await {
            Err(refused @ OpenError::Unreachable(_)) => refused,
            other => return other,
        };
        for config in &self.servers {
            let mut any = config.clone();
            any.target_session_attrs(TargetSessionAttrs::Any);
            if let Ok(session) = self.dial(&any, None).await {
                self.pin(&session).await?;
                return Ok(session);
            }
        }
        Err(refused)
    }

    async fn dial(&self, config: &Config, news: Option<News>) -> Result<Session, OpenError> {
        let connected = config.connect(self.tls.clone()).await;
        let (client, connection) =
            connected.map_err(|error| OpenError::Unreachable(why(&error)))?;
        let warnings = Arc::<AtomicU64>::default();
        let driver = tokio::spawn(drive(connection, Arc::clone(&warnings), news));
        Ok(Session::new(client, driver, warnings, self.pooled))
    }

    /// Takes note of a server's timeline.
    ///
    /// # Errors
    /// [`OpenError::OldPrimary`] when a later one was seen.
    pub(super) fn advance(&self, found: u32) -> Result<(), OpenError> {
        let seen = self.timeline.fetch_max(found, Ordering::Relaxed);
        if found < seen { Err(OpenError::OldPrimary { seen, found }) } else { Ok(()) }
    }
}

/// The server on the latest timeline, of those that answer in time and are the known home. While
/// none is known, two homes in one URL are refused: nobody could tell the original from its copy.
async fn latest(
    mut asked: JoinSet<Result<Reached, OpenError>>,
    home: Option<&str>,
) -> Result<Reached, OpenError> {
    let mut found: Option<Reached> = None;
    let mut refused = OpenError::Url("it names no server".to_owned());
    loop {
        let next = match found {
            None => asked.join_next().await,
            Some(_) => tokio::time::timeout(GRACE, asked.join_next()).await.unwrap_or(None),
        };
        let reached = match next {
            None => return found.ok_or(refused),
            Some(Ok(Ok(reached))) => reached,
            Some(Ok(Err(error))) => {
                refused = error;
                continue;
            }
            Some(Err(error)) => {
                refused = OpenError::Database(error.to_string());
                continue;
            }
        };
        if let Some(known) = home.filter(|known| *known != reached.about.home) {
            let (known, found) = (known.to_owned(), reached.about.home);
            refused = OpenError::OtherHome { known, found };
            continue;
        }
        match &found {
            Some(first) if first.about.home != reached.about.home => {
                let homes = [first.about.home.clone(), reached.about.home];
                return Err(OpenError::TwoHomes(homes));
            }
            Some(best) if best.timeline >= reached.timeline => {}
            Some(_) | None => found = Some(reached),
        }
    }
}

/// Moves a connection until it ends.
async fn drive<S, T>(
    mut connection: tokio_postgres::Connection<S, T>,
    warnings: Arc<AtomicU64>,
    news: Option<News>,
) where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut messages =
        futures_util::stream::poll_fn(move |context| connection.poll_message(context));
    while let Some(message) = messages.next().await {
        match message {
            Ok(AsyncMessage::Notice(notice)) => noticed(&notice, &warnings),
            Ok(AsyncMessage::Notification(_)) => {
                // Whoever listened may have gone.
                let _ = news.as_ref().map(|news| news.send(()));
            }
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, "a connection to PostgreSQL ended");
                return;
            }
        }
    }
}

/// A server that stops waiting for its standby says so in a warning, and calls the commit done.
fn noticed(notice: &DbError, warnings: &AtomicU64) {
    if notice.severity() == "WARNING" {
        tracing::warn!(code = notice.code().code(), "PostgreSQL warns: {}", notice.message());
        warnings.fetch_add(1, Ordering::Relaxed);
    }
}

/// The words of a failure, with those of its causes, which is where the reason stands.
pub(super) fn why(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

fn tls(options: &PostgresOptions) -> Result<MakeRustlsConnect, OpenError> {
    let mut roots = rustls::RootCertStore::empty();
    match &options.ca_file {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let failed = |error: &dyn std::fmt::Display| {
                OpenError::Url(format!("{}: {error}", path.display()))
            };
            let read = CertificateDer::pem_file_iter(path).map_err(|error| failed(&error))?;
            for certificate in read {
                let certificate = certificate.map_err(|error| failed(&error))?;
                roots.add(certificate).map_err(|error| failed(&error))?;
            }
            if roots.is_empty() {
                return Err(failed(&"there is no certificate in it"));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| OpenError::Url(error.to_string()))?;
    let client = builder.with_root_certificates(roots).with_no_client_auth();
    Ok(MakeRustlsConnect::new(client))
}

/// Makes the sessions of a pool.
pub(super) struct Sessions(pub(super) Arc<Server>);

impl Manager for Sessions {
    type Type = Session;
    type Error = OpenError;

    async fn create(&self) -> Result<Session, OpenError> {
        self.0.connect().await
    }

    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<OpenError> {
        match session.is_closed() {
            true => Err(RecycleError::message("the connection was closed")),
            false => Ok(()),
        }
    }
}

/// A pool of sessions, the one that was used last first, so that leftover ids are used up.
pub(super) fn pool(server: &Arc<Server>, size: usize) -> Result<Pool<Sessions>, OpenError> {
    let builder = Pool::builder(Sessions(Arc::clone(server)))
        .max_size(size)
        .queue_mode(deadpool::managed::QueueMode::Lifo);
    builder.build().map_err(|error| OpenError::Database(error.to_string()))
}
