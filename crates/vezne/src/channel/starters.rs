//! The channels that a desk begins with, so that an /applyfor merchant can be added at once.

use vezne_core::engine::Engine;
use vezne_core::engine::channel::PutStarters;
use vezne_core::model::approval::Actor;
use vezne_core::model::channel::Channel;

/// Name and text of each file.
pub(super) const STARTERS: [(&str, &str); 5] = [
    ("kr-bank", include_str!("../../channels/kr-bank.toml")),
    ("vn-bank", include_str!("../../channels/vn-bank.toml")),
    ("in-imps", include_str!("../../channels/in-imps.toml")),
    ("tr-iban", include_str!("../../channels/tr-iban.toml")),
    ("tr-papara", include_str!("../../channels/tr-papara.toml")),
];

/// Puts them on a desk that has no channel but those that are always there. What an operator has
/// changed or removed since stays as it is.
///
/// # Errors
/// When one of them makes no sense or the desk cannot be written to.
pub async fn put_starters(engine: &Engine) -> Result<(), String> {
    let channels = STARTERS.iter().map(|(name, text)| starter(name, text));
    let channels = channels.collect::<Result<_, _>>()?;
    let put = engine.run(PutStarters { channels, by: Actor::System }).await;
    put.map(drop).map_err(|failure| format!("the first channels were not put: {failure}"))
}

pub(super) fn starter(name: &str, text: &str) -> Result<Channel, String> {
    let file = toml::from_str(text).map_err(|error| format!("{name}.toml: {error}"))?;
    super::parse(&file).map_err(|problems| format!("{name}.toml: {}", problems.join("; ")))
}
