//! The merchant's side of the callbacks: checks and keeps every one, and is not always well.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Frame;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use vezne::SystemClock;
use vezne_web::WebSettings;
use vezne_web::receiver::{Received, Receiver};
use vezne_wire::bankopay::{Service, Status, WithdrawCallback};
use vezne_wire::secret::SecretText;
use vezne_wire::standard_webhooks::WebhookSecret;

use crate::dice::Dice;
use crate::order::KEY;

/// One outcome as it was told.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) trx: String,
    pub(crate) service: Service,
    pub(crate) amount: i64,
    /// Every body that came; there may be one only.
    pub(crate) bodies: BTreeSet<Vec<u8>>,
    /// How often it came.
    pub(crate) times: u64,
}

/// What was told, by transaction id and status.
pub(crate) type Told = BTreeMap<(String, &'static str), Outcome>;

/// The merchant's receiver.
pub(crate) struct Shop {
    state: Arc<State>,
    _runtime: tokio::runtime::Runtime,
}

#[derive(Default)]
struct State {
    told: Mutex<Told>,
    complaints: Mutex<Vec<String>>,
    spoiled: AtomicU64,
}

/// What becomes of one callback.
#[derive(Clone, Copy)]
enum Mood {
    Well,
    /// Takes it, and its answer is an error.
    Fails,
    /// Takes it, and says no.
    Refuses,
    /// Takes it, and the answer is lost.
    Cut,
    /// The request itself is lost.
    Deaf,
}

impl Shop {
    /// Receives on an address that was bound before.
    pub(crate) fn open(listener: TcpListener, secret: &str, mut dice: Dice) -> Self {
        let state = Arc::new(State::default());
        let (seen, received) = unbounded_channel();
        let receiver = Receiver {
            callback_key: SecretText::new(KEY),
            webhook_secret: WebhookSecret::parse(secret).expect("a webhook secret"),
            clock: Arc::new(SystemClock),
            seen,
        };
        let mood = Arc::new(Mutex::new(dice.split()));
        let moody = Arc::clone(&state);
        let layer = from_fn(move |request, next| {
            let mood = moody.mood(&mut mood.lock().unwrap_or_else(PoisonError::into_inner));
            answer(mood, request, next)
        });
        let router = receiver.router().layer(layer);
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
        runtime.spawn(keep(Arc::clone(&state), received));
        runtime.spawn(async move {
            listener.set_nonblocking(true).expect("a listener");
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let (settings, never) = (WebSettings::default(), std::future::pending());
            vezne_web::serve(listener, router, &settings, never, Duration::ZERO).await;
        });
        Self { state, _runtime: runtime }
    }

    /// How many callbacks were spoiled.
    pub(crate) fn spoiled(&self) -> u64 {
        self.state.spoiled.load(Ordering::Relaxed)
    }

    /// What was told, and what was no proper callback.
    pub(crate) fn told(&self) -> (Told, Vec<String>) {
        let told = self.state.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let complaints = self.state.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        (told, complaints.clone())
    }
}

impl State {
    fn mood(&self, dice: &mut Dice) -> Mood {
        let mood = match dice.below(100) {
            0..5 => Mood::Fails,
            5..8 => Mood::Refuses,
            8..14 => Mood::Cut,
            14..18 => Mood::Deaf,
            _ => return Mood::Well,
        };
        self.spoiled.fetch_add(1, Ordering::Relaxed);
        mood
    }

    fn take(&self, received: Received) {
        let Received { body, callback } = received;
        match callback {
            Ok(callback) => {
                let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
                take(&mut told, callback, body);
            }
            Err(why) => {
                let complaint = format!("a callback is wrong: {why}");
                self.complaints.lock().unwrap_or_else(PoisonError::into_inner).push(complaint);
            }
        }
    }
}

/// Adds a callback to what was told.
pub(crate) fn take(told: &mut Told, callback: WithdrawCallback, body: Vec<u8>) {
    let WithdrawCallback { transaction_id, trx, amount, method, status, .. } = callback;
    let fresh = || Outcome { trx, service: method, amount, bodies: BTreeSet::new(), times: 0 };
    let outcome = told.entry((transaction_id, Status::word(status))).or_insert_with(fresh);
    outcome.bodies.insert(body);
    outcome.times += 1;
}

async fn keep(state: Arc<State>, mut received: UnboundedReceiver<Received>) {
    while let Some(one) = received.recv().await {
        state.take(one);
    }
}

async fn answer(mood: Mood, request: Request, next: Next) -> Response {
    if matches!(mood, Mood::Deaf) {
        return Response::new(Body::new(Cut));
    }
    let response = next.run(request).await;
    match mood {
        Mood::Well | Mood::Deaf => response,
        Mood::Fails => (StatusCode::INTERNAL_SERVER_ERROR, "try again").into_response(),
        Mood::Refuses => r#"{"code":999,"message":"not now"}"#.into_response(),
        Mood::Cut => Response::new(Body::new(Cut)),
    }
}

/// A body that breaks off, and the connection with it.
struct Cut;

impl axum::body::HttpBody for Cut {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }
}
