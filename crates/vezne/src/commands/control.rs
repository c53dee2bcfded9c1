//! The operator's commands: in the running server if there is one, otherwise right here.

use std::process::ExitCode;
use std::sync::Arc;

use super::confirm::confirm;
use super::serve::outbound_settings;
use super::{Error, runtime};
use crate::assembly::{self, Assembly};
use crate::channel;
use crate::cli::{
    CallbackCommand, MerchantCommand, PayoutCommand, PayoutKey, QuarantineCommand, ResolveArgs,
    SealCommand, TokenKeyCommand,
};
use crate::config::Config;
use crate::control::request::{
    CallbackRequest, DoubtResolution, Keys, MerchantRequest, NewMerchant, PayoutQuery,
    PayoutRequest, QuarantineRequest, Request, SealRequest, TokenKeyRequest,
};
use crate::control::socket;
use crate::control::view::Reply;
use crate::marker::{self, MarkerFile};
use crate::operator::Operator;
use crate::output::Output;

/// `vezne merchant ...`
pub(crate) fn merchant(
    config: &Config,
    operator: &Operator,
    command: MerchantCommand,
    output: Output,
) -> Result<ExitCode, Error> {
    let request = match command {
        MerchantCommand::Add { name, access, live, currency, settings } => {
            let (access, currency) = (access.into(), Some(currency));
            MerchantRequest::Add(NewMerchant { name, access, live, currency, settings })
        }
        MerchantCommand::List => MerchantRequest::List,
        MerchantCommand::Show { merchant } => MerchantRequest::Show { merchant },
        MerchantCommand::RotateKey {
            merchant,
            overlap_hours,
            separate_callback_key,
            one_key,
            forget_former,
        } => {
            let keys = match (separate_callback_key, one_key) {
                (true, _) => Keys::Two,
                (_, true) => Keys::One,
                (false, false) => Keys::AsBefore,
            };
            MerchantRequest::RotateKey { merchant, overlap_hours, keys, forget_former }
        }
        MerchantCommand::RotateWebhookSecret { merchant, overlap_hours, forget_former } => {
            MerchantRequest::RotateWebhookSecret { merchant, overlap_hours, forget_former }
        }
        MerchantCommand::TopUp { merchant, amount, note } => {
            MerchantRequest::TopUp { merchant, amount, note }
        }
        MerchantCommand::Set { merchant, settings } => MerchantRequest::Set { merchant, settings },
        MerchantCommand::Terms { merchant, channel, terms } => {
            MerchantRequest::SetTerms { merchant, channel, terms }
        }
        MerchantCommand::Endpoint { merchant, name, url } => {
            MerchantRequest::SetEndpoint { merchant, name, url }
        }
        MerchantCommand::Bank { merchant, id, name } => {
            MerchantRequest::SetBank { merchant, id, name }
        }
    };
    answer(config, operator, vec![Request::Merchant(request)], output)
}

/// `vezne payout ...`
pub(crate) fn payout(
    config: &Config,
    operator: &Operator,
    command: PayoutCommand,
    output: Output,
) -> Result<ExitCode, Error> {
    let requests = match command {
        PayoutCommand::List { merchant, state, set_aside, in_doubt, reference, before, limit } => {
            let query =
                PayoutQuery { merchant, state, set_aside, in_doubt, reference, before, limit };
            vec![PayoutRequest::List(query)]
        }
        PayoutCommand::Show { payout } => {
            vec![about(payout, |payout| PayoutRequest::Show { payout })]
        }
        PayoutCommand::Approve { payouts } => {
            let approve = |key| about(key, |payout| PayoutRequest::Approve { payout });
            payouts.into_iter().map(approve).collect()
        }
        PayoutCommand::Reject { payouts, reason } => {
            let reject = |payout| PayoutRequest::Reject { payout, reason: reason.clone() };
            payouts.into_iter().map(|key| about(key, reject)).collect()
        }
        PayoutCommand::Settle { payout, rail_reference } => {
            vec![about(payout, |payout| PayoutRequest::Settle { payout, rail_reference })]
        }
        PayoutCommand::Fail { payout, reason } => {
            vec![about(payout, |payout| PayoutRequest::Fail { payout, reason })]
        }
        PayoutCommand::Return { payout, reason } => {
            vec![about(payout, |payout| PayoutRequest::Return { payout, reason })]
        }
        PayoutCommand::Resolve(args) => vec![resolve(args)?],
        PayoutCommand::TakeUp { payout } => {
            vec![about(payout, |payout| PayoutRequest::TakeUp { payout })]
        }
    };
    answer(config, operator, requests.into_iter().map(Request::Payout).collect(), output)
}

/// What is asked about a payout, and only if it is the one that was meant.
fn about(key: PayoutKey, request: impl FnOnce(i64) -> PayoutRequest) -> PayoutRequest {
    let PayoutKey { id, dialect } = key;
    let request = request(id);
    match dialect {
        None => request,
        Some(dialect) => PayoutRequest::Of {
            dialect: dialect.to_owned(),
            payout: id,
            request: Box::new(request),
        },
    }
}

fn resolve(args: ResolveArgs) -> Result<PayoutRequest, Error> {
    let ResolveArgs { payout, paid, not_paid, never_sent, rail_reference, evidence, .. } = args;
    let payout = payout.ok_or("say which payout")?;
    let evidence = evidence.unwrap_or_default();
    let resolution = match (paid, not_paid, never_sent) {
        (true, _, _) => DoubtResolution::Paid(rail_reference),
        (_, Some(reason), _) => DoubtResolution::NotPaid(reason),
        (_, _, true) => DoubtResolution::NeverSent,
        (false, None, false) => return Err("say --paid, --not-paid or --never-sent".into()),
    };
    Ok(about(payout, |payout| PayoutRequest::Resolve { payout, resolution, evidence }))
}

