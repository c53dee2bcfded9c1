//! The switches that only the /applyfor dialect understands. What is not set has the dialect's own
//! default.

use std::collections::BTreeMap;

use vezne_web::dialect::applyfor::{
    NOTIFY_HOSTS_OPTION, OLDER_GENERATION_OPTION, SIGN_EMPTIES_OPTION, SIGN_STYLE_OPTION,
    STRICT_DUPLICATES_OPTION, TIMESTAMP_WINDOW_OPTION,
};

use crate::control::request::MerchantSettings;

/// A day: whoever needs more needs no window.
const LONGEST_WINDOW: u32 = 86_400;

/// Changes what the settings name.
///
/// # Errors
/// Which setting makes no sense, and why.
pub(super) fn apply(
    options: &mut BTreeMap<String, String>,
    settings: &MerchantSettings,
) -> Result<(), String> {
    let mut set = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            options.insert(name.to_owned(), value);
        }
    };
    set(SIGN_STYLE_OPTION, one_of("sign-style", &settings.sign_style, ["key", "append"])?);
    let words = ["included", "skipped"];
    set(SIGN_EMPTIES_OPTION, one_of("sign-empties", &settings.sign_empties, words)?);
    if settings.timestamp_window.is_some_and(|seconds| seconds > LONGEST_WINDOW) {
        return Err(format!("timestamp-window is 0 to {LONGEST_WINDOW} seconds"));
    }
    set(TIMESTAMP_WINDOW_OPTION, settings.timestamp_window.map(|seconds| seconds.to_string()));
    set(OLDER_GENERATION_OPTION, settings.older_generation.map(|older| older.to_string()));
    set(STRICT_DUPLICATES_OPTION, settings.strict_duplicates.map(|strict| strict.to_string()));
    match settings.notify_hosts.as_deref() {
        None => {}
        Some("any") => drop(options.remove(NOTIFY_HOSTS_OPTION)),
        Some(list) => drop(options.insert(NOTIFY_HOSTS_OPTION.to_owned(), hosts(list)?)),
    }
    Ok(())
}

fn one_of(name: &str, text: &Option<String>, words: [&str; 2]) -> Result<Option<String>, String> {
    match text {
        Some(text) if !words.contains(&text.as_str()) => {
            Err(format!("{name} is {} or {}", words[0], words[1]))
        }
        text => Ok(text.clone()),
    }
}

/// The hosts as URLs spell them, so that they can be compared with a URL's own.
fn hosts(list: &str) -> Result<String, String> {
    let host = |part: &str| match url::Host::parse(part.trim()) {
        Ok(host) => Ok(host.to_string()),
        Err(_) => Err(format!("notify-hosts: {part} is no host")),
    };
    Ok(list.split(',').map(host).collect::<Result<Vec<_>, _>>()?.join(","))
}
