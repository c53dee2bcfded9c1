//! The commands of the table language: words into a verb, and its answer into words.

use std::time::Duration;

use super::book::Book;
use super::facts::{merchant, plain};
use super::quarantine;
use super::table::seconds;
use crate::engine::approve::Approve;
use crate::engine::batch::{BatchRefusal, BatchRow, RowKind, RowOutcome, SubmitBatch, Twin};
use crate::engine::callback::{ClaimCallbacks, Composer, KeepBody, RecordAttempt, Resend};
use crate::engine::channel::{PutChannel, PutStarters, RemoveChannel};
use crate::engine::dispatch::{Accept, CannotTell, ClaimPayouts, Claimed, NotSent, Task};
use crate::engine::doubt::{MarkInDoubt, Resolution, ResolveDoubt};
use crate::engine::fail::Fail;
use crate::engine::group::{Member, Seat};
use crate::engine::merchant::{AddMerchant, EditMerchant};
use crate::engine::reject::Reject;
use crate::engine::returned::Return;
use crate::engine::room::Room;
use crate::engine::settle::Settle;
use crate::engine::submit::{Submission, SubmitPayout, Submitted};
use crate::engine::token_keys::RotateTokenKey;
use crate::engine::top_up::TopUp;
use crate::engine::{Failure, Verb};
use crate::model::approval::{Actor, Policy};
use crate::model::beneficiary::Beneficiary;
use crate::model::callback::CallbackTarget;
use crate::model::callback::{AttemptOutcome, CallbackState, Schedule};
use crate::model::channel::Channel;
use crate::model::commission::Commission;
use crate::model::identifier::{CallbackId, PayoutId};
use crate::model::limit::AmountLimit;
use crate::model::merchant::{Access, Merchant, MerchantStatus, Mode, ReferenceScope, Terms};
use crate::model::money::{Currency, Money};
use crate::model::payout::{ContentDigest, PayoutState};
use crate::model::personal::Secret;
use crate::model::quarantine::Marker;
use crate::model::refusal::{ActionRefusal, Declined, SubmitRefusal};
use crate::port::{Delivered, Delivery};

/// For how long a claim of a table lasts, and when an answer of a rail is looked at again.
pub(super) const LEASE: Duration = Duration::from_secs(30);

/// A member for a group, and what it was answered once the group is committed.
pub(super) struct Asked {
    pub(super) member: Box<dyn Member>,
    pub(super) answer: Box<dyn FnOnce() -> String>,
}

/// Reads one command.
pub(super) fn ask(book: &Book, words: &[String]) -> Asked {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["merchant", name, settings @ ..] => add_merchant(name, settings),
        ["edit", name, settings @ ..] => edit_merchant(book, name, settings),
        ["terms", name, channel, settings @ ..] => edit_terms(book, name, channel, settings),
        ["top-up", name, amount] => top_up(book, name, amount),
        ["submit", name, reference, channel, amount, content @ ..] => {
            submit(book, name, (reference, channel, amount, content))
        }
        ["batch", name, rest @ ..] => batch(book, name, rest),
        ["rotate-keys", id, settings @ ..] => rotate_keys(id, settings),
        ["claim", "seen", marker] => claim(10, Some(quarantine::marker(marker))),
        ["claim", limit @ ..] => claim(limit.first().map_or(10, |limit| number(limit)), None),
        ["start" | "quarantine", ..] => quarantine::ask(&words),
        ["says", said @ ..] => super::said::ask(said),
        ["claim-callbacks", room @ ..] => claim_callbacks(book, room),
        ["keep-body", id, body, version @ ..] => {
            let version = version.first().map_or(0, |text| text.parse().expect("a version"));
            let (callback, body) = (CallbackId(number(id)), body.as_bytes().into());
            let verb = KeepBody { callback, body, version };
            seat(verb, action(|body: Vec<u8>| String::from_utf8_lossy(&body).into_owned()))
        }
        ["channel", code, settings @ ..] => put_channel(book, code, settings),
        ["remove-channel", code] => done(RemoveChannel { channel: (*code).into(), by: ayse() }),
        ["starters", codes @ ..] => {
            let channels = codes.iter().map(|code| channel(code, &[])).collect();
            seat(PutStarters { channels, by: Actor::System }, action(|put: bool| put.to_string()))
        }
        ["record", target, outcome] => record(target, outcome),
        ["resend", id] => done(Resend { callback: CallbackId(number(id)), by: ayse() }),
        [verb, target, rest @ ..] => on_payout(verb, target, rest),
        other => panic!("this command is not understood: {other:?}"),
    }
}

