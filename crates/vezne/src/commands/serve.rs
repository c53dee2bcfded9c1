//! `vezne serve`: the server, its workers and its control socket, until SIGTERM or Ctrl-C.

use std::future::Future;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tracing::{error, info, warn};
use vezne_core::model::merchant::Mode;
use vezne_core::port::Courier;
use vezne_outbound::OutboundSettings;
use vezne_outbound::rail::simulator::SimulatorSettings;
use vezne_web::{Metrics, WebSettings, WebState};

use super::{Error, runtime};
use crate::assembly::{self, Assembly};
use crate::config::faults::level;
use crate::config::{Config, LogFormat, seconds};
use crate::control::{Control, socket};
use crate::disk;
use crate::marker::{self, MarkerFile};
use crate::merchant::unserved;
use crate::supervisor::Supervisor;
use crate::worker::alarm::AlarmWorker;
use crate::worker::callbacks::CallbackWorker;
use crate::worker::dispatch::{DispatchWorker, Event, Memory};
use crate::worker::retention::RetentionWorker;
use crate::worker::token_keys::TokenKeyWorker;
use crate::worker::usage::UsageWorker;

/// Serves until a signal.
pub(crate) fn run(config: &Config) -> Result<ExitCode, Error> {
    let faults = config.faults();
    if !faults.is_empty() {
        return Err(faults.join("; ").into());
    }
    start_log(config)?;
    runtime()?.block_on(async {
        // Before the first request: a signal that nobody waits for ends the process at once.
        let mut signals = Signals::listen()?;
        let server = Server::start(config).await?;
        info!("vezne {} takes requests on {}", env!("CARGO_PKG_VERSION"), server.address);
        signals.any().await;
        info!("stopping: requests and sends under way are finished first");
        server.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Starts the log as configured.
pub(crate) fn start_log(config: &Config) -> Result<(), Error> {
    let filter = level(&config.log.level)?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_coloured());
    let started = match config.log.format {
        LogFormat::Human => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    for warning in config.warnings() {
        warn!("{warning}");
    }
    started
}

/// Whether log lines are coloured: for a person at a terminal who has not asked for none
/// (<https://no-color.org>).
fn is_coloured() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|text| !text.is_empty());
    std::io::stderr().is_terminal() && !unwanted
}

/// The signals that end a server in good order.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on they no longer end the process by themselves.
    pub(crate) fn listen() -> Result<Self, Error> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the first of them.
    pub(crate) async fn any(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// A running server.
pub(crate) struct Server {
    /// Where merchants call.
    pub(crate) address: std::net::SocketAddr,
    desk: Assembly,
    web: Arc<WebState>,
    stop: watch::Sender<bool>,
    tasks: Supervisor,
    drain: Duration,
    lease: Duration,
    socket: std::path::PathBuf,
}

impl Server {
    /// Opens the desk, binds both addresses and starts the workers.
    pub(crate) async fn start(config: &Config) -> Result<Self, Error> {
        let mut desk = Assembly::open(config).await?;
        let directory = desk.store.directory();
        if directory.iter().any(|merchant| merchant.mode == Mode::Live) {
            crate::control::refuse_lax(&*desk.store).await?;
        }
        unserved(&config.ccpayment, &directory).for_each(|what| warn!("{what}"));
        let marker = Arc::new(MarkerFile::open(config.store.marker())?);
        marker::settle(&desk.engine, &*desk.store, &marker).await?;
        desk.marker = Some(Arc::clone(&marker));
        let courier = assembly::courier(&outbound_settings(config), Arc::clone(&desk.random))?;
        desk.courier = Some(Arc::clone(&courier));
        let listener = bind(config.server.listen, "server.listen").await?;
        let operations = bind(config.server.operations_listen, "server.operations_listen").await?;
        let address = listener.local_addr()?;
        let socket = config.store.control_socket();
        let web = web_state(config, &desk)?;
        let (stop, stopped) = watch::channel(false);
        let drain = seconds(config.server.drain_seconds);
        let mut tasks = Supervisor::new(Arc::clone(&web), stopped.clone());
        keep_control(&mut tasks, socket::bind(&socket)?, desk.control(), &stopped)?;
        for (name, listener, operations) in
            [("merchants' listener", listener, false), ("operations' listener", operations, true)]
        {
            let (web, stopped, listener) =
                (Arc::clone(&web), stopped.clone(), listener.into_std()?);
            let make = move || {
                listen(listener.try_clone(), Arc::clone(&web), operations, when(&stopped), drain)
            };
            tasks.keep(name, make);
        }
        keep_workers(config, (&desk, marker, courier), &web, &mut tasks, &stopped)?;
        crate::channel::put_starters(&desk.engine).await?;
        let token_keys = token_key_worker(config, &desk);
        // Without a key no token could be given out, so the first one comes before readiness.
        token_keys.step().await?;
        let told = stopped.clone();
        tasks.keep("token keys", move || token_keys.clone().run(when(&told)));
        web.set_ready(true);
        let lease = seconds(config.dispatch.lease_seconds);
        Ok(Self { address, desk, web, stop, tasks, drain, lease, socket })
    }

    /// The operator's commands, without the socket.
    pub(crate) fn control(&self) -> crate::control::Control {
        self.desk.control()
    }

    /// Finishes what is under way, within the drain time, and closes the database.
    pub(crate) async fn stop(mut self) {
        self.web.set_ready(false);
        drop(std::fs::remove_file(&self.socket));
        self.stop.send_replace(true);
        // A send that is cut off leaves its payout in doubt, so sends have as long as they may
        // take.
        if tokio::time::timeout(self.drain.max(self.lease), self.tasks.ended()).await.is_err() {
            warn!("some work was still under way when the drain time ended");
            self.tasks.abort();
        }
        drop((self.web, self.tasks));
        self.desk.close().await;
    }
}

async fn bind(address: std::net::SocketAddr, key: &str) -> Result<TcpListener, Error> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| format!("cannot listen on {address} ({key}): {error}").into())
}

