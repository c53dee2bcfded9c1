//! The token (`POST /api/token`; `research/wire-facts.md` 2.2, A14, A15).
//!
//! The cash-out documents only show its use; request and answer are the platform's public ones. It
//! lasts two hours, and its end is told in Istanbul's time without a zone.

use std::fmt;

use super::answer::{AnswerError, envelope, head};
use super::code::AnswerCode;
use crate::body::{self, BodyError, ContentType};
use crate::field::{self, FieldError, Length, Problem};
use crate::json::{JsonError, Object, ObjectWriter};
use crate::secret::SecretText;
use crate::time;

#[cfg(test)]
mod tests;

/// The longest `app_id` and `app_secret` that are looked at, in characters.
pub const MAX_APP_TEXT: usize = 128;

/// The longest token taken from an answer, in characters: the samples are JWTs of about 900.
pub const MAX_TOKEN: usize = 8192;

const GENERATED: &str = "Successfully Generated token";

/// Who asks for a token.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// The application's id.
    pub app_id: String,
    /// The application's secret as sent, not yet compared with anything.
    pub app_secret: SecretText,
}

impl TokenRequest {
    /// Reads the two members and looks at no other.
    ///
    /// # Errors
    ///
    /// [`FieldError`] when one is missing or of another type.
    pub fn decode(object: &Object<'_>) -> Result<Self, FieldError> {
        let app_id = field::text(object, "app_id", Length::up_to(MAX_APP_TEXT))?;
        let app_secret = field::text(object, "app_secret", Length::up_to(MAX_APP_TEXT))?;
        Ok(Self { app_id: app_id.into_owned(), app_secret: SecretText::new(app_secret) })
    }

    /// Reads a body of any type that published clients of the platform send: JSON, also where no
    /// type is named, or one of the two forms.
    ///
    /// # Errors
    ///
    /// [`TokenRequestError`] for another type, and for what is wrong first.
    pub fn from_body(content_type: Option<&str>, body: &[u8]) -> Result<Self, TokenRequestError> {
        let kind = content_type.map_or(Some(ContentType::Json), ContentType::parse);
        let pairs = match kind.ok_or(TokenRequestError::ContentType)? {
            ContentType::Json => return Ok(Self::decode(&Object::parse(body)?)?),
            ContentType::Form => body::form_pairs(body)?,
            ContentType::Multipart(boundary) => body::multipart_pairs(body, boundary)?,
        };
        let one = |name: &'static str| {
            let mut found = pairs.iter().filter(|(given, _)| given == name);
            let missing = FieldError::new(name, Problem::Missing);
            let (_, value) = found.next().ok_or(missing)?;
            match found.next() {
                Some(_) => Err(FieldError::new(name, Problem::NotTogether { with: "itself" })),
                None => field::checked(name, value, Length::up_to(MAX_APP_TEXT)),
            }
        };
        let app_id = one("app_id")?.to_owned();
        Ok(Self { app_id, app_secret: SecretText::new(one("app_secret")?) })
    }

    /// The body.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(128);
        let mut writer = ObjectWriter::open(&mut body);
        writer.text("app_id", &self.app_id).text("app_secret", self.app_secret.expose()).close();
        body
    }
}

/// Why a request for a token is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenRequestError {
    /// Its type is none of the three.
    ContentType,
    /// It is no JSON object.
    Json(JsonError),
    /// It is no form.
    Form(BodyError),
    /// A member is missing or wrong.
    Field(FieldError),
}

impl From<JsonError> for TokenRequestError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl From<BodyError> for TokenRequestError {
    fn from(error: BodyError) -> Self {
        Self::Form(error)
    }
}

impl From<FieldError> for TokenRequestError {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

/// A token that was made, as its answer tells it.
#[derive(Clone, Copy)]
pub struct TokenAnswer<'a> {
    /// The token, which clients take as it is.
    pub token: &'a str,
    /// Card payments by 3-D Secure: 0, 1, 2 or 4. Cash-outs have no use for it.
    pub is_3d: u8,
    /// When it ends, in Unix microseconds.
    pub expires_at: i64,
}

impl TokenAnswer<'_> {
    /// Appends the answer's body.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        envelope(out, AnswerCode::Success, GENERATED, |out| {
            ObjectWriter::open(out)
                .text("token", self.token)
                .integer("is_3d", self.is_3d)
                .text("expires_at", &time::istanbul_year_first(self.expires_at))
                .close();
        });
    }
}

/// A token is a secret.
impl fmt::Debug for TokenAnswer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenAnswer").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// A token as its receiver reads it.
#[derive(Clone, Debug)]
pub struct TokenGranted {
    /// What goes into the header `Authorization`, after `Bearer`.
    pub token: SecretText,
    /// When it ends, as the answer says; empty if it does not.
    pub expires_at: String,
}

/// Why an answer has no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// No answer of this protocol.
    Answer(AnswerError),
    /// The other side refused.
    Refused {
        /// Its code.
        code: i64,
        /// Its reason.
        description: String,
    },
    /// A success without a token.
    NoToken,
}

impl TokenGranted {
    /// Reads the answer.
    ///
    /// # Errors
    ///
    /// [`TokenError`] when there is no token in it.
    pub fn decode(body: &[u8]) -> Result<Self, TokenError> {
        let json = |error| TokenError::Answer(AnswerError::Json(error));
        let object = Object::parse(body).map_err(json)?;
        let (code, description) = head(&object).map_err(TokenError::Answer)?;
        if code != i64::from(AnswerCode::Success.number()) {
            return Err(TokenError::Refused { code, description });
        }
        let data = object.get("data").and_then(|data| data.object().ok());
        let data = data.ok_or(TokenError::NoToken)?;
        let token = field::text(&data, "token", Length::up_to(MAX_TOKEN));
        let expires_at = data.get("expires_at").and_then(|text| text.text()).unwrap_or_default();
        Ok(Self {
            token: SecretText::new(token.map_err(|_| TokenError::NoToken)?),
            expires_at: expires_at.chars().take(40).collect(),
        })
    }

    /// When it ends, in Unix microseconds, if the answer says so in the documented form.
    #[must_use]
    pub fn expires_at_micros(&self) -> Option<i64> {
        time::from_istanbul_year_first(&self.expires_at)
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(error) => error.fmt(f),
            Self::Refused { code, description } => {
                write!(f, "Refused with code {code}: {description}")
            }
            Self::NoToken => f.write_str("The answer has no token."),
        }
    }
}

impl std::error::Error for TokenError {}