fn on_payout(verb: &str, target: &str, rest: &[&str]) -> Asked {
    let (payout, attempt) = on(target);
    let by = if attempt.is_some() { Actor::Rail } else { ayse() };
    let sent = || attempt.expect("this command names an attempt, such as 1/1");
    let first = rest.first().map(|word| (*word).to_owned());
    let text = first.clone().unwrap_or_default();
    match verb {
        "approve" => done(Approve { payout, by }),
        "reject" => done(Reject { payout, by, reason: text }),
        "settle" => done(Settle { payout, attempt, by, rail_reference: first }),
        "fail" => done(Fail { payout, attempt, by, reason: text }),
        "return" => done(Return { payout, by: Actor::Rail, reason: text }),
        "accept" => {
            let (rail_reference, ask_again_in) = (first, LEASE);
            done(Accept { payout, attempt: sent(), rail_reference, ask_again_in })
        }
        "cannot-tell" => {
            let (attempt, ask_again_in) = (sent(), LEASE);
            done(CannotTell { payout, attempt, ask_again_in })
        }
        "not-sent" => done(NotSent { payout, attempt: sent(), send_again_in: LEASE }),
        "in-doubt" => {
            let absent = text == "never received";
            let (attempt, ask_again_in) = (sent(), LEASE);
            done(MarkInDoubt { payout, attempt, detail: text, absent, ask_again_in })
        }
        "resolve" => resolve(payout, rest),
        "rail-resolves" => {
            let (resolution, evidence) = (Resolution::NeverSent, "it says so".to_owned());
            done(ResolveDoubt { payout, attempt, by: Actor::Rail, resolution, evidence })
        }
        other => panic!("this command is not understood: {other}"),
    }
}

fn resolve(payout: PayoutId, rest: &[&str]) -> Asked {
    let (resolution, evidence) = match rest {
        ["paid", evidence, reference @ ..] => {
            let rail_reference = reference.first().map(|text| (*text).to_owned());
            (Resolution::Paid { rail_reference }, evidence)
        }
        ["not-paid", evidence, reason] => {
            (Resolution::NotPaid { reason: (*reason).to_owned() }, evidence)
        }
        ["never-sent", evidence] => (Resolution::NeverSent, evidence),
        other => panic!("this resolution is not understood: {other:?}"),
    };
    let evidence = (*evidence).to_owned();
    done(ResolveDoubt { payout, attempt: None, by: ayse(), resolution, evidence })
}

fn top_up(book: &Book, name: &str, amount: &str) -> Asked {
    let id = merchant(book, name);
    let amount = match amount.strip_prefix("USD") {
        Some(dollars) => Money::parse(dollars, "USD".parse().expect("a currency")),
        None => Money::parse(amount, currency(book, name)),
    };
    let amount = amount.expect("an amount");
    let verb = TopUp { merchant: id, amount, by: ayse(), note: "wire".to_owned() };
    seat(verb, action(plain))
}

/// Reference, channel, amount, and what else is said of a payout.
type Said<'a> = (&'a str, &'a str, &'a str, &'a [&'a str]);

fn submit(book: &Book, name: &str, said: Said<'_>) -> Asked {
    seat(payout(book, name, said), |answer| match answer {
        Ok(submitted) => row(Ok(Some(submitted))),
        Err(Failure::Refused(declined)) => row(Err(declined)),
        Err(Failure::Fault(fault)) => format!("fault {fault}"),
        Err(Failure::Busy) => "busy".to_owned(),
    })
}

fn row(outcome: RowOutcome) -> String {
    match outcome {
        Ok(None) => "nothing".to_owned(),
        Ok(Some(Submitted { payout, replayed: true, .. })) => format!("replayed {payout}"),
        Ok(Some(Submitted { payout, replayed: false, .. })) => format!("accepted {payout}"),
        Err(Declined { why, replayed }) => {
            format!("{}{}", refusal(&why), if replayed { " again" } else { "" })
        }
    }
}

