//! What is set per merchant and means something to this dialect only.

use vezne_core::model::merchant::Merchant;
use vezne_core::model::personal::Secret;
use vezne_wire::applyfor::{EmptyValues, Generation, Parameters, SignStyle, SigningKey};
use vezne_wire::secret::SecretText;

/// How the secret is joined to the signed text: `key` or `append`. Until it is set either is taken,
/// and the first valid request sets it.
pub const SIGN_STYLE_OPTION: &str = "sign_style";

/// Whether parameters without a value are signed: `included` or `skipped`. As for the style, but
/// the first valid request that has one sets it.
pub const SIGN_EMPTIES_OPTION: &str = "sign_empties";

/// How many seconds a request's timestamp may be off; 300 by default, 0 for any.
pub const TIMESTAMP_WINDOW_OPTION: &str = "timestamp_window";

/// The hosts that a `notify_url` may have, separated by commas; any, when empty.
pub const NOTIFY_HOSTS_OPTION: &str = "notify_hosts";

/// With `true`, `channel` may stand for `pay_code` and `currency` may be missing.
pub const OLDER_GENERATION_OPTION: &str = "older_generation";

/// With `false`, a repeat with the same content gets its acceptance again and not 10003.
pub const STRICT_DUPLICATES_OPTION: &str = "strict_duplicates";

/// In seconds.
const DEFAULT_WINDOW: u64 = 300;

/// A secret in each of the ways in which the merchant may sign with it, the usual one first. A
/// parameter called `key` is refused, so that no text of one style is one of the other.
pub(super) fn signing_keys(
    merchant: &Merchant,
    secret: &Secret,
) -> impl Iterator<Item = SigningKey> {
    let styles: &[SignStyle] = match merchant.option(SIGN_STYLE_OPTION) {
        Some("append") => &[SignStyle::Append],
        Some(_) => &[SignStyle::KeyParameter],
        None => &[SignStyle::KeyParameter, SignStyle::Append],
    };
    let empties: &[EmptyValues] = match merchant.option(SIGN_EMPTIES_OPTION) {
        Some("skipped") => &[EmptyValues::Skipped],
        Some(_) => &[EmptyValues::Included],
        None => &[EmptyValues::Included, EmptyValues::Skipped],
    };
    let secret = SecretText::new(secret.expose());
    let both = styles.iter().flat_map(|style| empties.iter().map(|empties| (*style, *empties)));
    both.map(move |(style, empties)| SigningKey { secret: secret.clone(), style, empties })
}

/// What a valid request shows of how the merchant signs and nobody has set yet.
pub(super) fn shown(
    merchant: &Merchant,
    parameters: &Parameters,
    key: &SigningKey,
) -> Vec<(&'static str, &'static str)> {
    let style = match key.style {
        SignStyle::KeyParameter => "key",
        SignStyle::Append => "append",
    };
    let empties = match key.empties {
        EmptyValues::Included => "included",
        EmptyValues::Skipped => "skipped",
    };
    let has_empty = parameters.iter().any(|(_, value)| value.is_empty());
    let mut shown = vec![(SIGN_STYLE_OPTION, style)];
    shown.extend(has_empty.then_some((SIGN_EMPTIES_OPTION, empties)));
    shown.retain(|(name, _)| merchant.option(name).is_none());
    shown
}

/// How many seconds a timestamp may be off. A figure that is none is the default: it must not
/// switch the check off.
pub(super) fn timestamp_window(merchant: &Merchant) -> Option<u64> {
    let figure = merchant.option(TIMESTAMP_WINDOW_OPTION).and_then(|text| text.parse().ok());
    Some(figure.unwrap_or(DEFAULT_WINDOW)).filter(|window| *window > 0)
}

/// Whether a `notify_url` may have this host, which is in lower case.
pub(super) fn allows_host(merchant: &Merchant, host: &str) -> bool {
    let hosts = merchant.option(NOTIFY_HOSTS_OPTION).unwrap_or_default();
    let mut hosts = hosts.split(',').map(str::trim).filter(|host| !host.is_empty()).peekable();
    hosts.peek().is_none() || hosts.any(|allowed| allowed.eq_ignore_ascii_case(host))
}

/// The generation of the protocol that the merchant speaks.
pub(super) fn generation(merchant: &Merchant) -> Generation<'_> {
    match merchant.option(OLDER_GENERATION_OPTION) {
        Some("true") => Generation::Older { currency: merchant.currency.code() },
        Some(_) | None => Generation::Current,
    }
}

/// Whether a repeat is a duplicate even if it asks for the same.
pub(super) fn strict_duplicates(merchant: &Merchant) -> bool {
    merchant.option(STRICT_DUPLICATES_OPTION) != Some("false")
}
