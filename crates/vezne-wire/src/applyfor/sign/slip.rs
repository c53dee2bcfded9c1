//! The slips of those who sign an /applyfor request for the first time, for the tool that helps
//! them.

use super::{EmptyValues, SignStyle, SigningKey, join};
use crate::applyfor::parameters::Parameters;
use crate::secret::SecretText;

type Pair<'p> = (&'p str, &'p str);

/// Another order or writing of the pairs, and what to do instead.
type Text = (fn(&[Pair<'_>]) -> String, &'static str);

const TEXTS: [Text; 6] = [
    (sorted, ""),
    (join, "The parameters are in the order they are sent. They have to be sorted by name."),
    (
        |pairs| joined(pairs, |value| form_urlencoded::byte_serialize(value.as_bytes()).collect()),
        "The values are URL-encoded. They have to be signed as they are.",
    ),
    (
        |pairs| joined(pairs, percent),
        "The values are URL-encoded. They have to be signed as they are.",
    ),
    (
        |pairs| {
            let mut pairs = pairs.to_vec();
            pairs.sort_by_key(|pair| std::cmp::Reverse(*pair));
            join(&pairs)
        },
        "The parameters are sorted from Z to A. They have to be sorted from A to Z.",
    ),
    (
        |pairs| {
            let mut pairs = pairs.to_vec();
            pairs.sort_by_key(|(_, value)| *value);
            join(&pairs)
        },
        "The parameters are sorted by their values. They have to be sorted by their names.",
    ),
];

/// Another way for the secret, and what to do instead. The first two are right.
type Join = (fn(&str, &str) -> String, &'static str);

const JOINS: [Join; 6] = [
    (|text, secret| format!("{text}&key={secret}"), ""),
    (|text, secret| format!("{text}{secret}"), ""),
    (
        |text, secret| format!("{text}&{secret}"),
        "The secret stands behind a bare &. It has to stand behind &key=.",
    ),
    (|text, secret| format!("{text}key={secret}"), "The & before key= is missing."),
    (
        |text, secret| format!("{text}&secret={secret}"),
        "The secret stands behind &secret=. It has to stand behind &key=.",
    ),
    (
        |text, secret| format!("{secret}{text}"),
        "The secret stands before the text. It has to stand behind it.",
    ),
];

/// Names the slip by which a sign was made that is none of this request, where it is a known one.
#[must_use]
pub fn slip(parameters: &Parameters, secret: &SecretText) -> Option<&'static str> {
    let sign = parameters.signature()?.to_ascii_uppercase();
    let all: Vec<Pair<'_>> = parameters.iter().collect();
    let full: Vec<Pair<'_>> = all.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
    for pairs in [&all, &full] {
        for (text, of_text) in TEXTS {
            let text = text(pairs);
            let fits = |(join, _): &&Join| md5(&join(&text, secret.expose())) == sign;
            if let Some((_, of_join)) = JOINS.iter().find(fits) {
                return Some(if of_text.is_empty() { of_join } else { of_text });
            }
        }
    }
    None
}

fn sorted(pairs: &[Pair<'_>]) -> String {
    let mut pairs = pairs.to_vec();
    pairs.sort_unstable();
    join(&pairs)
}

fn joined(pairs: &[Pair<'_>], write: impl Fn(&str) -> String) -> String {
    let mut written: Vec<(&str, String)> =
        pairs.iter().map(|(name, value)| (*name, write(value))).collect();
    written.sort_unstable();
    let pairs: Vec<Pair<'_>> = written.iter().map(|(name, value)| (*name, &**value)).collect();
    join(&pairs)
}

/// With `%20` for blanks.
fn percent(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

fn md5(text: &str) -> String {
    let (style, empties) = (SignStyle::Append, EmptyValues::Included);
    SigningKey { secret: SecretText::new(""), style, empties }.sign_text(text)
}

#[cfg(test)]
mod tests {
    use super::{md5, slip};
    use crate::applyfor::{BoolStyle, Parameters};
    use crate::json::Object;
    use crate::secret::SecretText;

    /// What is named when the sign is that of this text.
    fn named(text: &str) -> Option<&'static str> {
        let sign = md5(text);
        let body = format!(
            r#"{{"uid":"test1","custom":"","userip":"127.0.0.1","name":"A B","sign":"{sign}"}}"#
        );
        let object = Object::parse(body.as_bytes()).unwrap();
        let parameters = Parameters::from_json(&object, BoolStyle::Words).unwrap();
        slip(&parameters, &SecretText::new("S"))
    }

    #[test]
    fn each_slip_is_named_and_others_are_not() {
        for (text, words) in [
            ("uid=test1&custom=&userip=127.0.0.1&name=A B&key=S", "sorted by name"),
            ("uid=test1&userip=127.0.0.1&name=A BS", "sorted by name"),
            ("custom=&name=A+B&uid=test1&userip=127.0.0.1&key=S", "URL-encoded"),
            ("name=A%20B&uid=test1&userip=127.0.0.1&key=S", "URL-encoded"),
            ("userip=127.0.0.1&uid=test1&name=A B&custom=&key=S", "from Z to A"),
            ("custom=&userip=127.0.0.1&name=A B&uid=test1&key=S", "sorted by their values"),
            ("custom=&name=A B&uid=test1&userip=127.0.0.1&S", "bare &"),
            ("custom=&name=A B&uid=test1&userip=127.0.0.1key=S", "& before key= is missing"),
            ("custom=&name=A B&uid=test1&userip=127.0.0.1&secret=S", "&secret="),
            ("Scustom=&name=A B&uid=test1&userip=127.0.0.1", "before the text"),
        ] {
            let found = named(text).unwrap_or_default();
            assert!(found.contains(words), "{text}: {found:?}");
        }
        assert_eq!(named("custom=&name=A B&uid=test2&userip=127.0.0.1&key=S"), None);
    }
}
