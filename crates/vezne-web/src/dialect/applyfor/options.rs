//! What is set per merchant and means something to this dialect only.

use vezne_core::model::merchant::Merchant;
use vezne_core::model::personal::Secret;
use vezne_wire::applyfor::{EmptyValues, Generation, SignStyle, SigningKey};
use vezne_wire::secret::SecretText;

/// How the secret is joined to the signed text: `key` (the default) or `append`.
pub const SIGN_STYLE_OPTION: &str = "sign_style";

/// Whether parameters without a value are signed: `included` (the default) or `skipped`.
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

/// A secret as the merchant signs with it.
pub(super) fn signing_key(merchant: &Merchant, secret: &Secret) -> SigningKey {
    let style = match merchant.option(SIGN_STYLE_OPTION) {
        Some("append") => SignStyle::Append,
        Some(_) | None => SignStyle::KeyParameter,
    };
    let empties = match merchant.option(SIGN_EMPTIES_OPTION) {
        Some("skipped") => EmptyValues::Skipped,
        Some(_) | None => EmptyValues::Included,
    };
    SigningKey { secret: SecretText::new(secret.expose()), style, empties }
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
