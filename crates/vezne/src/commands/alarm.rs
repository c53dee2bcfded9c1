//! `vezne alarm test`: whether somebody would hear the alarm.

use std::process::ExitCode;

use serde_json::json;
use vezne_core::port::{Clock as _, Random as _};

use super::{Error, runtime};
use crate::config::Config;
use crate::control::view::At;
use crate::output::Output;
use crate::stream::say;
use crate::system::{SystemClock, SystemRandom};

/// Tells the alarm's receiver that this is a test, signed as ever.
pub(crate) fn test(config: &Config, output: Output) -> Result<ExitCode, Error> {
    let alarm = config.alarm.alarm()?.ok_or("there is no alarm.url")?;
    let (now, mut number) = (SystemClock.now(), [0; 8]);
    SystemRandom.fill(&mut number);
    let id = format!("vzal_test_{:016x}", u64::from_be_bytes(number));
    let body = json!({ "type": "alarm.test", "timestamp": At(now), "data": {} });
    let rung = runtime()?.block_on(alarm.ring(&id, body.to_string().into_bytes(), now));
    rung.map_err(|error| format!("{}: {error}", alarm.url()))?;
    let taken = json!({ "taken": true, "url": alarm.url(), "id": id });
    output.either(&taken, || say!("{} took {id}.", alarm.url()))?;
    Ok(ExitCode::SUCCESS)
}
