//! Which language a page is in: the visitor's choice, the link's, the browser's, Turkish.

use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use url::form_urlencoded;
use vezne_wire::applyfor::Language;

/// What a request says of languages.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wish {
    /// `?lang=`.
    pub(super) chosen: Option<Language>,
    /// The browser's first of ours.
    browser: Option<Language>,
}

impl Wish {
    pub(super) fn of(head: &Parts) -> Self {
        let query = head.uri.query().unwrap_or_default();
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let chosen = pairs.find(|(name, _)| name == "lang");
        let accepted = head.headers.get(ACCEPT_LANGUAGE).and_then(|list| list.to_str().ok());
        Self {
            chosen: chosen.and_then(|(_, code)| Language::parse(&code)),
            browser: accepted.and_then(preferred),
        }
    }

    pub(super) fn language(self, of_link: Option<Language>) -> Language {
        self.chosen.or(of_link).or(self.browser).unwrap_or(Language::Turkish)
    }
}

/// The first of our languages with the highest weight in an `Accept-Language` list.
fn preferred(list: &str) -> Option<Language> {
    let mut best: Option<(u32, Language)> = None;
    for range in list.split(',').take(32) {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let code = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1_000, thousandths);
        let Some(language) = Language::parse(&code).filter(|_| weight > 0) else { continue };
        if best.is_none_or(|(known, _)| weight > known) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// A weight from 0 to 1 in thousandths; what is no weight counts as none.
fn thousandths(text: &str) -> u32 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = format!("{fraction:0<3}").chars().take(3).collect();
    let number = format!("{whole}{digits}").parse().unwrap_or(0);
    std::cmp::min(number, 1_000)
}

#[cfg(test)]
mod tests {
    use vezne_wire::applyfor::Language::{English, Turkish};

    use super::preferred;

    #[test]
    fn the_browsers_first_of_ours_wins() {
        for (list, expected) in [
            ("tr", Some(Turkish)),
            ("en-GB,en;q=0.9,tr;q=0.8", Some(English)),
            ("de, en;q=0.3, tr-TR;q=0.31", Some(Turkish)),
            ("EN;q=1.000, tr", Some(English)),
            ("en;q=0, de", None),
            ("*", None),
            ("en;q=x", None),
            ("", None),
        ] {
            assert_eq!(preferred(list), expected, "{list}");
        }
    }
}