/// The content of a batch is all of its words, unless `content=` says so instead.
fn batch(book: &Book, name: &str, words: &[&str]) -> Asked {
    let mut parts = words.split(|word| *word == "|");
    let settings = parts.next().unwrap_or_default();
    let find = |name: &str| settings.iter().find_map(|word| word.strip_prefix(name));
    let twin = find("twin=").map(|twin| {
        let (content, within) = twin.split_once('/').expect("a twin, such as t1/60s");
        Twin { content: digest(&format!("twin {content}")), within: seconds(within) }
    });
    let verb = SubmitBatch {
        merchant: merchant(book, name),
        proof: find("proof=").map(|proof| digest(&format!("proof {proof}"))),
        content: ContentDigest(find("content=").map_or_else(|| digest(&words.join(" ")), digest)),
        twin,
        rows: parts.map(|words| batch_row(book, name, words)).collect(),
    };
    seat(verb, |answer| match answer {
        Ok(rows) => rows.into_iter().map(row).collect::<Vec<_>>().join(" | "),
        Err(Failure::Refused(BatchRefusal::ProofReused)) => "proof-reused".to_owned(),
        Err(Failure::Refused(BatchRefusal::NoRoom)) => "no-room".to_owned(),
        Err(Failure::Fault(fault)) => format!("fault {fault}"),
        Err(Failure::Busy) => "busy".to_owned(),
    })
}

fn batch_row(book: &Book, name: &str, words: &[&str]) -> BatchRow {
    let [kind, reference, channel, amount, more @ ..] = words else {
        panic!("this row is not understood: {words:?}");
    };
    let kind = match *kind {
        "named" => RowKind::Named,
        "unnamed" => RowKind::Unnamed,
        "repeat" => RowKind::Repeat,
        other => panic!("no row is {other}"),
    };
    BatchRow { payout: payout(book, name, (reference, channel, amount, more)), kind }
}

fn rotate_keys(id: &str, settings: &[&str]) -> Asked {
    let find = |name: &str| settings.iter().find_map(|word| word.strip_prefix(name));
    let span = |name: &str| find(name).map_or(Duration::ZERO, seconds);
    let (overlap, not_younger_than) = (span("overlap="), span("young="));
    let (id, private) = (id.to_owned(), Secret::new("private"));
    let verb = RotateTokenKey { id, private, overlap, not_younger_than, by: ayse() };
    seat(verb, action(|rotated| if rotated { "yes" } else { "no" }.to_owned()))
}

fn digest(text: &str) -> [u8; 16] {
    let mut digest = [0; 16];
    for (at, byte) in text.bytes().enumerate() {
        let at = at % digest.len();
        digest[at] = byte.wrapping_add(digest[at]).rotate_left(1);
    }
    digest
}

/// A submission's content is what it says, unless a word says so instead. `to=` names an endpoint,
/// or `nowhere`.
fn payout(book: &Book, name: &str, said: Said<'_>) -> SubmitPayout {
    let (reference, channel, amount, more) = said;
    let merchant = book.directory.get(merchant(book, name)).expect("a known merchant");
    let target = more.iter().find_map(|word| word.strip_prefix("to="));
    let content = more.iter().find(|word| !word.starts_with("to="));
    let written = content.map_or_else(|| format!("{channel} {amount}"), |word| (*word).to_owned());
    let submission = Submission {
        reference: reference.to_owned(),
        content: ContentDigest(digest(&written)),
        channel: channel.into(),
        amount: Money::parse(amount, Currency::TRY).expect("an amount"),
        beneficiary: beneficiary(),
        note: Vec::new(),
        callback_to: match target {
            None => CallbackTarget::Merchant,
            Some("nowhere") => CallbackTarget::Nowhere,
            Some(name) => CallbackTarget::Endpoint(name.to_owned()),
        },
    };
    let proof = merchant.authenticate(&"bankopay".into(), "key", super::table::Table::new().now);
    SubmitPayout::new(proof.expect("every merchant has the key"), submission)
}

