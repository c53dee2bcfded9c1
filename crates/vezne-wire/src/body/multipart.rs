//! `multipart/form-data` with text fields only (RFC 7578), for the family's older clients.
//!
//! No preamble, no files, no nested parts, no transfer encoding that changes bytes, and the
//! delimiter as announced or not at all: a body that two readers cut differently is not read.

use super::{BodyError, MAX_PAIRS, Pair, attribute};

/// The most bytes of one part's headers.
const MAX_HEADERS: usize = 1024;

/// The text fields of a body, in the order sent.
pub(crate) fn pairs(body: &[u8], boundary: &str) -> Result<Vec<Pair>, BodyError> {
    let opening = format!("--{boundary}");
    let delimiter = format!("\r\n{opening}");
    let mut rest = body
        .strip_prefix(opening.as_bytes())
        .ok_or(BodyError::Multipart("it does not begin with the boundary"))?;
    let mut pairs = Vec::new();
    while !is_end(rest)? {
        if pairs.len() == MAX_PAIRS {
            return Err(BodyError::TooManyPairs);
        }
        let (part, after) = cut(rest.get(2..).unwrap_or_default(), delimiter.as_bytes())
            .ok_or(BodyError::Multipart("the closing boundary is missing"))?;
        pairs.push(read_part(part)?);
        rest = after;
    }
    Ok(pairs)
}

/// Whether a delimiter was the closing one; another one ends its line.
fn is_end(after: &[u8]) -> Result<bool, BodyError> {
    match after {
        b"--" | b"--\r\n" => Ok(true),
        [b'\r', b'\n', ..] => Ok(false),
        [b'-', b'-', ..] => Err(BodyError::Multipart("text follows the closing boundary")),
        _ => Err(BodyError::Multipart("text follows a boundary in its line")),
    }
}

/// What stands before and after the first `separator`.
fn cut<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(separator.len()).position(|window| window == separator)?;
    Some((bytes.get(..at)?, bytes.get(at + separator.len()..)?))
}

fn read_part(part: &[u8]) -> Result<Pair, BodyError> {
    let (headers, content) =
        cut(part, b"\r\n\r\n").ok_or(BodyError::Multipart("a part has no headers"))?;
    if headers.len() > MAX_HEADERS {
        return Err(BodyError::Multipart("a part's headers are too long"));
    }
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned);
    let headers = text(headers).map_err(|_| BodyError::NotUtf8)?;
    Ok((name_of(&headers)?, text(content).map_err(|_| BodyError::NotUtf8)?))
}

/// The field's name, once all headers of the part are found harmless.
fn name_of(headers: &str) -> Result<String, BodyError> {
    let mut name = None;
    for line in headers.split("\r\n") {
        let (header, value) = line
            .split_once(':')
            .ok_or(BodyError::Multipart("a header line of a part has no colon"))?;
        if header.eq_ignore_ascii_case("content-disposition") {
            let again = name.replace(disposition(value.trim())?).is_some();
            if again {
                return Err(BodyError::Multipart("a part has two dispositions"));
            }
        } else {
            check_header(header, value.trim())?;
        }
    }
    name.ok_or(BodyError::Multipart("a part has no content disposition"))
}

/// The name in `form-data; name="..."`, the only form there is for a text field.
fn disposition(value: &str) -> Result<String, BodyError> {
    let (kind, attributes) = value.split_once(';').unwrap_or((value, ""));
    if ["filename", "filename*"].iter().any(|name| attribute(attributes, name).is_some()) {
        return Err(BodyError::File);
    }
    let quoted = attributes.trim().strip_prefix("name=\"").and_then(|rest| rest.strip_suffix('"'));
    let name = quoted.filter(|name| !name.contains(['"', '\\']));
    match (kind.trim().eq_ignore_ascii_case("form-data"), name) {
        (true, Some(name)) => Ok(name.to_owned()),
        (true, None) | (false, _) => {
            Err(BodyError::Multipart("a disposition must be form-data; name=\"...\""))
        }
    }
}

/// The other headers that clients send for a text field. None of them may change its bytes.
fn check_header(header: &str, value: &str) -> Result<(), BodyError> {
    let value = value.to_ascii_lowercase().replace(' ', "");
    let harmless = match header.to_ascii_lowercase().as_str() {
        "content-type" => {
            matches!(value.as_str(), "text/plain" | "text/plain;charset=utf-8")
        }
        "content-transfer-encoding" => matches!(value.as_str(), "7bit" | "8bit" | "binary"),
        "content-length" => true,
        _ => false,
    };
    let refusal = BodyError::Multipart("a part has a header that text fields do not have");
    if harmless { Ok(()) } else { Err(refusal) }
}
