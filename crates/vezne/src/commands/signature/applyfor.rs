//! The `sign` of an /applyfor request.
//!
//! A server says no more than that a sign does not match. This shows the text that is signed, and
//! tells in which of the four ways a sign was made, since the document can be read in each.

use std::process::ExitCode;

use serde::Serialize;
use vezne_wire::applyfor::{
    BoolStyle, EmptyValues, Parameters, SignError, SignStyle, SigningKey, canonical, slip,
};
use vezne_wire::json::{Object, ObjectWriter};
use vezne_wire::secret::SecretText;

use super::read_file;
use crate::cli::{ApplyforSign, ApplyforText, ApplyforVerify};
use crate::commands::Error;
use crate::output::{self, Output};
use crate::stream::say;

#[cfg(test)]
mod tests;

/// The ways to sign, by the words of a merchant's two settings; the family's own way first.
const WAYS: [(&str, &str, SignStyle, EmptyValues); 4] = [
    ("key", "included", SignStyle::KeyParameter, EmptyValues::Included),
    ("key", "skipped", SignStyle::KeyParameter, EmptyValues::Skipped),
    ("append", "included", SignStyle::Append, EmptyValues::Included),
    ("append", "skipped", SignStyle::Append, EmptyValues::Skipped),
];

/// Makes a sign in every way.
pub(super) fn sign(args: &ApplyforSign, output: Output) -> Result<ExitCode, Error> {
    let ways = Way::all(&parameters(&args.text, None)?, &args.text.secret)?;
    output.either(&ways, || {
        let rows = ways.iter().map(|way| [way.style, way.empties, &way.sign]);
        print_texts(&ways);
        say!("{}", output::table(&["sign_style", "sign_empties", "sign"], rows));
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Checks a sign, and says in which ways it may have been made.
pub(super) fn verify(args: &ApplyforVerify, output: Output) -> Result<ExitCode, Error> {
    let parameters = parameters(&args.text, args.sign.as_deref())?;
    let verdict = Verdict::of(&parameters, &args.text.secret)?;
    output.either(&verdict, || verdict.print())?;
    Ok(if verdict.valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn parameters(text: &ApplyforText, sign: Option<&str>) -> Result<Parameters, Error> {
    match &text.file {
        Some(path) => of_body(&read_file(path)?, sign),
        None => of_flags(&text.parameters, sign),
    }
}

/// The members as they were sent, numbers with their own digits; the given sign instead of its own.
fn of_body(bytes: &[u8], sign: Option<&str>) -> Result<Parameters, Error> {
    // Some editors begin a file with a mark of its encoding.
    let object = Object::parse(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))?;
    let mut body = Vec::new();
    let mut writer = ObjectWriter::open(&mut body);
    for member in object.members() {
        if sign.is_none() || member.name != "sign" {
            writer.raw(&member.name, member.value.raw());
        }
    }
    if let Some(sign) = sign {
        writer.text("sign", sign);
    }
    writer.close();
    Ok(Parameters::from_json(&Object::parse(&body)?, BoolStyle::Words)?)
}

fn of_flags(pairs: &[(String, String)], sign: Option<&str>) -> Result<Parameters, Error> {
    let mut body = Vec::new();
    let mut writer = ObjectWriter::open(&mut body);
    for (name, value) in pairs {
        writer.text(name, value);
    }
    writer.close();
    of_body(&body, sign)
}

/// One way to sign, with what comes of it.
#[derive(Debug, Serialize)]
struct Way {
    #[serde(rename = "sign_style")]
    style: &'static str,
    #[serde(rename = "sign_empties")]
    empties: &'static str,
    /// What is signed, without the secret.
    text: String,
    sign: String,
    /// Whether the sign of the request was made so.
    #[serde(skip)]
    verdict: Option<SignError>,
}

impl Way {
    fn all(parameters: &Parameters, secret: &SecretText) -> Result<Vec<Self>, Error> {
        let way = |(style_word, empties_word, style, empties)| {
            let key = SigningKey { secret: secret.clone(), style, empties };
            let text = canonical(parameters, empties)?;
            let (sign, verdict) = (key.sign_text(&text), key.verify(parameters).err());
            Ok(Self { style: style_word, empties: empties_word, text, sign, verdict })
        };
        WAYS.into_iter().map(way).collect()
    }

    fn name(&self) -> String {
        format!("sign_style {}, sign_empties {}", self.style, self.empties)
    }
}

/// What is to be said of a sign.
#[derive(Debug, Serialize)]
struct Verdict {
    valid: bool,
    /// What is wrong, in plain words.
    why: Option<String>,
    /// The ways it fits. They are two when nothing is empty.
    fits: Vec<String>,
    ways: Vec<Way>,
}

impl Verdict {
    fn of(parameters: &Parameters, secret: &SecretText) -> Result<Self, Error> {
        let ways = Way::all(parameters, secret)?;
        let fitting = ways.iter().filter(|way| way.verdict.is_none());
        let fits: Vec<String> = fitting.map(Way::name).collect();
        let errors = ways.iter().find_map(|way| way.verdict);
        let valid = !fits.is_empty();
        let slip = || slip(parameters, secret).map(str::to_owned);
        let why = errors.filter(|_| !valid);
        let why = why.map(|error| slip().unwrap_or_else(|| error.to_string()));
        Ok(Self { valid, why, fits, ways })
    }

    fn print(&self) {
        print_texts(&self.ways);
        let mark = |way: &Way| if way.verdict.is_none() { "fits" } else { "" };
        let rows = self.ways.iter().map(|way| [way.style, way.empties, &way.sign, mark(way)]);
        say!("{}\n", output::table(&["sign_style", "sign_empties", "sign", ""], rows));
        match &self.why {
            None => say!("valid  the sign is of this request: {}", self.fits.join("; or ")),
            Some(why) => say!("wrong  {why}"),
        }
    }
}

/// The texts, once each, and how the secret comes to them.
fn print_texts(ways: &[Way]) {
    let mut texts: Vec<&str> = ways.iter().map(|way| way.text.as_str()).collect();
    texts.dedup();
    texts.truncate(2);
    for (text, what) in texts.iter().zip(["text", "without empty values"]) {
        say!("{what}  {text}");
    }
    say!("then   &key= and the secret (sign_style key), or the secret (append)\n");
}
