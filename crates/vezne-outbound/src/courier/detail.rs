//! What is kept of an answer for people to read.
//!
//! It is a stranger's text that ends up in a row, a console and a terminal: so it is short, one
//! line, and free of our own secrets, which a receiver that echoes its input would send back.

use vezne_core::model::merchant::Merchant;
use vezne_wire::letters::is_invisible;

#[cfg(test)]
mod tests;

/// The most characters of a detail.
const MOST_CHARACTERS: usize = 300;

/// Makes a detail of a text. The order matters: a key that was broken up by control characters is
/// whole again once they are gone, and a cut before the search could leave the half of one.
pub(super) fn detail(text: &str, merchant: &Merchant) -> String {
    let mut clean: String = text.chars().filter(|letter| !is_hidden(*letter)).collect();
    for secret in secrets(merchant) {
        // Stars as many as letters, so that no text moves up from beyond an earlier cut.
        clean = clean.replace(secret, &"*".repeat(secret.chars().count()));
    }
    clean.trim().chars().take(MOST_CHARACTERS).collect()
}

fn secrets(merchant: &Merchant) -> Vec<&str> {
    let mut secrets = vec![merchant.webhook_secret.expose()];
    secrets.extend(merchant.former_webhook_secret.iter().map(|former| former.key.expose()));
    for access in &merchant.access {
        secrets.extend([access.key.expose(), access.callback_key.expose()]);
        secrets.extend(access.former_key.iter().map(|former| former.key.expose()));
    }
    // The longest first: a secret may hold another one.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.retain(|secret| !secret.is_empty());
    secrets
}

/// Control characters, those that reorder or hide the text around them, and what breaks a line.
fn is_hidden(letter: char) -> bool {
    letter.is_control() || is_invisible(letter) || matches!(letter, '\u{2028}' | '\u{2029}')
}