/// `vezne callback ...`
pub(crate) fn callback(
    config: &Config,
    operator: &Operator,
    command: CallbackCommand,
    output: Output,
) -> Result<ExitCode, Error> {
    let requests = match command {
        CallbackCommand::List { merchant, payout, state, set_aside, limit } => {
            vec![CallbackRequest::List { merchant, payout, state, set_aside, limit }]
        }
        CallbackCommand::Show { callback } => vec![CallbackRequest::Show { callback }],
        CallbackCommand::Test { merchant, endpoint, url } => {
            vec![CallbackRequest::Test { merchant, endpoint, url }]
        }
        CallbackCommand::Resend { callbacks } => {
            callbacks.into_iter().map(|callback| CallbackRequest::Resend { callback }).collect()
        }
    };
    answer(config, operator, requests.into_iter().map(Request::Callback).collect(), output)
}

/// `vezne token-key ...`
pub(crate) fn token_key(
    config: &Config,
    operator: &Operator,
    command: &TokenKeyCommand,
    output: Output,
) -> Result<ExitCode, Error> {
    let request = match command {
        TokenKeyCommand::List => TokenKeyRequest::List,
        TokenKeyCommand::Rotate => TokenKeyRequest::Rotate,
    };
    answer(config, operator, vec![Request::TokenKey(request)], output)
}

/// `vezne quarantine ...`
pub(crate) fn quarantine(
    config: &Config,
    operator: &Operator,
    command: QuarantineCommand,
    output: Output,
) -> Result<ExitCode, Error> {
    let request = match command {
        QuarantineCommand::Status => QuarantineRequest::Status,
        QuarantineCommand::Begin { reason } => QuarantineRequest::Begin { reason },
        QuarantineCommand::Release { yes } => {
            if !yes {
                confirm(output, "Release it?", "it is still in quarantine", || {
                    let status = Request::Quarantine(QuarantineRequest::Status);
                    answer(config, operator, vec![status], output).map(drop)
                })?;
            }
            QuarantineRequest::Release
        }
    };
    answer(config, operator, vec![Request::Quarantine(request)], output)
}

/// `vezne seal ...`
pub(crate) fn seal(
    config: &Config,
    operator: &Operator,
    command: SealCommand,
    output: Output,
) -> Result<ExitCode, Error> {
    let request = match command {
        SealCommand::Status => SealRequest::Status,
        SealCommand::Confirm { waiting, reason } => SealRequest::Confirm { waiting, reason },
    };
    answer(config, operator, vec![Request::Seal(request)], output)
}

fn answer(
    config: &Config,
    operator: &Operator,
    requests: Vec<Request>,
    output: Output,
) -> Result<ExitCode, Error> {
    run(config, operator, requests, output, |reply| output.reply(reply))
}

/// Runs the requests in order, all of them, prints what each was answered, and fails if one did.
pub(crate) fn run(
    config: &Config,
    operator: &Operator,
    requests: Vec<Request>,
    output: Output,
    print: impl Fn(&Reply) -> Result<(), Error>,
) -> Result<ExitCode, Error> {
    let answers = answers(config, operator, requests)?;
    output.answers(&answers, print)?;
    let failed = answers.iter().any(Result::is_err);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Runs the requests in order, all of them, and answers with what each was answered.
pub(crate) fn answers(
    config: &Config,
    operator: &Operator,
    requests: Vec<Request>,
) -> Result<Vec<Result<Reply, String>>, Error> {
    runtime()?.block_on(async {
        let (mut own, mut answers) = (None, Vec::with_capacity(requests.len()));
        for request in requests {
            answers.push(ask(config, operator, request, &mut own).await?);
        }
        if let Some(own) = own {
            own.close().await;
        }
        Ok(answers)
    })
}

async fn ask(
    config: &Config,
    operator: &Operator,
    request: Request,
    own: &mut Option<Assembly>,
) -> Result<Result<Reply, String>, Error> {
    if own.is_none() {
        let socket = config.store.control_socket();
        if let Some(answer) = socket::call(&socket, operator, &request).await {
            return Ok(answer.map_err(|complaint| complaint.to_string()));
        }
        // Only what adds a merchant may begin a desk; a wrong directory must not look like an empty
        // one.
        let begins = matches!(request, Request::Merchant(MerchantRequest::Add(_)));
        let mut desk = match begins {
            true => Assembly::open(config).await?,
            false => Assembly::reopen(config).await?,
        };
        // A copy that no server has started on yet is doubted all the same.
        let marker = Arc::new(MarkerFile::open(config.store.marker())?);
        marker::settle(&desk.engine, &*desk.store, &marker).await?;
        desk.marker = Some(marker);
        if matches!(request, Request::Callback(CallbackRequest::Test { .. })) {
            let (settings, random) = (outbound_settings(config), Arc::clone(&desk.random));
            desk.courier = Some(assembly::courier(&settings, random)?);
        }
        if begins {
            // Its first merchant may want them.
            channel::put_starters(&desk.engine).await?;
        }
        *own = Some(desk);
    }
    match own {
        Some(desk) => {
            let answer = desk.control().command(&operator.own(), request).await;
            Ok(answer.map_err(|complaint| complaint.to_string()))
        }
        None => Err("the database was not opened".into()),
    }
}