/// Serves merchants, or the platform engineer, on one address.
async fn listen(
    listener: std::io::Result<std::net::TcpListener>,
    web: Arc<WebState>,
    operations: bool,
    stop: impl Future<Output = ()> + Send + 'static,
    drain: Duration,
) {
    let listener = match listener.and_then(TcpListener::from_std) {
        Ok(listener) => listener,
        Err(error) => return error!("an address cannot be listened on: {error}"),
    };
    let app = if operations { vezne_web::operations_router(&web) } else { vezne_web::router(&web) };
    vezne_web::serve(listener, app, &web.settings, stop, drain).await;
}

fn web_state(config: &Config, desk: &Assembly) -> Result<Arc<WebState>, Error> {
    let server = &config.server;
    let settings = WebSettings {
        max_body_bytes: server.max_body_bytes,
        bodies_in_flight_bytes: server.bodies_in_flight_bytes,
        header_timeout: seconds(server.header_timeout_seconds),
        request_timeout: seconds(server.body_timeout_seconds),
        write_timeout: seconds(server.write_timeout_seconds),
        max_connections: server.max_connections,
        max_connections_per_address: server.max_connections_per_address,
        requests_per_second: server.requests_per_second,
        trusted_proxies: server.trusted_proxies.clone(),
        ccpayment: config.ccpayment.settings()?,
        ..WebSettings::default()
    };
    let (engine, store) = (desk.engine.clone(), Arc::clone(&desk.store));
    let (clock, metrics) = (Arc::clone(&desk.clock), Arc::new(Metrics::new()));
    let web = WebState::new(engine, store, clock, settings, metrics);
    let section = config.ccpayment.clone();
    let rules = Arc::clone(&desk.destinations);
    let check = move |url: &str, mode| rules.check(url, mode).map(drop);
    web.call_by(Box::new(move |url, mode| check(url, mode).map_err(|why| why.to_string())));
    let (kept, looked) = (config.store.directory.clone(), config.store.directory.clone());
    web.complain_of(Box::new(move |directory| {
        let disk = disk::room(&kept).ok().and_then(|room| disk::complaint(&kept, room));
        unserved(&section, directory).chain(disk).collect()
    }));
    web.look_at_disk(Box::new(move || disk::room(&looked).ok()));
    Ok(web)
}

/// How callbacks are sent, and what pretends to be a bank.
pub(crate) fn outbound_settings(config: &Config) -> OutboundSettings {
    let section = &config.callbacks;
    let file = &section.extra_certificates_file;
    OutboundSettings {
        connect_timeout: seconds(section.connect_timeout_seconds),
        total_timeout: seconds(section.total_timeout_seconds),
        hash_threads: section.hash_threads,
        sandbox_allow_private: section.sandbox_private_networks,
        live_ports: section.live_ports.clone(),
        own_listeners: [config.server.listen, config.server.operations_listen].to_vec(),
        allowed_networks: section.allowed_private_networks.clone(),
        extra_ca: (!file.as_os_str().is_empty()).then(|| file.clone()),
        simulator: simulator_settings(config),
        ..OutboundSettings::default()
    }
}

