//! The requests of one run, each repeated unchanged until it is answered or patience ends.
//!
//! A repeat has the same bytes, `hash_key` included: a server that knows a `unique_id` again gives
//! its first answer again, and one that has accepted nothing yet does so now. What may have arrived
//! is in doubt until it is answered; no later refusal ends that.

use std::time::Duration;

use vezne_outbound::http;
use vezne_outbound::peer::{Peer, PeerError};
use vezne_wire::ccpayment::{Answer, TokenError, TokenGranted, TokenRequest};
use vezne_wire::secret::SecretText;

use super::fate::Fate;
use super::progress::Progress;
use crate::commands::Error;

#[cfg(test)]
mod tests;

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How often, and after which waits, a request is repeated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) retries: u32,
    pub(super) wait: Duration,
}

/// Sends requests to one server.
pub(super) struct Sender {
    pub(super) peer: Peer,
    /// The URL up to the part before `/api`.
    pub(super) base: String,
    pub(super) app: TokenRequest,
    pub(super) token: SecretText,
    pub(super) patience: Patience,
}

/// What a request came to.
#[derive(Debug)]
pub(super) enum Told {
    /// An answer for its rows.
    Answer(Answer),
    /// The same end for every row; further requests would meet it too.
    End(Fate),
}

/// What one attempt came to.
#[derive(Debug)]
enum Attempt<T> {
    Done(T),
    /// The token is not taken.
    NoToken,
    /// A refusal of the whole.
    Refused {
        code: Option<i64>,
        why: String,
    },
    /// It may go better next time. `doubt` when it may have been accepted all the same.
    Later {
        why: String,
        doubt: bool,
    },
    /// It cannot be sent at all.
    Impossible(String),
}

impl Sender {
    /// Asks for a token.
    pub(super) async fn renew(&mut self, progress: &Progress) -> Result<(), Error> {
        let mut patience = self.patience;
        loop {
            let url = format!("{}/api/token", self.base);
            let answer = self.peer.post(&url, None, self.app.encode()).await;
            let why = match granted(answer) {
                Attempt::Done(granted) => {
                    self.token = granted.token;
                    return Ok(());
                }
                Attempt::Later { why, .. } => why,
                Attempt::Refused { code, why } => {
                    return Err(no_token(&Fate::Refused { code, why }.reason()));
                }
                Attempt::Impossible(why) => return Err(no_token(&why)),
                Attempt::NoToken => return Err(no_token("app_id or app_secret is wrong")),
            };
            if !patience.again(&why, progress).await {
                return Err(no_token(&why));
            }
        }
    }

    /// Sends one request of cash-outs.
    pub(super) async fn cashout(&mut self, body: &[u8], progress: &Progress) -> Told {
        let (mut patience, mut renewed, mut in_doubt) = (self.patience, false, false);
        loop {
            match self.attempt(body).await {
                Attempt::Done(answer) => return Told::Answer(answer),
                Attempt::NoToken if !renewed => {
                    renewed = true;
                    progress.note("the token is no longer taken; asking for another");
                    if let Err(error) = self.renew(progress).await {
                        return end(in_doubt, Fate::NotSent(error.to_string()));
                    }
                }
                Attempt::NoToken => {
                    let why = "the server does not take the token that it gave".to_owned();
                    return end(in_doubt, Fate::Refused { code: None, why });
                }
                Attempt::Refused { code, why } => {
                    return end(in_doubt, Fate::Refused { code, why });
                }
                Attempt::Impossible(why) => return end(in_doubt, Fate::NotSent(why)),
                Attempt::Later { why, doubt } => {
                    in_doubt |= doubt;
                    if !patience.again(&why, progress).await {
                        return end(in_doubt, Fate::NotSent(why));
                    }
                }
            }
        }
    }

    async fn attempt(&self, body: &[u8]) -> Attempt<Answer> {
        let url = format!("{}/api/cashout/tobank", self.base);
        match self.peer.post(&url, Some(&self.token), body.to_vec()).await {
            Ok(answer) => read(answer),
            Err(error) => unanswered(&error),
        }
    }
}

impl Patience {
    /// Waits before the next attempt; false when there is none.
    async fn again(&mut self, why: &str, progress: &Progress) -> bool {
        if self.retries == 0 {
            return false;
        }
        progress.note(&format!("{why}; the same again in {} s", self.wait.as_secs()));
        tokio::time::sleep(self.wait).await;
        *self = Self { retries: self.retries - 1, wait: (self.wait * 2).min(LONGEST_WAIT) };
        true
    }
}

/// The end of a request. An earlier attempt that may have been accepted leaves it in doubt.
fn end(in_doubt: bool, fate: Fate) -> Told {
    Told::End(if in_doubt { Fate::InDoubt(fate.reason()) } else { fate })
}

fn no_token(why: &str) -> Error {
    format!("the server gives no token: {why}").into()
}

fn unanswered<T>(error: &PeerError) -> Attempt<T> {
    let why = error.to_string();
    match error.may_pass() {
        true => Attempt::Later { why, doubt: !error.is_unsent() },
        false => Attempt::Impossible(why),
    }
}

/// What an answer to a request of cash-outs means.
fn read(answer: http::Answer) -> Attempt<Answer> {
    let http::Answer { status, body, .. } = answer;
    let decoded = body.and_then(|body| Answer::decode(&body).map_err(|error| error.to_string()));
    match (status, decoded) {
        (401, _) => Attempt::NoToken,
        // The server has not looked at it, in contrast to other errors of its own.
        (429, decoded) => Attempt::Later { why: told(status, decoded), doubt: false },
        (408 | 500.., decoded) => Attempt::Later { why: told(status, decoded), doubt: true },
        (200..300, Ok(answer)) if answer.is_success() || !answer.rows.is_empty() => {
            Attempt::Done(answer)
        }
        (200..300, Err(why)) => Attempt::Later { why, doubt: true },
        (_, Ok(answer)) => Attempt::Refused { code: Some(answer.code), why: answer.description },
        (_, decoded) => Attempt::Refused { code: None, why: told(status, decoded) },
    }
}

/// The server's own words, or only its status.
fn told(status: u16, decoded: Result<Answer, String>) -> String {
    match decoded {
        Ok(answer) => format!("code {}: {}", answer.code, answer.description),
        Err(_) => format!("the server answered HTTP {status}"),
    }
}

/// What an answer to a request for a token means.
fn granted(answer: Result<http::Answer, PeerError>) -> Attempt<TokenGranted> {
    let http::Answer { status, body, .. } = match answer {
        Ok(answer) => answer,
        Err(error) => return unanswered(&error),
    };
    let http = || format!("the server answered HTTP {status}");
    match body.map(|body| TokenGranted::decode(&body)) {
        Ok(Ok(granted)) if (200..300).contains(&status) => Attempt::Done(granted),
        _ if matches!(status, 408 | 429 | 500..) => Attempt::Later { why: http(), doubt: false },
        Ok(Err(TokenError::Refused { code, description })) => {
            Attempt::Refused { code: Some(code), why: description }
        }
        Err(why) => Attempt::Later { why, doubt: false },
        _ if status == 401 => Attempt::NoToken,
        Ok(Err(error)) if status == 200 => Attempt::Refused { code: None, why: error.to_string() },
        Ok(_) => Attempt::Refused { code: None, why: http() },
    }
}