fn beneficiary() -> Beneficiary {
    let (name, account) = ("Mehmet Demir".to_owned(), "1234567890".to_owned());
    Beneficiary { name, account, bank: None, bank_name: None, identity: None, birth_date: None }
}

fn refusal(why: &SubmitRefusal) -> String {
    let code = why.code();
    match why {
        SubmitRefusal::ReferenceReused { existing } => format!("{code} {existing}"),
        SubmitRefusal::MerchantSuspended | SubmitRefusal::CannotRefuseNow => code.to_owned(),
        SubmitRefusal::ChannelNotOffered { channel } => format!("{code} {channel}"),
        SubmitRefusal::AmountBelowMinimum { minimum: amount }
        | SubmitRefusal::AmountAboveMaximum { maximum: amount }
        | SubmitRefusal::CommissionTakesAll { commission: amount }
        | SubmitRefusal::DayLimitReached { limit: amount }
        | SubmitRefusal::InsufficientBalance { needed: amount } => {
            format!("{code} {}", plain(*amount))
        }
    }
}

fn claim(limit: i64, marker: Option<Marker>) -> Asked {
    let limit = usize::try_from(limit).expect("a limit");
    let verb = ClaimPayouts { room: Room::undivided(limit), lease: LEASE, marker };
    seat(verb, action(|claimed: Claimed| list(claimed.tasks.iter().map(task))))
}

fn task(task: &Task) -> String {
    let (word, payout) = match task {
        Task::Send(payout) => ("send", payout),
        Task::Query(payout) => ("query", payout),
    };
    let PayoutState::Dispatched(dispatch) = &payout.state else {
        panic!("a claimed payout is dispatched: {payout:?}");
    };
    format!("{word} {}/{}", payout.id, dispatch.attempt)
}

/// Room for ten of every merchant, unless the words say `A=2 B=0`.
fn claim_callbacks(book: &Book, room: &[&str]) -> Asked {
    let named = room.iter().filter_map(|word| word.split_once('='));
    let named = named.map(|(name, most)| (merchant(book, name), number(most)));
    let everyone = book.directory.iter().map(|merchant| (merchant.id, 10));
    let room: Vec<_> = if room.is_empty() { everyone.collect() } else { named.collect() };
    let room = room.into_iter().map(|(id, most)| (id, usize::try_from(most).expect("a number")));
    let verb = ClaimCallbacks {
        room: room.collect(),
        most: usize::MAX,
        lease: LEASE,
        composer: Composer::default(),
    };
    seat(verb, action(|deliveries: Vec<Delivery>| list(deliveries.iter().map(delivery))))
}

fn delivery(delivery: &Delivery) -> String {
    assert_eq!(delivery.callback.payout, delivery.payout.id);
    assert_eq!(delivery.callback.merchant, delivery.merchant.id);
    format!("{}/{}", delivery.callback.id, delivery.callback.attempts)
}

/// Two waits after failures and one after a refusal, without jitter.
fn record(target: &str, outcome: &str) -> Asked {
    let (id, attempt) = target.split_once('/').expect("an attempt, such as 1/1");
    let outcome = match outcome {
        "acknowledged" => AttemptOutcome::Acknowledged,
        "refused" => AttemptOutcome::Refused,
        "failed" => AttemptOutcome::Failed,
        other => panic!("no attempt ends {other}"),
    };
    let (took, detail) = (Duration::from_millis(20), String::new());
    let delivered = Delivered { outcome, http_status: Some(200), detail, retry_after: None, took };
    let [ten, sixty] = [10, 60].map(Duration::from_secs);
    let schedule = Schedule { after_failure: vec![ten, sixty], after_refusal: vec![sixty] };
    let (callback, number) = (CallbackId(number(id)), attempt.parse().expect("a number"));
    let verb = RecordAttempt { callback, number, delivered, schedule, jitter: 0 };
    seat(verb, action(|state: CallbackState| state.code().to_owned()))
}

/// A channel as it is, or a new one in lira, with these settings.
fn put_channel(book: &Book, code: &str, settings: &[&str]) -> Asked {
    let known = book.directory.channel(&code.into());
    let known = known.map_or_else(|| channel(code, &[]), |known| Channel::clone(known));
    done(PutChannel { channel: with(known, settings), by: ayse() })
}