fn simulator_settings(config: &Config) -> SimulatorSettings {
    let section = &config.simulator;
    SimulatorSettings {
        settle_after: seconds(section.settle_after_seconds),
        refuse_after: seconds(section.refuse_after_seconds),
        doubt_for: seconds(section.doubt_seconds),
        return_after: seconds(section.return_after_seconds),
        journal: Some(section.journal(&config.store)),
        ..SimulatorSettings::default()
    }
}

/// Takes operators' commands from the socket.
fn keep_control(
    tasks: &mut Supervisor,
    listener: UnixListener,
    control: Control,
    stopped: &watch::Receiver<bool>,
) -> Result<(), Error> {
    let (listener, stopped) = (listener.into_std()?, stopped.clone());
    tasks.keep("control socket", move || {
        let (listener, control) = (listener.try_clone(), control.clone());
        let stopped = when(&stopped);
        async move {
            match listener.and_then(UnixListener::from_std) {
                Ok(listener) => tokio::select! {
                    () = socket::serve(listener, control) => {}
                    () = stopped => {}
                },
                Err(error) => error!("the control socket cannot be listened on: {error}"),
            }
        }
    });
    Ok(())
}

fn keep_workers(
    config: &Config,
    (desk, marker, courier): (&Assembly, Arc<MarkerFile>, Arc<dyn Courier>),
    web: &Arc<WebState>,
    tasks: &mut Supervisor,
    stopped: &watch::Receiver<bool>,
) -> Result<(), Error> {
    let outbound = outbound_settings(config);
    let (engine, clock) = (desk.engine.clone(), Arc::clone(&desk.clock));
    if config.dispatch.enabled {
        let rails = assembly::rails(&outbound)?;
        let settings = assembly::dispatch_settings(config);
        let store = Arc::clone(&desk.store);
        let memory = Memory { store, marker };
        let clock = Arc::clone(&clock);
        let worker = DispatchWorker::new(engine.clone(), clock, rails, memory, settings);
        let metrics = Arc::clone(&web.metrics);
        let worker = worker.counting(Arc::new(move |event| match event {
            Event::Asked { rail, sends, answer, took } => {
                metrics.rail_answered(rail, if sends { "send" } else { "status" }, answer, took);
            }
            Event::Unbooked(why) => metrics.unbooked(why),
        }));
        let (bell, told) = (Arc::clone(&desk.bells.dispatch), stopped.clone());
        tasks.keep("dispatch", move || worker.clone().run(Arc::clone(&bell), when(&told)));
    }
    let (store, limits) = (Arc::clone(&desk.store), Arc::clone(web));
    if let Some(worker) = UsageWorker::new(store, limits, Arc::clone(&clock), desk.node) {
        let told = stopped.clone();
        tasks.keep("usage", move || worker.clone().run(when(&told)));
    }
    let (store, retention) = (Arc::clone(&desk.store), config.retention.spans());
    let worker = RetentionWorker { store, clock: Arc::clone(&clock), retention };
    let told = stopped.clone();
    tasks.keep("retention", move || worker.clone().run(when(&told)));
    let (store, alarm) = (Arc::clone(&desk.store), config.alarm.alarm()?.map(Arc::new));
    let worker = AlarmWorker::new(store, Arc::clone(&clock), alarm);
    let told = stopped.clone();
    tasks.keep("alarm", move || worker.clone().run(when(&told)));
    let metrics = Arc::clone(&web.metrics);
    let worker = CallbackWorker {
        engine,
        store: Arc::clone(&desk.store),
        clock,
        random: Arc::clone(&desk.random),
        courier,
        settings: assembly::callback_settings(config),
        on_attempt: Arc::new(move |mode, outcome| metrics.attempt(mode, outcome)),
    };
    let (bell, told) = (Arc::clone(&desk.bells.callbacks), stopped.clone());
    tasks.keep("callbacks", move || worker.clone().run(Arc::clone(&bell), when(&told)));
    Ok(())
}

fn token_key_worker(config: &Config, desk: &Assembly) -> TokenKeyWorker {
    TokenKeyWorker {
        engine: desk.engine.clone(),
        store: Arc::clone(&desk.store),
        clock: Arc::clone(&desk.clock),
        lifetime: seconds(config.ccpayment.token_key_days.saturating_mul(24 * 3_600)),
    }
}

/// Done once the server is told to stop.
fn when(stopped: &watch::Receiver<bool>) -> impl Future<Output = ()> + Send + use<> {
    let mut stopped = stopped.clone();
    async move {
        // The sender is only dropped with the server itself, which is a reason to stop too.
        drop(stopped.wait_for(|stop| *stop).await);
    }
}