fn channel(code: &str, settings: &[&str]) -> Channel {
    let first = crate::model::channel::built_in().next().expect("there are six");
    with(Channel { code: code.into(), name: code.to_owned(), ..first }, settings)
}

fn with(mut channel: Channel, settings: &[&str]) -> Channel {
    for (name, value) in settings.iter().filter_map(|setting| setting.split_once('=')) {
        match name {
            "pay-code" => channel.pay_code = Some(value.to_owned()),
            "currency" => {
                channel.currency = value.parse().expect("a currency");
                channel.decimals = channel.currency.decimals();
            }
            "decimals" => channel.decimals = value.parse().expect("a number"),
            "least" => channel.amount.minimum_minor = Some(minor(value)),
            "most" => channel.amount.maximum_minor = Some(minor(value)),
            other => panic!("a channel has no setting {other}"),
        }
    }
    channel
}

fn add_merchant(name: &str, settings: &[&str]) -> Asked {
    let mut merchant = blank(name);
    settings.iter().for_each(|setting| set(&mut merchant, setting));
    seat(AddMerchant { merchant, by: ayse() }, action(|id| format!("merchant {id}")))
}

fn edit_merchant(book: &Book, name: &str, settings: &[&str]) -> Asked {
    let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
    edit(book, name, settings.join(" "), move |merchant| {
        settings.iter().for_each(|setting| set(merchant, setting));
    })
}

fn edit_terms(book: &Book, name: &str, channel: &str, settings: &[&str]) -> Asked {
    let terms = terms(channel, settings);
    let off = settings == ["off"];
    edit(book, name, format!("terms on {channel}"), move |merchant| {
        merchant.terms.retain(|one| one.channel != terms.channel);
        merchant.terms.extend((!off).then(|| terms.clone()));
    })
}

fn edit(
    book: &Book,
    name: &str,
    detail: String,
    change: impl Fn(&mut Merchant) + Send + 'static,
) -> Asked {
    let edit = Box::new(move |merchant: &mut Merchant| {
        change(merchant);
        if merchant.name == "forbidden" { Err("not this name".to_owned()) } else { Ok(()) }
    });
    done(EditMerchant { merchant: merchant(book, name), edit, by: ayse(), detail })
}

/// A sandbox merchant in lira that may use Papara and PayFix for nothing, with people approving.
fn blank(name: &str) -> Merchant {
    let key = Secret::new("key");
    let (dialect, login, callback_key) = ("bankopay".into(), name.to_owned(), key.clone());
    let access = Access { dialect, login, key: key.clone(), former_key: None, callback_key };
    Merchant {
        id: crate::model::identifier::MerchantId(0),
        name: name.to_owned(),
        mode: Mode::Sandbox,
        status: MerchantStatus::Active,
        currency: Currency::TRY,
        credit_limit_minor: 0,
        day_limit_minor: None,
        policy: Policy::default(),
        retry_refused: false,
        reference_scope: ReferenceScope::Merchant,
        allowed_networks: Vec::new(),
        requests_per_second: None,
        callback_base_url: None,
        endpoints: std::collections::BTreeMap::new(),
        webhook_secret: key,
        former_webhook_secret: None,
        callback_version: 0,
        access: vec![access],
        terms: vec![terms("papara", &[]), terms("payfix", &[])],
        banks: Vec::new(),
        options: std::collections::BTreeMap::new(),
    }
}

/// Reads one setting of a merchant.
fn set(merchant: &mut Merchant, setting: &str) {
    let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
    match name {
        "suspended" => merchant.status = MerchantStatus::Suspended,
        "active" => merchant.status = MerchantStatus::Active,
        "live" => merchant.mode = Mode::Live,
        "retry-refused" => merchant.retry_refused = value != "no",
        "per-channel" => merchant.reference_scope = ReferenceScope::Channel,
        "currency" => merchant.currency = value.parse().expect("a currency"),
        "credit" => merchant.credit_limit_minor = minor(value),
        "debt" => merchant.credit_limit_minor = -minor(value),
        "day" => merchant.day_limit_minor = Some(minor(value)),
        "auto" => merchant.policy = Policy { approve_below_minor: Some(minor(value)) },
        "endpoint" => {
            merchant.endpoints.insert(value.to_owned(), "https://shop.example/".to_owned());
        }
        "login" => merchant.access[0].login = value.to_owned(),
        "name" => merchant.name = value.to_owned(),
        other => panic!("a merchant has no setting {other}"),
    }
}

/// Reads the terms of one channel; `off` takes the channel away.
fn terms(channel: &str, settings: &[&str]) -> Terms {
    let (commission, amount) = (Commission::default(), AmountLimit::default());
    let channel = channel.into();
    let receiver_commission = Commission::default();
    let mut terms = Terms {
        channel,
        commission,
        receiver_commission,
        amount,
        day_limit_minor: None,
        rail: None,
    };
    for (name, value) in settings.iter().filter_map(|setting| setting.split_once('=')) {
        match name {
            // `1.50` is read as 150 hundredths of a percent, each a hundred parts per million.
            "percent" => {
                terms.commission.percent_ppm = u32::try_from(minor(value) * 100).expect("parts");
            }
            "receiver" => {
                let parts = u32::try_from(minor(value) * 100).expect("parts");
                terms.receiver_commission.percent_ppm = parts;
            }
            "receiver-fixed" => terms.receiver_commission.fixed_minor = minor(value),
            "fixed" => terms.commission.fixed_minor = minor(value),
            "min" => terms.commission.minimum_minor = minor(value),
            "max" => terms.commission.maximum_minor = Some(minor(value)),
            "least" => terms.amount.minimum_minor = Some(minor(value)),
            "most" => terms.amount.maximum_minor = Some(minor(value)),
            "day" => terms.day_limit_minor = Some(minor(value)),
            "rail" => terms.rail = Some(value.into()),
            other => panic!("terms have no setting {other}"),
        }
    }
    terms
}

pub(super) fn seat<V: Verb>(
    verb: V,
    tell: impl FnOnce(Result<V::Outcome, Failure<V::Refusal>>) -> String + 'static,
) -> Asked {
    let (seat, mut answer) = Seat::new(verb);
    let answer = move || tell(answer.try_recv().expect("a committed group is answered"));
    Asked { member: Box::new(seat), answer: Box::new(answer) }
}

pub(super) fn done<V: Verb<Outcome = (), Refusal = ActionRefusal>>(verb: V) -> Asked {
    seat(verb, action(|()| "ok".to_owned()))
}

/// Says what an action came to, its outcome in the words of `tell`.
pub(super) fn action<T>(
    tell: impl FnOnce(T) -> String,
) -> impl FnOnce(Result<T, Failure<ActionRefusal>>) -> String {
    move |answer| match answer {
        Ok(outcome) => tell(outcome),
        Err(Failure::Refused(ActionRefusal::NotFound)) => "not-found".to_owned(),
        Err(Failure::Refused(ActionRefusal::WrongState { state, .. })) => format!("is {state}"),
        Err(Failure::Refused(ActionRefusal::Doubted)) => "is doubted".to_owned(),
        Err(Failure::Refused(ActionRefusal::Invalid(why))) => format!("invalid {why}"),
        Err(Failure::Refused(ActionRefusal::Unreadable(why))) => format!("unreadable {why}"),
        Err(Failure::Fault(fault)) => format!("fault {fault}"),
        Err(Failure::Busy) => "busy".to_owned(),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<_> = items.collect();
    if items.is_empty() { "nothing".to_owned() } else { items.join(", ") }
}

pub(super) fn ayse() -> Actor {
    Actor::Operator("ayse".to_owned())
}

fn number(text: &str) -> i64 {
    text.parse().expect("a number")
}

fn minor(text: &str) -> i64 {
    Money::parse(text, Currency::TRY).expect("an amount").minor()
}

fn currency(book: &Book, name: &str) -> Currency {
    book.directory.get(merchant(book, name)).map_or(Currency::TRY, |merchant| merchant.currency)
}

/// Reads `1/2`, the second send of the first payout, or `1`.
pub(super) fn on(target: &str) -> (PayoutId, Option<u32>) {
    let (id, attempt) = match target.split_once('/') {
        Some((id, attempt)) => (id, Some(attempt.parse().expect("a number"))),
        None => (target, None),
    };
    (PayoutId(number(id)), attempt)
}
